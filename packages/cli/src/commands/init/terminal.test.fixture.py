"""Runs a command in a pseudo terminal and types into it: argv is JSON {"command": [...], "cwd": ..., "keys": [[seen, typed], ...]}."""
import json, os, pty, select, sys, time

job = json.loads(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.chdir(job["cwd"])
    os.environ["TERM"] = "xterm"
    os.execvp(job["command"][0], job["command"])

seen, waiting, deadline = "", list(job["keys"]), time.time() + 500
position = 0
while time.time() < deadline:
    ready, _, _ = select.select([terminal], [], [], 0.2)
    if ready:
        try:
            text = os.read(terminal, 65536).decode("utf8", "replace")
        except OSError:
            break
        if not text:
            break
        seen += text
    if waiting and waiting[0][0] in seen[position:]:
        position = len(seen)
        os.write(terminal, waiting.pop(0)[1].encode())
_, status = os.waitpid(child, 0)
print(json.dumps({"code": os.waitstatus_to_exitcode(status), "screen": seen}))
