// How fast this is, beside PyTorch where `python3` has it, on this machine. On the built packages (npm run build):
//   npm run bench [-- --json] [-- --rows train-step,score/stfpm] [-- --repeats 9] [-- --alone] [-- --provider cuda]
// Each row runs in a process of its own, the peer in another; they take turns, and the medians are compared: a ratio above 1 is
// faster than PyTorch. Last run's figures are in the README. With another provider than cpu PyTorch computes on the GPU, where it finds one.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { flagsOf } from './flags.mjs';
import { allRows } from './rows.mjs';

const values = flagsOf({
  json: { type: 'boolean', default: false },
  rows: { type: 'string' },
  repeats: { type: 'string', default: '7' },
  alone: { type: 'boolean', default: false },
  provider: { type: 'string', default: 'cpu' },
});
const repeats = Number(values.repeats);
if (!(Number.isInteger(repeats) && repeats > 0))
  fail(`--repeats is ${values.repeats}; it must be a positive integer.`);

const names = (await allRows()).map(({ name }) => name);
const wanted = values.rows?.split(',') ?? [''];
for (const prefix of wanted)
  if (!names.some((name) => name.startsWith(prefix)))
    fail(`--rows: no row begins with "${prefix}"; there are ${names.join(', ')}.`);
const chosen = names.filter((name) => wanted.some((prefix) => name.startsWith(prefix)));

const measure = fileURLToPath(new URL('measure.mjs', import.meta.url));
const rows = [];
if (!values.json) console.log(line(['', 'ms', 'PyTorch ms', 'ratio', 'of peak', 'MB', 'PyTorch MB']));
for (const name of chosen) {
  const args = [measure, name, values.repeats, values.alone ? 'alone' : 'peer', values.provider];
  const { status, stdout } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) fail(`The row ${name} failed; what it says is above.`);
  const row = JSON.parse(stdout.trim().split('\n').at(-1));
  rows.push(row);
  if (!values.json) console.log(line(columns(row)));
}
if (values.json) console.log(JSON.stringify({ rows }, null, 2));
else if (rows.every(({ peer }) => peer === null))
  console.log('python3 has no torch: there was nothing to compare with.');
else
  console.log(`${rows[0].threads} threads each; ${[...new Set(rows.map(({ peer }) => peer))].join(', ')}.`);

function columns({ name, ms, peerMs, ratio, fractionOfPeak, peakBytes, peerPeakBytes }) {
  const fixed = (number, digits) => (number === null ? '' : number.toFixed(digits));
  const megabytes = (bytes) => fixed(bytes && bytes / 1e6, 0);
  return [
    name,
    fixed(ms, ms < 100 ? 1 : 0),
    fixed(peerMs, peerMs < 100 ? 1 : 0),
    fixed(ratio, 2),
    fractionOfPeak === null ? '' : `${(fractionOfPeak * 100).toFixed(0)} %`,
    megabytes(peakBytes),
    megabytes(peerPeakBytes),
  ];
}

function line([name, ...cells]) {
  return name.padEnd(40) + cells.map((cell) => cell.padStart(12)).join('');
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
