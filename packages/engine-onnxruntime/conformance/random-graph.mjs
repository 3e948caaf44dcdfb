// Random programs of tfjs, made from a number, so that a program can be made again from it.
//
// A program is data: a list of steps, each of them an input or an operation on values of earlier steps, and which values are
// wanted. It is made while it is computed on whatever backend is current, because which operation fits depends on the shapes
// that there are, and because values that are too large to compare are left out again.
import * as tf from '@tensorflow/tfjs-core';
import { operations } from './random-operations.mjs';

/** Numbers in [0, 1) from a seed (mulberry32). */
export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What generators choose with. */
export function chooser(random) {
  const int = (low, high) => low + Math.floor(random() * (high - low + 1));
  const pick = (list) => list[int(0, list.length - 1)];
  return { int, pick, chance: (p) => random() < p, real: (low, high) => low + random() * (high - low) };
}

const MAX_ELEMENTS = 20_000;
const MAX_NUMBER = 3_000;

/** Axes of length one and odd lengths are where indices go wrong. */
const shapeOf = ({ int, pick }, rank = int(0, 5)) =>
  Array.from({ length: rank }, () => pick(rank > 3 ? [1, 2, 3, 4] : [1, 1, 2, 3, 5, 8, 17]));

/** Images of whole blocks of channels take another way through the engine than others. */
const imageShape = ({ int, pick }) => [int(1, 2), int(1, 9), int(1, 9), pick([1, 3, 5, 8, 16, 16, 32, 32])];

/**
 * @param seed an integer: the program is always the same for it
 * @returns `{ seed, steps, wanted, gradient }`. A step is `{ input: { shape, dtype, seed, scale, frozen } }` or
 *   `{ operation, args, options, read }`, and has the `shape` and `dtype` of its value; `args` are numbers of steps
 */
export function randomProgram(seed) {
  const choose = chooser(randomNumbers(seed));
  const gradient = choose.chance(0.5);
  const isImage = choose.chance(0.6);
  const steps = [];
  const tensors = [];
  const addInput = (shape, dtype = 'float32', { scale = 2, frozen = false } = {}) => {
    const input = { shape, dtype, seed: choose.int(1, 1e6), scale, frozen };
    steps.push({ input, shape, dtype });
    tensors.push(inputTensor(input));
    return steps.length - 1;
  };
  const fitting = operations.filter((o) => !gradient || o.gradient);
  const general = fitting.filter((o) => !o.image);
  const image = fitting.filter((o) => o.image);

  for (let i = choose.int(1, 2); i > 0; i--) {
    addInput(
      isImage ? imageShape(choose) : shapeOf(choose),
      gradient || isImage ? 'float32' : choose.pick(types),
    );
  }
  const wantedSteps = choose.int(2, isImage ? 10 : 14);
  for (let attempt = 0, made = 0; made < wantedSteps && attempt < 60; attempt++) {
    const operation = choose.pick(isImage && choose.chance(0.75) ? image : general);
    // The last value more often than others: long chains.
    const first = choose.chance(0.6) ? steps.length - 1 : choose.int(0, steps.length - 1);
    const before = steps.length;
    const offered = { ...choose, steps, addInput, first, step: steps[first] };
    const made_ = operation.choose(offered);
    const value = made_ && computed(operation, made_, tensors);
    if (!value) {
      steps.length = before;
      tensors.length = before;
      continue;
    }
    const [name, { args, options = {} }] = [operation.name, made_];
    steps.push({
      operation: name,
      args,
      options,
      read: choose.chance(0.06),
      shape: value.shape,
      dtype: value.dtype,
    });
    tensors.push(value);
    made++;
  }
  for (const tensor of tensors) tensor.dispose();
  const program = withWanted({ seed, steps, gradient }, choose);
  return { ...program, gradient: program.gradient && hasGradient(program) };
}

/**
 * tfjs refuses some gradients, of a tile of rank 5 for one, and fails at others, of broadcast products for one. Where some are
 * not finite, others depend on whether what is padded is multiplied with them.
 */
function hasGradient(program) {
  try {
    return computeProgram(program).every(({ values }) => values.every(Number.isFinite));
  } catch {
    return false;
  }
}

const types = ['float32', 'float32', 'int32', 'bool'];

/** The value, or null where it is of no use: too large, or of numbers that different backends can't agree on. */
function computed(operation, { args, options }, tensors) {
  const value = tf.tidy(() =>
    operation.run(
      args.map((arg) => tensors[arg]),
      options ?? {},
    ),
  );
  const isFine = value.size > 0 && value.size <= MAX_ELEMENTS && value.rank <= 6;
  if (isFine && value.dataSync().every((x) => Math.abs(x) < MAX_NUMBER)) return value;
  value.dispose();
  return null;
}

function withWanted(program, choose) {
  const used = new Set(program.steps.flatMap(({ args = [] }) => args));
  const isWanted = (step, i) => step.operation && (!used.has(i) || choose.chance(0.15));
  const wanted = program.steps.flatMap((step, i) => (isWanted(step, i) ? [i] : []));
  // A gradient is that of float32 values.
  const real = wanted.filter((i) => program.steps[i].dtype === 'float32');
  const gradient = program.gradient && real.length > 0;
  return { ...program, gradient, wanted: gradient ? real : wanted };
}

/** The same numbers on every backend. */
export function inputTensor({ shape, dtype, seed, scale }) {
  const random = randomNumbers(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  const number = {
    float32: () => (2 * random() - 1) * scale,
    int32: () => Math.floor(random() * (2 * scale + 1)) - scale,
    bool: () => (random() < 0.5 ? 1 : 0),
  }[dtype];
  return tf.tensor(Array.from({ length: size }, number), shape, dtype);
}

const byName = new Map(operations.map((operation) => [operation.name, operation]));

/**
 * Computes a program on the current backend.
 * @param options.freeze called with the inputs that are constants
 * @param options.disturb called with every float32 value; gives what to go on with
 * @returns one `{ shape, dtype, values }` for each wanted value and, where gradients are asked for, for each float32 input
 */
export function computeProgram(program, { freeze = () => {}, disturb = (x) => x } = {}) {
  const { steps, wanted, gradient } = program;
  const inputs = steps.flatMap(({ input }, i) => (input ? [i] : []));
  const leaves = inputs.map((i) => inputTensor(steps[i].input));
  freeze(leaves.filter((_, i) => steps[inputs[i]].input.frozen));
  const evaluate = (given, mayRead) => {
    const values = [];
    steps.forEach((step, i) => {
      if (step.input) {
        values.push(given[inputs.indexOf(i)]);
        return;
      }
      const { run } = byName.get(step.operation);
      const value = run(
        step.args.map((arg) => values[arg]),
        step.options,
      );
      // What is read is stored as it was computed, and goes on from there.
      if (step.read && mayRead) value.dataSync();
      values.push(value.dtype === 'float32' ? disturb(value) : value);
    });
    return wanted.map((i) => values[i]);
  };
  const results = tf.tidy(() => {
    const values = evaluate(leaves, true);
    if (!gradient) return values;
    const reached = reaching(program);
    const wanting = leaves.filter((leaf, i) => leaf.dtype === 'float32' && reached.has(inputs[i]));
    const loss = (...some) => {
      let next = 0;
      const given = leaves.map((leaf) => (wanting.includes(leaf) ? some[next++] : leaf));
      const terms = evaluate(given, false).map((value, i) => {
        const weights = inputTensor({ shape: value.shape, dtype: 'float32', seed: i + 1, scale: 1 });
        return tf.sum(tf.mul(value, weights));
      });
      return tf.addN(terms);
    };
    return wanting.length > 0 ? [...values, ...tf.grads(loss)(wanting)] : values;
  });
  const read = results.map((t) => ({ shape: t.shape, dtype: t.dtype, values: Array.from(t.dataSync()) }));
  tf.dispose([results, leaves]);
  return read;
}

/** The steps that a wanted value has a gradient to. */
function reaching({ steps, wanted }) {
  const reached = new Set();
  const visit = (i) => {
    if (reached.has(i) || steps[i].dtype !== 'float32') return;
    reached.add(i);
    for (const arg of steps[i].args ?? []) visit(arg);
  };
  for (const i of wanted) visit(i);
  return reached;
}

/** The program without the steps that nothing wanted needs. */
export function pruned(program) {
  const needed = new Set();
  const visit = (i) => {
    if (needed.has(i)) return;
    needed.add(i);
    for (const arg of program.steps[i].args ?? []) visit(arg);
  };
  for (const i of program.wanted) visit(i);
  const kept = program.steps.flatMap((_, i) => (needed.has(i) ? [i] : []));
  const place = (i) => kept.indexOf(i);
  const steps = kept.map((i) => {
    const step = program.steps[i];
    return step.args ? { ...step, args: step.args.map(place) } : step;
  });
  return { ...program, steps, wanted: program.wanted.map(place) };
}

/** A program as a person reads it. */
export function describeProgram({ seed, steps, wanted, gradient }) {
  const lines = steps.map(({ input, operation, args, options, read, shape, dtype }, i) => {
    const notes = [
      ...(input?.frozen ? ['frozen'] : []),
      ...(read ? ['read'] : []),
      ...(wanted.includes(i) ? ['wanted'] : []),
    ];
    const what = input
      ? `input(seed ${input.seed}, scale ${input.scale})`
      : `${operation}(${[...args.map((arg) => `t${arg}`), JSON.stringify(options)].join(', ')})`;
    return `  t${i} = ${what}: ${dtype}[${shape}]${notes.length > 0 ? `  // ${notes.join(', ')}` : ''}`;
  });
  return [`seed ${seed}${gradient ? ', with gradients' : ''}`, ...lines].join('\n');
}
