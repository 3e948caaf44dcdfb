import type { Tensor } from '@tensorflow/tfjs-core';
import { type Program, program } from './emit/compile.js';
import type { Operation } from './emit/operation.js';
import { toRowMajor } from './layout.js';
import { pendingAncestors, type Value } from './record/graph.js';
import type { StoredData } from './record/stored-data.js';

/** What `OnnxRuntimeBackend.replay` repeats. */
export type ReplayedFunction = (x: Tensor) => readonly Tensor[];

/** A function as a program, for one shape of its input. */
export interface Recording {
  readonly program: Program;
  readonly input: Value<Operation>;
  /** What the function gives: results of the program, its input, constants. */
  readonly results: readonly Value<Operation>[];
}

/**
 * @param results what a function of `input` gave, whatever may have computed it.
 * @param made what came into being while the function ran, and so is made again by it.
 * @returns null where a result, or something that one needs, may be another the next time; or where none needs the input.
 */
export function recordingOf(
  input: Value<Operation>,
  results: readonly Value<Operation>[],
  made: ReadonlySet<Value<Operation>>,
): Recording | null {
  const lasts = (value: Value<Operation>) => value === input || value.frozen !== null || made.has(value);
  const pending = new Set(results.filter(({ stored }) => !stored));
  const recorded = program(pendingAncestors(pending), [...pending]);
  const data = [...recorded.inputs, ...recorded.uniform, ...results.filter(({ stored }) => stored)];
  const repeats =
    recorded.inputs.includes(input) && data.every(lasts) && results.every(({ dtype }) => dtype === 'float32');
  return repeats ? { program: recorded, input, results } : null;
}

/**
 * The values of each result, in rows, in arrays of their own.
 * @param given the input's data.
 * @param computed what the program made of them.
 */
export function repeated(
  { program, input, results }: Recording,
  given: StoredData,
  computed: readonly StoredData[],
): Float32Array[] {
  return results.map((value, i) => {
    const place = program.results.indexOf(value);
    const constant = value === input ? given : (value.stored as StoredData);
    const { array, layout } = computed[place] ?? constant;
    const values = toRowMajor(array, layout, value.shape) as Float32Array;
    return place >= 0 && results.indexOf(value) === i ? values : values.slice();
  });
}
