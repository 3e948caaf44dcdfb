import { createHash } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { backend } from '@tensorflow/tfjs-core';
import { OnnxRuntimeBackend } from '../backend.js';
import { type GraphProto, ModelProtoSchema, StringStringEntryProtoSchema } from '../onnx/onnx_pb.js';
import { encodeModel, type OnnxGraph, type OnnxInitializer } from '../onnx/onnx-model.js';
import { arrayOf, type DataTypeName } from '../types.js';
import { withDynamicBatch } from './dynamic-batch.js';
import { NotExportableError } from './not-exportable-error.js';
import { simplify } from './simplify.js';
import { type TensorFunction, trace } from './trace.js';

/** An input of an exported model. */
export interface ModelInput {
  /** Its shape as the function sees it; the first axis may be null, which is the batch. */
  readonly shape: readonly (number | null)[];
  /** Default: float32. */
  readonly dtype?: DataTypeName;
  /** The function sees images `[N, H, W, C]`, as tfjs does; the model takes `[N, C, H, W]`, as others do. */
  readonly channelsFirst?: boolean;
  /**
   * The elements it has where the model is run without it. ONNX's way of saying so (an initializer of the input's name) is known
   * to ONNX Runtime in Python, C, C++ and C#; onnxruntime-node and onnxruntime-web take the default and ignore what they are given.
   */
  readonly default?: readonly number[];
  /** What it is, for a reader of the model. */
  readonly description?: string;
}

export interface ModelDescription {
  readonly inputs: Readonly<Record<string, ModelInput>>;
  /** What the outputs are, by name. */
  readonly outputs?: Readonly<Record<string, string>>;
  readonly description?: string;
  /** Key-value pairs that are kept with the model (`metadata_props`). */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Batches that are recorded. Primes, so that they are no size of anything else; three, since what is not linear in the batch
 * would pass for linear with two.
 */
const BATCHES = [101, 103, 107] as const;

/** A file of protobuf holds at most 2 GiB; the nodes take next to nothing of them. */
const MOST_BYTES = 2 ** 31 - 2 ** 22;

/**
 * A tfjs function as an ONNX model that any ONNX runtime runs: standard nodes of operator set 18, with the weights that the
 * function uses in it. Every input whose shape begins with null has the same number of images, which is free; outputs that have
 * one entry an image follow it. The function is called a few times, and nothing is computed.
 *
 * ```js
 * const model = await exportModel(({ images }) => ({ scores: tf.max(network(images), [1, 2]) }), {
 *   inputs: { images: { shape: [null, 224, 224, 3] } },
 * });
 * ```
 *
 * @returns the bytes of a `.onnx` file.
 * @throws NotExportableError where the function reads values, treats the images of a batch differently, or has weights of more
 *   than 2 GB; Error when the current backend isn't `onnxruntime`.
 */
export async function exportModel(f: TensorFunction, model: ModelDescription): Promise<Uint8Array> {
  const engine = backend();
  if (!(engine instanceof OnnxRuntimeBackend))
    throw new Error(
      "exportModel: the current backend isn't onnxruntime; call tf.setBackend('onnxruntime') first.",
    );
  const inputs = Object.entries(model.inputs);
  const [images] = inputs.find(([, { shape }]) => shape[0] === null) ?? [];
  const traceFor = (batch: number) => {
    const traced = inputs.map(([name, { shape, dtype = 'float32', channelsFirst = false }]) => [
      name,
      { shape: shape.map((size) => size ?? batch), dtype, channelsFirst },
    ]);
    return { batch, graph: trace(engine, f, Object.fromEntries(traced)) };
  };
  const [first, ...others] = BATCHES;
  const graph =
    images === undefined
      ? traceFor(first).graph
      : withDynamicBatch([traceFor(first), ...others.map(traceFor)], images);
  const defaults = inputs.flatMap(([name, input]) => defaultOf(name, input));
  const complete = { ...graph, initializers: [...graph.initializers, ...defaults] };
  checkSize(complete);
  return described(await simplify(encodeModel(complete)), model);
}

/** @throws NotExportableError where the weights don't fit into one file. */
export function checkSize({ initializers }: Pick<OnnxGraph, 'initializers'>): void {
  const bytes = initializers.reduce((sum, { data }) => sum + data.byteLength, 0);
  if (bytes > MOST_BYTES)
    throw new NotExportableError(
      `The weights take ${(bytes / 2 ** 30).toFixed(1)} GiB, and an ONNX file holds at most 2. Use a smaller model.`,
    );
}

/** An input that is an initializer as well may be left out. */
function defaultOf(name: string, input: ModelInput): OnnxInitializer[] {
  const { shape, dtype = 'float32', default: values } = input;
  return values
    ? [{ name, type: dtype, dims: shape.map((size) => size ?? 1), data: arrayOf(dtype, values) }]
    : [];
}

/** The model with what a reader of it wants to know, and without what only ONNX Runtime knows. */
function described(bytes: Uint8Array, about: ModelDescription): Uint8Array {
  const model = fromBinary(ModelProtoSchema, bytes);
  const { graph } = model;
  if (!graph) throw new Error('ONNX Runtime has written a model without a graph.');
  shareInitializers(graph);
  const domains = new Set(['', ...graph.node.map(({ domain }) => domain)]);
  model.irVersion = 8n;
  model.producerName = '@adfw/engine-onnxruntime';
  model.docString = about.description ?? '';
  model.opsetImport = model.opsetImport.filter(({ domain }) => domains.has(domain));
  model.metadataProps = Object.entries(about.metadata ?? {}).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value }),
  );
  graph.name = 'model';
  for (const input of graph.input) input.docString = about.inputs[input.name]?.description ?? '';
  for (const output of graph.output) output.docString = about.outputs?.[output.name] ?? '';
  return toBinary(ModelProtoSchema, model);
}

/**
 * Data that are there several times are there once: ONNX Runtime folds each of the copies of a network, one for each batch of tiles, and
 * weights that were one tensor are then many.
 */
function shareInitializers(graph: GraphProto): void {
  // Whoever runs the model knows them by name.
  const isInput = new Set([...graph.input, ...graph.output].map(({ name }) => name));
  const first = new Map<string, string>();
  const names = new Map<string, string>();
  graph.initializer = graph.initializer.filter(({ name, dataType, dims, rawData }) => {
    if (isInput.has(name) || rawData.length === 0) return true;
    const key = `${dataType}[${dims}]${createHash('sha256').update(rawData).digest('hex')}`;
    const kept = first.get(key);
    if (kept === undefined) first.set(key, name);
    else names.set(name, kept);
    return kept === undefined;
  });
  for (const node of graph.node) node.input = node.input.map((name) => names.get(name) ?? name);
}
