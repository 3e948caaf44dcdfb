import type { TensorSpec } from '../types.js';
import type { StoredData } from './stored-data.js';

/**
 * What was recorded: nodes (an operation applied to values) and values (what a node will give, or data that are there).
 * What the operations are is not known here, but that they have names.
 */
export interface Named {
  readonly name: string;
}

export interface Value<Op extends Named> extends TensorSpec {
  /** The node that will compute it; null once it is stored. */
  producer: RecordedNode<Op> | null;
  stored: StoredData | null;
  /** Pending nodes that depend on one another; only for a pending value. */
  component: Component<Op> | null;
  /** Set when the value is frozen: a number that no other value has. */
  frozen: number | null;
}

/** A value whose data are there. */
export const storedValue = <Op extends Named>(
  { shape, dtype }: TensorSpec,
  stored: StoredData | null,
): Value<Op> => ({ shape: [...shape], dtype, producer: null, stored, component: null, frozen: null });

/** A value as the input of a node, with the shape it is seen in there: reshaping a tensor doesn't make another value. */
export interface Use<Op extends Named> {
  readonly value: Value<Op>;
  readonly shape: readonly number[];
}

export interface RecordedNode<Op extends Named> {
  /** Nodes are numbered as they are recorded: inputs before their consumers. */
  readonly sequence: number;
  readonly operation: Op;
  readonly attributes: unknown;
  readonly inputs: readonly Use<Op>[];
  readonly outputs: readonly Value<Op>[];
}

/** Pending values that are connected through pending nodes: they are computed in one run. */
export class Component<Op extends Named> {
  private mergedInto: Component<Op> | null = null;
  /** Values that a tensor still refers to. */
  live = new Set<Value<Op>>();
  /** At least the number of nodes that are pending in it. */
  nodeCount = 0;

  find(): Component<Op> {
    let root: Component<Op> = this;
    while (root.mergedInto) root = root.mergedInto;
    let passed: Component<Op> = this;
    while (passed.mergedInto) {
      const next: Component<Op> = passed.mergedInto;
      passed.mergedInto = root;
      passed = next;
    }
    return root;
  }

  merge(other: Component<Op>): Component<Op> {
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
export function pendingAncestors<Op extends Named>(values: Iterable<Value<Op>>): RecordedNode<Op>[] {
  const seen = new Set<RecordedNode<Op>>();
  const stack: RecordedNode<Op>[] = [];
  const visit = (value: Value<Op>) => {
    if (value.producer && !seen.has(value.producer)) {
      seen.add(value.producer);
      stack.push(value.producer);
    }
  };
  for (const value of values) visit(value);
  for (let node = stack.pop(); node; node = stack.pop()) for (const use of node.inputs) visit(use.value);
  return [...seen].sort((a, b) => a.sequence - b.sequence);
}
