/** A process that runs the commands it is sent, one after another, and answers with what each wrote and its exit code. */
import { main } from '../../dist/node/main.js';

const streams = ['stdout', 'stderr'];
// Each command waits for both until they are written, for which it listens to their end.
for (const name of streams) process[name].setMaxListeners(0);
const writes = streams.map((name) => process[name].write);

async function run(args) {
  const outcome = { signal: null, stdout: '', stderr: '' };
  for (const name of streams)
    process[name].write = (text, ...rest) => {
      outcome[name] += text;
      rest.find((given) => typeof given === 'function')?.();
      return true;
    };
  process.exitCode = undefined;
  const code = await main(args);
  // Each call adds one, for a process that has one command.
  process.removeAllListeners('uncaughtException');
  streams.forEach((name, index) => {
    process[name].write = writes[index];
  });
  return { code, ...outcome };
}

let last = Promise.resolve();
process.on('message', ({ id, args }) => {
  last = last.then(async () => process.send({ id, outcome: await run(args) }));
});
