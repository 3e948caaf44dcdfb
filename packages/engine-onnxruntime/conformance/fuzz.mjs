// Compares random programs on this backend with tfjs's `cpu` backend; the packages must be built (npm run build).
//   node conformance/fuzz.mjs [--seed N] [--graphs N] [--keep-going] [--plain]
// Program i has the seed N + i. The first that differs is cut down and printed, with how to run it alone; exit code 1.
// --keep-going goes on after a difference; --plain leaves out the blocked convolutions, to see whether they are the cause.
import { parseArgs } from 'node:util';
import '@adfw/tfjs-gradients';
import '@tensorflow/tfjs-backend-cpu';
import { configure, freeze } from '@adfw/engine-onnxruntime';
import * as tf from '@tensorflow/tfjs-core';
import { checkProgram, minimised } from './comparison.mjs';
import { describeProgram, randomProgram } from './random-graph.mjs';

const options = {
  seed: { type: 'string', default: '1' },
  graphs: { type: 'string', default: '200' },
  'keep-going': { type: 'boolean', default: false },
  plain: { type: 'boolean', default: false },
};
const values = flags();
function flags() {
  try {
    return parseArgs({ options }).values;
  } catch ({ message }) {
    console.error(`${message.split('. ')[0]}. There are --${Object.keys(options).join(', --')}.`);
    process.exit(2);
  }
}
function whole(name, least) {
  const value = Number(values[name]);
  if (Number.isInteger(value) && value >= least) return value;
  console.error(`--${name} is ${values[name]}; it must be an integer of at least ${least}.`);
  process.exit(2);
}
const [seed, graphs] = [whole('seed', 0), whole('graphs', 1)];

configure({ blockedConvolutions: !values.plain });

const counts = { gradients: 0, unstable: 0, failed: 0 };
const used = new Map();
for (let i = seed; i < seed + graphs; i++) {
  await tf.setBackend('cpu');
  const program = randomProgram(i);
  for (const { operation } of program.steps)
    if (operation) used.set(operation, (used.get(operation) ?? 0) + 1);
  const difference = await checkProgram(program, { freeze });
  if (program.gradient) counts.gradients++;
  if (difference?.isUnstable) counts.unstable++;
  if (!difference || difference.isUnstable) continue;
  counts.failed++;
  const small = await minimised(program, { freeze });
  console.error(`${describeProgram(small)}\n  ${(await checkProgram(small, { freeze })).message}`);
  console.error(`  npm run fuzz -- --seed ${i} --graphs 1\n`);
  if (!values['keep-going']) break;
}
console.log(
  `Seeds ${seed} to ${seed + graphs - 1}: ${counts.failed} graphs differ; ${counts.gradients} had gradients; in ${counts.unstable} ` +
    'something was so close to a jump that rounding decides, which is not counted.',
);
console.log(`${used.size} operations were used.`);
process.exit(counts.failed > 0 ? 1 : 0);
