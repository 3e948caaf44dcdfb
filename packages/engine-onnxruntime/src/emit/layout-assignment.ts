import { fitting, type Layout, rowMajor } from '../layout.js';
import type { RecordedNode, Value } from '../record/graph.js';
import { sameShape } from '../types.js';
import type { Operation } from './operation.js';

/**
 * Decides which layout every value of a graph is computed in, before any node is written. Convolutions and pooling demand
 * one; what is computed element by element takes over that of its neighbours, so that a whole training step has a handful of
 * transpositions. The decision depends on the graph alone where any node demands a layout, not on how the inputs happen to
 * be stored: a run that was resumed from a file sums in the same order as one that was not.
 */
export function assignLayouts(
  nodes: readonly RecordedNode<Operation>[],
  block: number,
): (value: Value<Operation>) => Layout {
  const parents = new Map<Value<Operation>, Value<Operation>>();
  const find = (value: Value<Operation>): Value<Operation> => {
    const parent = parents.get(value);
    if (!parent) return value;
    const root = find(parent);
    parents.set(value, root);
    return root;
  };
  for (const { operation, inputs, outputs } of nodes) {
    const [result] = outputs;
    if (!operation.sharesLayout || !result) continue;
    for (const { value, shape } of [...inputs, ...outputs.map((value) => ({ value, shape: value.shape }))]) {
      if (shape.length !== result.shape.length || !sameShape(shape, value.shape)) continue;
      const [a, b] = [find(value), find(result)];
      if (a !== b) parents.set(a, b);
    }
  }

  const demanded = new Map<Value<Operation>, Layout>();
  const demand = (value: Value<Operation>, wanted: Layout | null | undefined) => {
    const root = find(value);
    // The first in the order of recording wins: the forward pass decides for the backward pass.
    if (wanted && !demanded.has(root)) demanded.set(root, wanted);
  };
  for (const node of nodes) {
    const { operation, inputs, outputs, attributes } = node;
    const demands = operation.demands?.(node, attributes, block);
    if (!demands) continue;
    inputs.forEach(({ value, shape }, i) => {
      if (sameShape(value.shape, shape)) demand(value, demands.inputs[i]);
    });
    outputs.forEach((value, i) => {
      demand(value, demands.outputs[i]);
    });
  }
  // Where no node demands a layout, data that are stored in one stay in it.
  for (const { inputs } of nodes) for (const { value } of inputs) demand(value, value.stored?.layout);

  return (value) => fitting(demanded.get(find(value)) ?? rowMajor(value.shape.length), value.shape);
}
