/** A process that runs the commands and programs it is sent, one after another, and answers with what each wrote. */
import { pathToFileURL } from 'node:url';
import { main } from '../packages/cli/dist/node/main.js';

const streams = ['stdout', 'stderr'];
// Each command waits for both until they are written, for which it listens to their end.
for (const name of streams) process[name].setMaxListeners(0);
const writes = streams.map((name) => process[name].write);

/** The exit code of `adfw`. */
async function command(args) {
  process.exitCode = undefined;
  const code = await main(args);
  // Each call adds one, for a process that has one command.
  process.removeAllListeners('uncaughtException');
  return code;
}

async function program(file, id) {
  try {
    // A module of the same name may have been another one before.
    await import(`${pathToFileURL(file).href}?${id}`);
    return 0;
  } catch (error) {
    process.stderr.write(`${error.stack}\n`);
    return 1;
  }
}

async function run({ id, cwd, args, file }) {
  const outcome = { stdout: '', stderr: '' };
  for (const name of streams)
    process[name].write = (text, ...rest) => {
      outcome[name] += text;
      rest.find((given) => typeof given === 'function')?.();
      return true;
    };
  process.chdir(cwd);
  const code = await (args ? command(args) : program(file, id));
  streams.forEach((name, index) => {
    process[name].write = writes[index];
  });
  return { code, ...outcome };
}

let last = Promise.resolve();
process.on('message', (job) => {
  last = last.then(async () => process.send({ id: job.id, outcome: await run(job) }));
});
