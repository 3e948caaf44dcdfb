import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import { type Program, program } from './emit/compile.js';
import type { Operation } from './emit/operation.js';
import { toRowMajor } from './layout.js';
import { pendingAncestors, storedValue, type Value } from './record/graph.js';
import type { Recorder } from './record/recorder.js';
import { ordinaryData, type StoredData } from './record/stored-data.js';
import type { Executor } from './session/executor.js';

/** What `OnnxRuntimeBackend.replay` repeats. */
export type ReplayedFunction = (x: Tensor) => readonly Tensor[];

/** What replaying has to know of tensors, which are the backend's. */
export interface Tensors {
  /** A tensor of this value, for tidy to dispose. */
  of(value: Value<Operation>): Tensor;
  valueOf(tensor: Tensor): Value<Operation>;
  /** How often values were computed or read. */
  looks(): number;
}

/** Functions that were recorded, and are repeated for other inputs of the same shape. */
export class Replays {
  /** What is known of functions, by the shape of their input; null where one can't be repeated. */
  private readonly recordings = new WeakMap<ReplayedFunction, Map<string, Recording | null>>();

  constructor(
    private readonly recorder: Recorder<Operation>,
    private readonly executor: Executor,
    private readonly tensors: Tensors,
  ) {}

  /** See `OnnxRuntimeBackend.replay`. */
  async replay(
    f: ReplayedFunction,
    x: Float32Array,
    shape: readonly number[],
  ): Promise<Float32Array[] | null> {
    const known = this.recordings.get(f) ?? new Map<string, Recording | null>();
    this.recordings.set(f, known);
    const key = shape.join();
    let recording = known.get(key);
    if (recording === undefined) {
      recording = this.record(f, x, shape);
      known.set(key, recording);
    }
    if (!recording) return null;
    const { program, input } = recording;
    const given = ordinaryData(x, shape.length);
    const computed = this.executor.execute(
      program,
      program.inputs.map((value) => (value === input ? storedValue(value, given) : value)),
    );
    await nextTurn();
    return repeated(recording, given, computed);
  }

  private record(f: ReplayedFunction, x: Float32Array, shape: readonly number[]): Recording | null {
    const input = this.recorder.give({ shape, dtype: 'float32' }, ordinaryData(x, shape.length));
    const looks = this.tensors.looks();
    let recording: Recording | null = null;
    tidy(() => {
      const tensor = this.tensors.of(input);
      const { result, made } = this.recorder.madeBy(() => f(tensor));
      const results = result.map(this.tensors.valueOf);
      // What f read it may have decided by, and what was computed meanwhile is of this x.
      if (this.tensors.looks() === looks) recording = recordingOf(input, results, made);
    });
    // Of this input the recording needs the shape alone.
    input.stored = ordinaryData(new Float32Array(0), shape.length);
    return recording;
  }
}

/** A function as a program, for one shape of its input. */
interface Recording {
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
function recordingOf(
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
function repeated(
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
