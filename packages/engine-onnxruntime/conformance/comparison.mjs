// Compares a program's values on two backends.
import * as tf from '@tensorflow/tfjs-core';
import { computeProgram, pruned, randomNumbers } from './random-graph.mjs';

const TOLERANCE = 3e-5;
/** How much the values inside a program are disturbed to see whether a result hangs on their last digits. */
const DISTURBANCE = 1e-5;
const DISTURBED_RUNS = 12;

async function computeOn(backend, program, options) {
  await tf.setBackend(backend);
  return computeProgram(program, options);
}

/**
 * @returns null where both backends agree, else `{ message, isUnstable }`: unstable where a disturbance in the fifth digit of
 *   what is in between moves the results on the `cpu` backend as far apart, as it does at the jump of a step
 */
export async function checkProgram(program, { freeze } = {}) {
  let expected;
  let actual;
  try {
    expected = await computeOn('cpu', program);
    actual = await computeOn('onnxruntime', program, { freeze });
  } catch (error) {
    return { message: `${expected ? '' : 'on cpu: '}${error.message}`, isUnstable: false };
  }
  const differences = expected.flatMap((result, i) => {
    const found = difference(result, actual[i]);
    return found ? [{ ...found, result: i }] : [];
  });
  if (differences.length === 0) return null;
  const isUnstable =
    differences.every((d) => d.elements) && (await hangsOnLastDigits(program, expected, differences));
  const [{ result, message }] = differences;
  return { message: `result ${result}: ${message}`, isUnstable };
}

/** The first element that differs, and all of them with how much. */
function difference(expected, actual) {
  if (expected.dtype !== actual.dtype || `${expected.shape}` !== `${actual.shape}`) {
    const [e, a] = [expected, actual].map(({ dtype, shape }) => `${dtype}[${shape}]`);
    return { message: `${a} instead of ${e}`, elements: null };
  }
  const largest = expected.values.reduce(
    (max, x) => (Number.isFinite(x) ? Math.max(max, Math.abs(x)) : max),
    0,
  );
  const allowed = expected.dtype === 'float32' ? TOLERANCE * (0.5 + largest) : 0;
  const elements = expected.values.flatMap((value, i) => {
    const other = actual.values[i];
    if (Object.is(value, other) || value === other) return [];
    const by = Math.abs(value - other);
    return by <= allowed ? [] : [{ i, by: Number.isNaN(by) ? Number.POSITIVE_INFINITY : by }];
  });
  if (elements.length === 0) return null;
  const [{ i }] = elements;
  const message = `element ${i} is ${actual.values[i]} instead of ${expected.values[i]} (${elements.length} of ${expected.values.length} differ)`;
  return { message, elements };
}

async function hangsOnLastDigits(program, expected, differences) {
  const spread = expected.map(({ values }) => new Float64Array(values.length));
  for (let run = 0; run < DISTURBED_RUNS; run++) {
    const random = randomNumbers(run + 1);
    const disturb = (x) => {
      const noise = () =>
        tf.tensor(
          Array.from({ length: x.size }, () => (2 * random() - 1) * DISTURBANCE),
          x.shape,
        );
      return tf.add(x, tf.mul(noise(), tf.add(tf.abs(x), 0.1)));
    };
    const disturbed = await computeOn('cpu', program, { disturb });
    disturbed.forEach(({ values }, r) => {
      values.forEach((value, i) => {
        const by = Math.abs(value - expected[r].values[i]);
        spread[r][i] = Math.max(spread[r][i], Number.isNaN(by) ? Number.POSITIVE_INFINITY : by);
      });
    });
  }
  return differences.every(({ result, elements }) =>
    elements.every(({ i, by }) => by <= 3 * spread[result][i]),
  );
}

/** A program that still differs, with fewer wanted values and with inputs in the place of steps. */
export async function minimised(program, options) {
  const differs = async (candidate) => {
    try {
      const found = await checkProgram(candidate, options);
      return found !== null && !found.isUnstable;
    } catch {
      return false;
    }
  };
  let best = pruned(program);
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const candidate of smaller(best)) {
      if (!(await differs(candidate))) continue;
      best = candidate;
      isSmaller = true;
      break;
    }
  }
  return best;
}

function* smaller(program) {
  const { steps, wanted } = program;
  if (program.gradient) yield { ...program, gradient: false };
  if (wanted.length > 1) for (const i of wanted) yield pruned({ ...program, wanted: [i] });
  // A value in between as the result.
  for (const [i, { operation, dtype }] of steps.entries()) {
    const isResult = operation && !wanted.includes(i) && (!program.gradient || dtype === 'float32');
    if (isResult) yield pruned({ ...program, wanted: [i] });
  }
  for (const [i, step] of steps.entries()) {
    if (!step.operation) continue;
    const { shape, dtype } = step;
    const replaced = { input: { shape, dtype, seed: i + 1, scale: 2, frozen: false }, shape, dtype };
    const isWanted = wanted.includes(i);
    if (!isWanted) yield pruned({ ...program, steps: steps.with(i, replaced) });
    if (step.read) yield { ...program, steps: steps.with(i, { ...step, read: false }) };
  }
  for (const [i, step] of steps.entries()) {
    if (step.input?.frozen)
      yield { ...program, steps: steps.with(i, { ...step, input: { ...step.input, frozen: false } }) };
  }
}
