/**
 * What a test has Node load before a command (`--import`): the command sends itself a signal at the moment when it has said
 * something on stderr, however fast the machine is and whoever else is waited for. `ADFW_TEST_SIGNAL` is JSON `[signal, text]`.
 */
const [signal, text] = JSON.parse(process.env.ADFW_TEST_SIGNAL);
const { write } = process.stderr;
let said = '';
process.stderr.write = (chunk, ...rest) => {
  const taken = write.call(process.stderr, chunk, ...rest);
  said += chunk;
  if (!said.includes(text)) return taken;
  process.stderr.write = write;
  process.kill(process.pid, signal);
  return taken;
};
