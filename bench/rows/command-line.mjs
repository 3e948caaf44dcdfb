// What a user waits for before a command does anything: our command's version, beside Python with PyTorch imported.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../packages/cli/bin/adfw.js', import.meta.url));

const timed = (program, args) => {
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return performance.now() - start;
};

const row = (name, args) => ({
  name: `start/${name}`,
  what: `adfw ${args.join(' ')}; python3 -c "import torch"`,
  peerProgram: () => timed('python3', ['-c', 'import torch']),
  async measure(turn) {
    while (await turn(timed(process.execPath, [command, ...args])));
    return null;
  },
});

export const rows = [row('version', ['--version']), row('list', ['list'])];
