import type { Emitter } from '../emit/emitter.js';
import type { Layout } from '../emit/layout.js';
import type { Operand } from '../emit/operand.js';

/**
 * What was recorded: nodes (a kernel applied to values) and values (what a kernel will give, or data that are there).
 * Nothing here knows ONNX.
 */
export type DataTypeName = 'float32' | 'int32' | 'bool';
export type NumericArray = Float32Array | Int32Array | Uint8Array;

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DataTypeName;
}

/** Data on the host, in some layout of the value's shape. */
export interface StoredData {
  readonly array: NumericArray;
  readonly layout: Layout;
  /** The number that all of many elements are, so that it can be written into the graph. */
  readonly uniform: number | null;
}

export interface Value extends TensorSpec {
  /** The node that will compute it; null once it is stored. */
  producer: RecordedNode | null;
  stored: StoredData | null;
  /** Pending nodes that depend on one another; only for a pending value. */
  component: Component | null;
  /** Set when the value is frozen: a number that no other value has. */
  frozen: number | null;
}

/** A value as the input of a node, with the shape it is seen in there: reshaping a tensor doesn't make another value. */
export interface Use {
  readonly value: Value;
  readonly shape: readonly number[];
}

export interface RecordedNode {
  /** Nodes are numbered as they are recorded: inputs before their consumers. */
  readonly sequence: number;
  readonly operation: Operation;
  readonly attributes: unknown;
  readonly inputs: readonly Use[];
  readonly outputs: readonly Value[];
}

/** Which layouts an operation wants its inputs in and gives its outputs in; null where it doesn't matter. */
export interface LayoutDemands {
  readonly inputs: readonly (Layout | null)[];
  readonly outputs: readonly (Layout | null)[];
}

/** What a value that is being emitted should be, and the layout that its neighbours prefer. */
export type ResultSpec = TensorSpec & { readonly layout: Layout };

/** As many as the node was recorded with; typed so that an operation can name the ones it knows it has. */
type AsRecorded<T> = readonly [T, T, T, ...T[]];

/** What the emission of a node knows. */
export interface Emission<A> {
  readonly emitter: Emitter;
  readonly inputs: AsRecorded<Operand>;
  readonly attributes: A;
  readonly outputs: AsRecorded<ResultSpec>;
}

/** What the engine knows of a kernel: how it is written in ONNX. Two nodes of one operation differ only in what is keyed. */
// biome-ignore lint/suspicious/noExplicitAny: operations of all attribute types stand in one list.
export interface Operation<A = any> {
  /** Unique, and the tfjs kernel's name where there is one: error messages say it. */
  readonly name: string;
  /** It works in any layout, on operands of its results' rank that lie the same way. */
  readonly sharesLayout?: boolean;
  /** The number that all elements of its results are, where it has no inputs. */
  uniform?(attributes: A): number;
  /** Layouts it wants, where nothing recorded before it wanted another one of the same values. */
  demands?(node: RecordedNode, attributes: A, block: number): LayoutDemands;
  emit(emission: Emission<A>): Operand | Operand[];
}

/** Pending values that are connected through pending nodes: they are computed in one run. */
export class Component {
  private mergedInto: Component | null = null;
  /** Values that a tensor still refers to. */
  live = new Set<Value>();
  /** At least the number of nodes that are pending in it. */
  nodeCount = 0;

  find(): Component {
    let root: Component = this;
    while (root.mergedInto) root = root.mergedInto;
    let passed: Component = this;
    while (passed.mergedInto) {
      const next: Component = passed.mergedInto;
      passed.mergedInto = root;
      passed = next;
    }
    return root;
  }

  merge(other: Component): Component {
    const a = this.find();
    const b = other.find();
    if (a === b) return a;
    const [into, from] = a.live.size >= b.live.size ? [a, b] : [b, a];
    for (const value of from.live) into.live.add(value);
    into.nodeCount += from.nodeCount;
    from.mergedInto = into;
    from.live.clear();
    return into;
  }
}

/** The nodes that `values` need, in the order they were recorded; what nobody can reach any more is not among them. */
export function pendingAncestors(values: Iterable<Value>): RecordedNode[] {
  const seen = new Set<RecordedNode>();
  const stack: RecordedNode[] = [];
  const visit = (value: Value) => {
    if (value.producer && !seen.has(value.producer)) {
      seen.add(value.producer);
      stack.push(value.producer);
    }
  };
  for (const value of values) visit(value);
  for (let node = stack.pop(); node; node = stack.pop()) for (const use of node.inputs) visit(use.value);
  return [...seen].sort((a, b) => a.sequence - b.sequence);
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, d) => product * d, 1);
export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);
