import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type BackendValues,
  type DataId,
  DataStorage,
  type DataType,
  engine,
  KernelBackend,
  type TensorInfo,
  Variable,
} from '@tensorflow/tfjs-core';
import { program } from './emit/compile.js';
import type { Operation } from './emit/operation.js';
import { toRowMajor } from './layout.js';
import { defaultOptions, type EngineOptions } from './options.js';
import { storedValue, type Use, type Value } from './record/graph.js';
import { Recorder } from './record/recorder.js';
import { givenData, ordinaryData } from './record/stored-data.js';
import { type ReplayedFunction, Replays } from './replay.js';
import { Executor } from './session/executor.js';
import { type DataTypeName, sizeOf, type TensorSpec } from './types.js';

/** What a tensor's `dataId` stands for. */
interface Entry {
  refCount: number;
  readonly value: Value<Operation>;
  /** Strings are kept and given back; no kernel takes them. */
  readonly strings?: BackendValues;
}

/**
 * A tfjs backend that doesn't compute when a kernel is called: it records, and when a value is asked for it runs everything
 * that was recorded and is still wanted as one ONNX graph.
 */
export class OnnxRuntimeBackend extends KernelBackend {
  private readonly entries = new DataStorage<Entry>(this, engine());
  readonly options: EngineOptions;
  private readonly executor: Executor;
  private readonly recorder: Recorder<Operation>;
  private readonly replays: Replays;
  private frozenCount = 0;
  private reads = 0;

  constructor(options: Partial<EngineOptions> = {}) {
    super();
    this.options = { ...defaultOptions, ...options };
    this.executor = new Executor(this.options);
    this.recorder = new Recorder(this.options.pendingNodes, (nodes, results) =>
      this.executor.execute(program(nodes, results)),
    );
    this.replays = new Replays(this.recorder, this.executor, {
      of: (value) => engine().makeTensorFromTensorInfo(this.tensorOf(value)),
      valueOf: ({ dataId }) => this.entry(dataId).value,
      looks: () => this.executor.runs + this.reads,
    });
  }

  // --- recording

  /** Records a node with one result: what a kernel does instead of computing. */
  record<A>(
    operation: Operation<A>,
    inputs: readonly TensorInfo[],
    attributes: A,
    output: TensorSpec,
  ): TensorInfo {
    return this.recordAll(operation, inputs, attributes, [output])[0] as TensorInfo;
  }

  /** Records a node with several results. */
  recordAll<A>(
    operation: Operation<A>,
    inputs: readonly TensorInfo[],
    attributes: A,
    outputs: readonly TensorSpec[],
  ): TensorInfo[] {
    const uses = inputs.map((input): Use<Operation> => {
      if (!isSupported(input.dtype)) {
        throw new Error(
          `The onnxruntime engine computes float32, int32 and bool; ${operation.name} was given ${input.dtype}.`,
        );
      }
      return this.use(input);
    });
    return this.recorder.record(operation, uses, attributes, outputs).map((value) => this.tensorOf(value));
  }

  /** What stands for a tensor in what is recorded. */
  use(tensor: TensorInfo): Use<Operation> {
    const { value } = this.entry(tensor.dataId);
    if (tensor instanceof Variable) this.recorder.settle(value);
    return { value, shape: tensor.shape };
  }

  /** The same data under another shape: nothing is recorded. */
  view({ dataId, dtype }: TensorInfo, shape: readonly number[]): TensorInfo {
    this.incRef(dataId);
    return { dataId, shape: [...shape], dtype };
  }

  /**
   * Rows of data that are there, copied: no part of a graph, which would be another one for each batch that a loop takes.
   * @returns null where they are not there, or are to be seen in what is recorded.
   */
  rows(tensor: TensorInfo, first: number, count: number): TensorInfo | null {
    const { value } = this.use(tensor);
    const { shape } = tensor;
    const given = value.frozen === null ? this.recorder.ordinary(value) : null;
    if (!given) return null;
    const row = sizeOf(shape.slice(1));
    const part = ordinaryData(given.slice(first * row, (first + count) * row), shape.length);
    return this.tensorOf(storedValue({ shape: [count, ...shape.slice(1)], dtype: value.dtype }, part));
  }

  private tensorOf(value: Value<Operation>): TensorInfo {
    const dataId = {};
    this.entries.set(dataId, { refCount: 1, value });
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  // --- repeating

  /**
   * f(x) without recording f again, which takes as long as a millisecond or two: for a function that is applied to image after
   * image. What it uses beside x must be frozen, or made by itself and always the same. All its results are computed in one run.
   *
   * @param f pure, of float32 tensors; it is recorded when it meets a shape for the first time.
   * @returns the values of each tensor of f(x), which are the caller's own; null where f reads values while it runs, or uses
   *   tensors that may change, or computes nothing from x.
   */
  replay(f: ReplayedFunction, x: Float32Array, shape: readonly number[]): Promise<Float32Array[] | null> {
    return this.replays.replay(f, x, shape);
  }

  /**
   * Makes data part of the graphs they are used in, where ONNX Runtime folds and pre-packs them: for the weights of a
   * network that isn't trained. They must not be written to afterwards. Every graph that uses them is compiled for them
   * alone, and dropped when they are disposed.
   */
  freeze(dataId: DataId): void {
    const { value } = this.entry(dataId);
    this.recorder.stored(value);
    value.frozen ??= this.frozenCount++;
  }

  // --- data

  private entry(dataId: DataId): Entry {
    return this.entries.get(dataId);
  }

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: DataId,
    values: BackendValues,
    shape: number[],
    dtype: DataType,
    refCount: number,
  ): void {
    if (dtype === 'complex64') {
      throw new Error('The onnxruntime engine has no complex64: keep real and imaginary parts apart.');
    }
    if (!isSupported(dtype)) {
      const value = storedValue<Operation>({ shape, dtype: 'bool' }, null);
      this.entries.set(dataId, { refCount, value, strings: values });
      return;
    }
    const stored = givenData(dtype, shape.length, values as unknown as ArrayLike<number>);
    this.entries.set(dataId, { refCount, value: this.recorder.give({ shape, dtype }, stored) });
  }

  override readSync(dataId: DataId): BackendValues {
    this.reads++;
    const { value, strings } = this.entry(dataId);
    if (strings) return strings;
    const { array, layout } = this.recorder.stored(value);
    return toRowMajor(array, layout, value.shape);
  }

  override async read(dataId: DataId): Promise<BackendValues> {
    const values = this.readSync(dataId);
    // A loop that awaits its values lets timers and signals through.
    await nextTurn();
    return values;
  }

  override incRef(dataId: DataId): void {
    this.entry(dataId).refCount++;
  }

  override refCount(dataId: DataId): number {
    return this.entries.has(dataId) ? this.entry(dataId).refCount : 0;
  }

  override disposeData(dataId: DataId, force = false): boolean {
    if (!this.entries.has(dataId)) return true;
    const entry = this.entry(dataId);
    entry.refCount--;
    if (!force && entry.refCount > 0) return false;
    const { value } = entry;
    this.recorder.drop(value);
    if (value.frozen !== null) this.executor.dropFrozen(value.frozen);
    this.entries.delete(dataId);
    return true;
  }

  override numDataIds(): number {
    return this.entries.numDataIds();
  }

  override memory() {
    return { unreliable: false };
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override timerAvailable(): boolean {
    return true;
  }

  override async time(query: () => void) {
    const start = performance.now();
    this.recorder.computeAll(query);
    return { kernelMs: performance.now() - start };
  }

  override dispose(): void {
    this.executor.dispose();
  }

  /** How many graphs are compiled, for tests and reports. */
  get sessionCount(): number {
    return this.executor.sessionCount;
  }
}

const isSupported = (dtype: DataType): dtype is DataTypeName =>
  dtype === 'float32' || dtype === 'int32' || dtype === 'bool';
