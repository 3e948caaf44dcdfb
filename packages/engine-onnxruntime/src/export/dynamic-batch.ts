import type { OnnxGraph, OnnxInitializer, OnnxNode, OnnxTensorInfo } from '../onnx/onnx-model.js';
import { NotExportableError } from './not-exportable-error.js';

/**
 * A graph for any size of the batch, from graphs that were recorded for several.
 *
 * The engine knows every shape when it writes a graph, so shapes are constants in it. Graphs of one function for different
 * batches have the same nodes; the constants that differ depend on the batch, and are computed from its size instead.
 */

/** A graph that was recorded for a batch of this size. */
export interface BatchGraph {
  readonly batch: number;
  readonly graph: OnnxGraph;
}

/** What the axis of the batch is called in the shapes of a model. */
const BATCH = 'batch';

/** One thing as it is in each of the graphs. */
type InEach<T> = readonly [T, ...T[]];

/**
 * @param graphs of one function, for at least three sizes: two always lie on a line.
 * @param images the input whose first axis is the batch.
 * @throws NotExportableError where the graphs differ in more than sizes.
 */
export function withDynamicBatch(graphs: InEach<BatchGraph>, images: string): OnnxGraph {
  const batches = graphs.map(({ batch }) => batch);
  const [{ graph: first }, ...others] = graphs;
  const shapes = new ShapeArithmetic(images, batches);
  const initializers = graphs.map(
    ({ graph }) => new Map(graph.initializers.map((initializer) => [initializer.name, initializer])),
  );
  const added = new Map<string, OnnxInitializer>();
  /** For each tensor of the first graph, what the others call it. */
  const counterparts = new Map(first.inputs.map(({ name }) => [name, others.map(() => name)]));

  const inputOf = (node: OnnxNode, place: number, names: InEach<string>): string => {
    const [name, ...rest] = names;
    const known = counterparts.get(name);
    if (known) {
      if (known.every((other, i) => other === rest[i])) return name;
      throw differs(node, batches, 'takes other inputs');
    }
    const data = names.map((each, i) => initializers[i]?.get(each)) as (OnnxInitializer | undefined)[];
    if (names.every((each) => each === '')) return name;
    if (data.some((each) => each === undefined)) throw differs(node, batches, 'takes other inputs');
    const constant = data as unknown as InEach<OnnxInitializer>;
    if (constant.every((each) => sameData(constant[0], each))) {
      added.set(name, constant[0]);
      return name;
    }
    const computed =
      shapes.integers(constant, node.opType === 'Reshape' && place === 1) ?? shapes.repeated(constant);
    if (computed === null) throw differs(node, batches, 'takes other numbers');
    return computed;
  };

  const nodes = first.nodes.map((node, n) => {
    const each = graphs.map(({ graph }) => graph.nodes[n]) as unknown as InEach<OnnxNode>;
    if (each.some((other) => !sameKind(node, other))) throw differs(node, batches, 'is another operation');
    const inputs = node.inputs.map((_, i) =>
      inputOf(node, i, each.map((other) => other.inputs[i]) as unknown as InEach<string>),
    );
    node.outputs.forEach((output, i) => {
      counterparts.set(
        output,
        each.slice(1).map((other) => other.outputs[i] as string),
      );
    });
    return { ...node, inputs };
  });
  const longer = others.find(({ graph }) => graph.nodes.length > nodes.length)?.graph.nodes[nodes.length];
  if (longer) throw differs(longer, batches, 'is another operation');

  const dynamic = (kind: 'inputs' | 'outputs') =>
    first[kind].map((_, i) =>
      withBatchAxis(graphs.map(({ graph }) => graph[kind][i]) as unknown as InEach<OnnxTensorInfo>, batches),
    );
  return {
    nodes: [...shapes.nodes, ...nodes],
    initializers: [...added.values(), ...shapes.initializers],
    inputs: dynamic('inputs'),
    outputs: dynamic('outputs'),
  };
}

/** Writes constants that depend on the size of the batch as nodes that compute them. */
class ShapeArithmetic {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxInitializer[] = [];
  private readonly written = new Map<string, string>();

  constructor(
    private readonly images: string,
    private readonly batches: readonly number[],
  ) {}

  /**
   * A list of integers, or a single one, each of which is slope · batch + offset; null where they are not. In the shape of a
   * Reshape the one that grows with the batch follows from the others.
   */
  integers(each: InEach<OnnxInitializer>, isReshape: boolean): string | null {
    const [{ type, dims }] = each;
    if (type !== 'int64' || dims.length > 1 || each.some((other) => !sameList(other.dims, dims))) return null;
    const lists = each.map(({ data }) => Array.from(data, Number));
    const lines = (lists[0] as number[]).map((_, i) => this.line(lists.map((list) => list[i] as number)));
    if (lines.some((line) => line === null)) return null;
    const known = lines as Line[];
    const growing = known.filter(({ slope }) => slope !== 0);
    const fixed = known.filter(({ slope }) => slope === 0);
    if (
      isReshape &&
      growing.length === 1 &&
      growing[0]?.offset === 0 &&
      fixed.every(({ offset }) => offset > 0)
    )
      return this.constant(known.map(({ slope, offset }) => (slope === 0 ? offset : -1)));
    const list = this.list(known.map((line) => this.integer(line)));
    return dims.length === 0 ? this.node('Squeeze', [list]) : list;
  }

  /** Data that are the same for each image of the batch, or each of its parts where it is cut into some; null where they are not. */
  repeated(each: InEach<OnnxInitializer>): string | null {
    const [{ name, type, dims, data }] = each;
    const partsAlong = (a: number) => (dims[a] as number) / (this.batches[0] as number);
    const axis = dims.findIndex(
      (_, a) =>
        Number.isInteger(partsAlong(a)) &&
        partsAlong(a) > 0 &&
        each.every((other, i) => other.dims[a] === partsAlong(a) * (this.batches[i] as number)),
    );
    if (axis < 0) return null;
    const parts = partsAlong(axis);
    const others = dims.toSpliced(axis, 1);
    const inner = dims.slice(axis + 1).reduce((product, size) => product * size, 1);
    const imageAt = (at: number, i: number) => Math.floor(at / inner) % (parts * (this.batches[i] as number));
    const ofOneImage = elements(data).filter((_, at) => imageAt(at, 0) === 0);
    const isRepeated = each.every((other, i) => {
      const outer = inner * parts * (this.batches[i] as number);
      const sameImages = (element: number, at: number) =>
        Object.is(element, ofOneImage[Math.floor(at / outer) * inner + (at % inner)]);
      return sameList(other.dims.toSpliced(axis, 1), others) && elements(other.data).every(sameImages);
    });
    if (!isRepeated) return null;
    const shape = dims.map((size, a) =>
      this.integer(a === axis ? { slope: parts, offset: 0 } : { slope: 0, offset: size }),
    );
    const single = this.once(`image of ${name}`, (image) => {
      this.initializers.push({ name: image, type, dims: dims.with(axis, 1), data: ofOneImage });
    });
    return this.node('Expand', [single, this.list(shape)]);
  }

  private line(values: readonly number[]): Line | null {
    const [[n0, n1], [v0, v1]] = [this.batches, values] as unknown as [[number, number], [number, number]];
    const slope = (v1 - v0) / (n1 - n0);
    const offset = v0 - slope * n0;
    const fits = values.every((value, i) => value === slope * (this.batches[i] as number) + offset);
    return fits && Number.isInteger(slope) ? { slope, offset } : null;
  }

  /** `[slope · batch + offset]`. */
  private integer({ slope, offset }: Line): string {
    if (slope === 0) return this.constant([offset]);
    const batch = this.node('Shape', [this.images], { start: 0, end: 1 });
    const scaled = slope === 1 ? batch : this.node('Mul', [batch, this.constant([slope])]);
    return offset === 0 ? scaled : this.node('Add', [scaled, this.constant([offset])]);
  }

  private list(parts: readonly string[]): string {
    const [first, ...rest] = parts as [string, ...string[]];
    return rest.length === 0 ? first : this.node('Concat', parts, { axis: 0 });
  }

  private constant(values: readonly number[]): string {
    return this.once(`[${values.join()}]`, (name) => {
      const data = BigInt64Array.from(values.map(BigInt));
      this.initializers.push({ name, type: 'int64', dims: [values.length], data });
    });
  }

  private node(opType: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}): string {
    return this.once(`${opType}(${inputs.join()})`, (name) => {
      this.nodes.push({ opType, domain: '', inputs, outputs: [name], attributes });
    });
  }

  private once(key: string, write: (name: string) => void): string {
    let name = this.written.get(key);
    if (name === undefined) {
      name = `shape${this.written.size}`;
      write(name);
      this.written.set(key, name);
    }
    return name;
  }
}

/** A number that depends on the size of the batch: slope · batch + offset. */
interface Line {
  readonly slope: number;
  readonly offset: number;
}

function withBatchAxis(each: InEach<OnnxTensorInfo>, batches: readonly number[]): OnnxTensorInfo {
  const [info] = each;
  const dims = info.dims.map((size, axis) => {
    if (each.every((other) => other.dims[axis] === size)) return size;
    if (each.every((other, i) => other.dims[axis] === batches[i])) return BATCH;
    throw new NotExportableError(
      `The size of "${info.name}" along axis ${axis} is neither fixed nor that of the batch: it is ${size} for ${batches[0]} images.`,
    );
  });
  return { ...info, dims };
}

const differs = ({ opType }: OnnxNode, batches: readonly number[], how: string): NotExportableError =>
  new NotExportableError(
    `What is computed depends on the size of the batch: for ${batches[0]} images a node ${opType} ${how} than for ${batches[1]}. Each image must be treated alike.`,
  );

const sameKind = (a: OnnxNode, b: OnnxNode | undefined): boolean =>
  b !== undefined &&
  a.opType === b.opType &&
  a.domain === b.domain &&
  a.inputs.length === b.inputs.length &&
  a.outputs.length === b.outputs.length &&
  JSON.stringify(a.attributes) === JSON.stringify(b.attributes);

const sameData = (a: OnnxInitializer, b: OnnxInitializer): boolean =>
  a.type === b.type &&
  sameList(a.dims, b.dims) &&
  (a.data === b.data || Buffer.compare(bytesOf(a), bytesOf(b)) === 0);

/** Data as an array of numbers of any type; what TypeScript knows of a union of array types is less than it has. */
const elements = (data: OnnxInitializer['data']) => data as Float32Array;

const bytesOf = ({ data }: OnnxInitializer) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

const sameList = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  a.length === b.length && a.every((element, i) => element === b[i]);
