import {
  type AttributeValue,
  elementType,
  type OnnxGraph,
  type OnnxInitializer,
  type OnnxNode,
  type OnnxTensorInfo,
  type OnnxType,
} from '../onnx/onnx-model.js';
import { arrayOf, type DataTypeName, sameShape } from '../types.js';

/**
 * Collects the nodes of an ONNX graph. A node that is asked for twice is written once, and what no output needs is left out,
 * so that emitting code may ask for what it likes.
 */
export class Emitter {
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers = new Map<string, OnnxInitializer>();
  private readonly inputs: OnnxTensorInfo[] = [];
  private readonly outputs: OnnxTensorInfo[] = [];
  private readonly emitted = new Map<string, readonly string[]>();
  private readonly constants = new Map<string, string>();
  private count = 0;
  /** Of the recorded node that is being written. */
  position = 0;

  /**
   * @param block channels a block of ONNX Runtime's blocked convolutions; 0 where this machine has none.
   * @param portable whether all nodes must be of ONNX itself, for other runtimes and machines; `block` is then 0.
   */
  constructor(
    readonly block: number,
    readonly portable = false,
  ) {}

  input(type: DataTypeName, dims: readonly number[]): string {
    const name = `input${this.inputs.length}`;
    this.inputs.push({ name, type, dims });
    return name;
  }

  /** Makes a tensor an output of the graph and gives the name it has there. */
  output(tensor: string, type: DataTypeName, dims: readonly number[]): string {
    const name = `output${this.outputs.length}`;
    this.outputs.push({ name, type, dims });
    this.nodes.push({ opType: 'Identity', domain: '', inputs: [tensor], outputs: [name], attributes: {} });
    return name;
  }

  /** The names of the results of a node. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    { domain = '', outputs: outputCount = 1 }: { domain?: string; outputs?: number } = {},
  ): readonly string[] {
    const key = `${domain}.${opType}(${inputs.join()})${JSON.stringify(attributes)}${outputCount}`;
    let outputs = this.emitted.get(key);
    if (!outputs) {
      outputs = Array.from({ length: outputCount }, () => `t${this.count++}`);
      this.nodes.push({ opType, domain, inputs, outputs, attributes });
      this.emitted.set(key, outputs);
    }
    return outputs;
  }

  /** The name of the one result of a node. */
  op(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, AttributeValue>> = {},
    domain = '',
  ): string {
    return this.node(opType, inputs, attributes, { domain })[0] as string;
  }

  /** Data that are part of the graph: ONNX Runtime folds and pre-packs them. */
  initializer(type: OnnxType, dims: readonly number[], data: OnnxInitializer['data']): string {
    const name = `c${this.count++}`;
    this.initializers.set(name, { name, type, dims, data });
    return name;
  }

  private constant(type: OnnxType, dims: readonly number[], data: OnnxInitializer['data']): string {
    const key = `${type}[${dims.join()}]${data.join()}`;
    let name = this.constants.get(key);
    if (!name) {
      name = this.initializer(type, dims, data);
      this.constants.set(key, name);
    }
    return name;
  }

  int64(values: readonly number[]): string {
    return this.constant('int64', [values.length], BigInt64Array.from(values.map(BigInt)));
  }

  /** A float32 tensor known when the graph is written. */
  float32(values: ArrayLike<number>, dims: readonly number[]): string {
    return this.constant('float32', dims, Float32Array.from(values));
  }

  int32(values: ArrayLike<number>, dims: readonly number[]): string {
    return this.constant('int32', dims, Int32Array.from(values));
  }

  scalar(value: number, type: Exclude<OnnxType, 'float64'> = 'float32'): string {
    if (type === 'int64') return this.constant(type, [], BigInt64Array.of(BigInt(value)));
    return this.constant(type, [], arrayOf(type, [value]));
  }

  reshape(tensor: string, dims: readonly number[]): string {
    // In ONNX a 0 in a shape means "as it was"; an empty tensor needs allowzero.
    const attributes: Record<string, AttributeValue> = dims.includes(0) ? { allowzero: 1 } : {};
    return this.op('Reshape', [tensor, this.int64(dims)], attributes);
  }

  transpose(tensor: string, perm: readonly number[]): string {
    return perm.every((place, i) => place === i) ? tensor : this.op('Transpose', [tensor], { perm });
  }

  cast(tensor: string, to: OnnxType): string {
    return this.op('Cast', [tensor], { to: elementType(to) });
  }

  /** `starts[i]` to `ends[i]` (exclusive) in steps of `steps[i]` along `axes[i]`. */
  slice(
    tensor: string,
    axes: readonly number[],
    starts: readonly number[],
    ends: readonly number[],
    steps: readonly number[] = axes.map(() => 1),
  ): string {
    return this.op('Slice', [
      tensor,
      this.int64(starts),
      this.int64(ends),
      this.int64(axes),
      this.int64(steps),
    ]);
  }

  /** Repeats along axes of length one until the tensor has these dims. */
  expand(tensor: string, from: readonly number[], dims: readonly number[]): string {
    return sameShape(from, dims) ? tensor : this.op('Expand', [tensor, this.int64(dims)]);
  }

  reduce(opType: string, tensor: string, axes: readonly number[], keepDimensions = false): string {
    return this.op(opType, [tensor, this.int64(axes)], { keepdims: keepDimensions ? 1 : 0 });
  }

  /** What was emitted and is needed for the outputs. */
  graph(): OnnxGraph {
    const needed = new Set(this.outputs.map((o) => o.name));
    const nodes: OnnxNode[] = [];
    for (let i = this.nodes.length - 1; i >= 0; i--) {
      const node = this.nodes[i] as OnnxNode;
      if (!node.outputs.some((name) => needed.has(name))) continue;
      nodes.push(node);
      for (const name of node.inputs) needed.add(name);
    }
    nodes.reverse();
    return {
      nodes,
      initializers: [...this.initializers.values()].filter(({ name }) => needed.has(name)),
      // An input stays although nothing needs it: whoever runs the graph feeds it.
      inputs: this.inputs,
      outputs: this.outputs,
    };
  }
}
