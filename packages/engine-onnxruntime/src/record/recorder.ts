import { rowMajor } from '../layout.js';
import { type NumericArray, sizeOf, type TensorSpec, zeroArray } from '../types.js';
import {
  Component,
  type Named,
  pendingAncestors,
  type RecordedNode,
  storedValue,
  type Use,
  type Value,
} from './graph.js';
import { ordinaryData, type StoredData } from './stored-data.js';

/** What is to be known of an operation to record it. */
export interface Recordable extends Named {
  /** The number that all elements of its results are, where it has no inputs. */
  uniform?(attributes: never): number;
}

/** Computes values, which are results of these nodes. */
export type Compute<Op extends Named> = (
  nodes: readonly RecordedNode<Op>[],
  results: readonly Value<Op>[],
) => readonly StoredData[];

/**
 * Records nodes, and has them computed when data are asked for: all values that are pending with the one that is wanted, and
 * still live, in one run.
 */
export class Recorder<Op extends Recordable> {
  private sequence = 0;
  /** What was recorded while {@link computeAll} calls a function. */
  private timed: Component<Op>[] | null = null;
  /** What came into being while {@link madeBy} calls a function. */
  private made: Set<Value<Op>> | null = null;

  /** @param pendingNodes recorded nodes from which on they are computed although nobody has asked for a value. */
  constructor(
    private readonly pendingNodes: number,
    private readonly compute: Compute<Op>,
  ) {}

  /** Records a node. @returns its results, which are live until they are dropped. */
  record(
    operation: Op,
    inputs: readonly Use<Op>[],
    attributes: unknown,
    outputs: readonly TensorSpec[],
  ): readonly Value<Op>[] {
    const component = inputs.reduce(
      (merged, { value }) => (value.component ? value.component.merge(merged) : merged),
      new Component<Op>(),
    );
    const values = outputs.map(({ shape, dtype }): Value<Op> => {
      return { shape: [...shape], dtype, producer: null, stored: null, component, frozen: null };
    });
    const node: RecordedNode<Op> = {
      sequence: this.sequence++,
      operation,
      attributes,
      inputs,
      outputs: values,
    };
    component.nodeCount++;
    this.timed?.push(component);
    for (const value of values) {
      value.producer = node;
      component.live.add(value);
      this.made?.add(value);
    }
    if (component.nodeCount > this.pendingNodes) this.limit(component);
    return values;
  }

  /** A value whose data are there. */
  give(spec: TensorSpec, data: StoredData): Value<Op> {
    const value = storedValue<Op>(spec, data);
    this.made?.add(value);
    return value;
  }

  /** The value's data, which are computed where they are not there yet. */
  stored(value: Value<Op>): StoredData {
    if (value.component) this.run(value.component.find());
    return value.stored as StoredData;
  }

  /**
   * A value's elements in tfjs's order, where they are there, may be any, and nothing is recorded to be repeated ({@link madeBy}); null
   * otherwise.
   */
  ordinary({ stored }: Value<Op>): NumericArray | null {
    if (!stored || stored.uniform !== null || this.made) return null;
    return stored.layout === rowMajor(stored.layout.parts.length) ? stored.array : null;
  }

  /** Nothing refers to the value any more, but what was recorded with it. */
  drop(value: Value<Op>): void {
    value.component?.find().live.delete(value);
  }

  /**
   * Makes data of what a variable holds, before it is used. What the step before has made of it is computed: a loop that reads
   * nothing (an epoch of tfjs-layers) would record step upon step, in one graph that is compiled for each number of steps.
   */
  settle(value: Value<Op>): void {
    this.forgetUniform(value);
    if (!value.stored) this.stored(value);
  }

  /**
   * Makes ordinary data of a value whose elements are all one number. A variable begins so, a momentum with zeros, and is something else
   * after a step: a graph that knows the number would be compiled for one run.
   */
  private forgetUniform(value: Value<Op>): void {
    const { producer, stored, dtype, shape } = value;
    if (stored) {
      if (stored.uniform !== null) value.stored = { ...stored, uniform: null };
      return;
    }
    const number = producer?.operation.uniform?.(producer.attributes as never);
    if (number === undefined) return;
    value.stored = ordinaryData(zeroArray(dtype, sizeOf(shape)).fill(number), shape.length);
    value.producer = null;
    this.drop(value);
    value.component = null;
  }

  /** Calls a function, and computes what it has recorded and is still live. */
  computeAll(record: () => void): void {
    this.timed = [];
    record();
    for (const component of this.timed) if (component.find().live.size > 0) this.run(component.find());
    this.timed = null;
  }

  /** Calls a function. @returns with what it gives, the values that came into being meanwhile. */
  madeBy<T>(f: () => T): { readonly result: T; readonly made: ReadonlySet<Value<Op>> } {
    const outer = this.made;
    const made = new Set<Value<Op>>();
    this.made = made;
    try {
      return { result: f(), made };
    } finally {
      this.made = outer;
    }
  }

  /** Keeps a program that never reads from recording for ever. */
  private limit(component: Component<Op>): void {
    const nodes = pendingAncestors(component.live);
    if (nodes.length > this.pendingNodes / 2) this.run(component, nodes);
    else component.nodeCount = nodes.length;
  }

  private run(component: Component<Op>, nodes = pendingAncestors(component.live)): void {
    const results = [...component.live].sort(bySequence);
    const stored = this.compute(nodes, results);
    results.forEach((value, i) => {
      value.stored = stored[i] as StoredData;
      value.producer = null;
      value.component = null;
    });
    component.live.clear();
    component.nodeCount = 0;
  }
}

function bySequence<Op extends Named>(a: Value<Op>, b: Value<Op>): number {
  const [p, q] = [a.producer as RecordedNode<Op>, b.producer as RecordedNode<Op>];
  return p.sequence - q.sequence || p.outputs.indexOf(a) - q.outputs.indexOf(b);
}
