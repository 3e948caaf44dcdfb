import { engine, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { OnnxRuntimeBackend } from '../backend.js';
import { compile, program } from '../emit/compile.js';
import { operand } from '../emit/operand.js';
import type { Operation } from '../emit/operation.js';
import { logical } from '../emit/tensor-in-layout.js';
import { NCHW, physicalShape, rowMajor } from '../layout.js';
import type { OnnxGraph } from '../onnx/onnx-model.js';
import { pendingAncestors } from '../record/graph.js';
import type { DataTypeName } from '../types.js';
import { NotExportableError } from './not-exportable-error.js';

/** A function of tensors, by names. */
export type TensorFunction = (inputs: Record<string, Tensor>) => Record<string, Tensor>;

/** An input as the function sees it, for one size of the batch. */
export interface TracedInput {
  readonly shape: readonly number[];
  readonly dtype: DataTypeName;
  /** Images `[N, H, W, C]` that the graph takes as `[N, C, H, W]`. */
  readonly channelsFirst: boolean;
}

/**
 * Records what a function does with inputs of these shapes, computing nothing, as a graph of standard ONNX nodes. The graph's
 * inputs and outputs have the names that the function gives them; all other data it uses are initializers.
 * @throws NotExportableError where the function reads values, doesn't use an input, or names a tensor as the graph does.
 */
export function trace(
  backend: OnnxRuntimeBackend,
  f: TensorFunction,
  inputs: Readonly<Record<string, TracedInput>>,
): OnnxGraph {
  const names = new Map<string, string>();
  let recording = true;
  const placeholder: Operation<{ name: string; channelsFirst: boolean }> = {
    name: 'Placeholder',
    emit: ({ emitter, attributes: { name, channelsFirst }, outputs: [result] }) => {
      // The backend runs what was recorded when somebody reads a value.
      if (recording)
        throw new NotExportableError(
          `The function reads a value that depends on its input ${name}. What is exported must be computed by tfjs operations alone.`,
        );
      const layout = channelsFirst ? NCHW : rowMajor(result.shape.length);
      const tensor = emitter.input(result.dtype, physicalShape(layout, result.shape));
      names.set(tensor, name);
      return operand(result, layout, tensor);
    },
    demands: (_, { channelsFirst }) => ({ inputs: [], outputs: [channelsFirst ? NCHW : null] }),
  };
  const record = (): OnnxGraph => {
    const given = Object.entries(inputs).map(([name, { shape, dtype, channelsFirst }]) => {
      const info = backend.record(placeholder, [], { name, channelsFirst }, { shape, dtype });
      return [name, engine().makeTensorFromTensorInfo(info)] as const;
    });
    const results = Object.entries(f(Object.fromEntries(given)));
    const values = results.map(([, { dataId, shape, dtype }]) => {
      const spec = { shape, dtype: dtype as DataTypeName };
      const info = backend.record(inLogicalOrder, [{ dataId, ...spec }], null, spec);
      // What is a tensor is disposed with the others.
      engine().makeTensorFromTensorInfo(info);
      return backend.use(info).value;
    });
    recording = false;
    const recorded = program(pendingAncestors(values), values);
    const constants = [...recorded.inputs, ...recorded.frozen];
    const { graph } = compile({ ...recorded, inputs: [], frozen: constants }, 0, true);
    const used = [...names.values()];
    const unused = Object.keys(inputs).find((name) => !used.includes(name));
    if (unused !== undefined)
      throw new NotExportableError(`The function computes its results without its input ${unused}.`);
    results.forEach(([name], i) => {
      names.set(`output${i}`, name);
    });
    const taken = [...names.values()].find((name) => INTERNAL_NAME.test(name));
    if (taken !== undefined)
      throw new NotExportableError(
        `"${taken}" is what tensors inside a model are called; choose another name.`,
      );
    return renamed(graph, names);
  };
  const recorded: OnnxGraph[] = [];
  try {
    // The graph isn't returned through tidy, which would look for tensors in it.
    tidy(() => {
      recorded.push(record());
    });
  } catch (error) {
    const { cause } = error as Error;
    throw cause instanceof NotExportableError ? cause : error;
  }
  return recorded[0] as OnnxGraph;
}

/** What the emitter and the arithmetic of shapes call tensors. */
const INTERNAL_NAME = /^(t|c|shape)\d+$/;

const inLogicalOrder: Operation<null> = {
  name: 'Output',
  emit: ({ emitter, inputs: [x], outputs: [result] }) =>
    operand(result, rowMajor(result.shape.length), logical(emitter, x)),
};

function renamed(
  { nodes, initializers, inputs, outputs }: OnnxGraph,
  names: ReadonlyMap<string, string>,
): OnnxGraph {
  const nameOf = (tensor: string) => names.get(tensor) ?? tensor;
  const rename = <T extends { readonly name: string }>(info: T): T => ({ ...info, name: nameOf(info.name) });
  return {
    nodes: nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map(nameOf),
      outputs: node.outputs.map(nameOf),
    })),
    initializers,
    inputs: inputs.map(rename),
    outputs: outputs.map(rename),
  };
}
