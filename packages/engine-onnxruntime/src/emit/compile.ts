import { createHash } from 'node:crypto';
import { type Layout, physicalShape } from '../layout.js';
import type { OnnxGraph } from '../onnx/onnx-model.js';
import type { RecordedNode, Use, Value } from '../record/graph.js';
import { Emitter } from './emitter.js';
import { assignLayouts } from './layout-assignment.js';
import { type Operand, operand, uniformOperand } from './operand.js';
import type { Emission, Operation } from './operation.js';
import { seenAs } from './reshaped.js';
import { dense } from './tensor-in-layout.js';

/** Recorded nodes, ready to be compiled or to be found among what was compiled before. */
export interface Program {
  readonly nodes: readonly RecordedNode<Operation>[];
  /** Values that are to be stored. */
  readonly results: readonly Value<Operation>[];
  /** Data that are fed, in the order of the graph's inputs. */
  readonly inputs: readonly Value<Operation>[];
  /** Frozen data, which are part of the graph. */
  readonly frozen: readonly Value<Operation>[];
  /** Data whose elements are all one number, which are a constant of the graph. */
  readonly uniform: readonly Value<Operation>[];
  /** Equal for programs that compile to the same graph: operations, attributes, shapes, types, wiring, layouts of the data. */
  readonly key: string;
}

export function program(
  nodes: readonly RecordedNode<Operation>[],
  results: readonly Value<Operation>[],
): Program {
  const inputs: Value<Operation>[] = [];
  const frozen: Value<Operation>[] = [];
  const uniform: Value<Operation>[] = [];
  const names = new Map<Value<Operation>, string>();
  const text: string[] = [];
  const describe = (value: Value<Operation>) => `${value.dtype}[${value.shape.join()}]`;
  const nameOf = ({ value, shape }: Use<Operation>): string => {
    let name = names.get(value);
    if (name === undefined) {
      const { stored } = value;
      if (!stored) throw new Error('A recorded value has neither data nor a node that computes it.');
      if (stored.uniform !== null) {
        name = `u${stored.uniform}${describe(value)}`;
        uniform.push(value);
      } else if (value.frozen === null) {
        name = `i${inputs.length}`;
        inputs.push(value);
        text.push(`${name}=${describe(value)}@${stored.layout.key}`);
      } else {
        name = `f${value.frozen}`;
        frozen.push(value);
        text.push(`${name}=${describe(value)}`);
      }
      names.set(value, name);
    }
    return `${name}:${shape.join()}`;
  };
  nodes.forEach((node, n) => {
    const uses = node.inputs.map(nameOf);
    const outputs = node.outputs.map((value, o) => {
      names.set(value, `n${n}.${o}`);
      return describe(value);
    });
    text.push(
      `${node.operation.name}${attributesKey(node.attributes)}(${uses.join(' ')})${outputs.join(' ')}`,
    );
  });
  text.push(results.map((value) => names.get(value)).join(' '));
  const key = createHash('sha256').update(text.join('\n')).digest('base64');
  return { nodes, results, inputs, frozen, uniform, key };
}

/** JSON would write all non-finite numbers as null, and -0 as 0. */
const attributesKey = (attributes: unknown): string =>
  JSON.stringify(attributes, (_, value) =>
    typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
      ? `#${1 / value}${value}`
      : value,
  ) ?? '';

/** A graph and how its outputs lie in memory. */
export interface Compiled {
  readonly graph: OnnxGraph;
  readonly resultLayouts: readonly Layout[];
}

/**
 * Writes a program as an ONNX graph: its inputs are `input0`…, its results `output0`…, in the program's order.
 * @param block and `portable`: see {@link Emitter}.
 */
export function compile(
  { nodes, results, inputs, frozen, uniform }: Program,
  block: number,
  portable = false,
): Compiled {
  const emitter = new Emitter(block, portable);
  const layoutOf = assignLayouts(nodes, block);
  const operands = new Map<Value<Operation>, Operand>();
  for (const value of inputs) {
    const { layout } = value.stored as NonNullable<Value<Operation>['stored']>;
    const name = emitter.input(value.dtype, physicalShape(layout, value.shape));
    operands.set(value, operand(value, layout, name));
  }
  for (const value of frozen) {
    const { layout, array } = value.stored as NonNullable<Value<Operation>['stored']>;
    const name = emitter.initializer(value.dtype, physicalShape(layout, value.shape), array);
    operands.set(value, operand(value, layout, name));
  }
  for (const value of uniform) {
    operands.set(value, uniformOperand(emitter, value, value.stored?.uniform as number));
  }
  const uses = countUses(nodes, results);
  for (const [position, node] of nodes.entries()) {
    emitter.position = position;
    const used = node.inputs.map(({ value, shape }) =>
      seenAs(emitter, operands.get(value) as Operand, shape),
    );
    const emitted = node.operation.emit({
      emitter,
      inputs: used as unknown as Emission<unknown>['inputs'],
      attributes: node.attributes,
      outputs: node.outputs.map((value) => ({
        shape: value.shape,
        dtype: value.dtype,
        layout: layoutOf(value),
      })) as unknown as Emission<unknown>['outputs'],
    });
    const results = Array.isArray(emitted) ? emitted : [emitted];
    node.outputs.forEach((value, i) => {
      const result = results[i] as Operand;
      result.origin ??= { node, inputs: used };
      const { count, last } = uses.get(value) ?? UNUSED;
      result.shared = count > 1;
      result.lastUse = last;
      operands.set(value, result);
    });
  }
  const resultLayouts = results.map((value) => {
    const result = operands.get(value) as Operand;
    emitter.output(dense(emitter, result, result.home), value.dtype, physicalShape(result.home, value.shape));
    return result.home;
  });
  return { graph: emitter.graph(), resultLayouts };
}

/** By how many nodes a value is used, and the position of the last; being a result is one more, after all of them. */
interface Uses {
  readonly count: number;
  readonly last: number;
}

const UNUSED: Uses = { count: 0, last: -1 };

function countUses(
  nodes: readonly RecordedNode<Operation>[],
  results: readonly Value<Operation>[],
): Map<Value<Operation>, Uses> {
  const uses = new Map<Value<Operation>, Uses>();
  const use = (value: Value<Operation>, last: number) =>
    uses.set(value, { count: (uses.get(value)?.count ?? 0) + 1, last });
  for (const [position, node] of nodes.entries()) for (const { value } of node.inputs) use(value, position);
  for (const value of results) use(value, Number.POSITIVE_INFINITY);
  return uses;
}
