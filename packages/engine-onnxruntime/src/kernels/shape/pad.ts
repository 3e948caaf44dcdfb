import {
  MirrorPad,
  type MirrorPadAttrs,
  type MirrorPadInputs,
  PadV2,
  type PadV2Attrs,
  type PadV2Inputs,
} from '@tensorflow/tfjs-core';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { dense } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { layoutWithWhole, physicalAxis, physicalOrder } from '../../layout.js';
import type { DataTypeName } from '../../types.js';

type Paddings = readonly (readonly [before: number, after: number])[];

const padded = (shape: readonly number[], paddings: Paddings): number[] =>
  paddings.map(([before, after], axis) => before + (shape[axis] as number) + after);

const paddedAxes = (paddings: Paddings): number[] =>
  paddings.flatMap(([before, after], axis) => (before || after ? [axis] : []));

const constantOperation: Operation<{ paddings: Paddings; constantValue: number }> = {
  name: PadV2,
  sharesLayout: true,
  emit: ({ emitter, inputs: [x], attributes: { paddings, constantValue }, outputs: [result] }) => {
    const common = layoutWithWhole(result.layout, paddedAxes(paddings));
    const pads = physicalOrder(common, paddings, [0, 0] as const);
    const boolean = x.dtype === 'bool';
    const tensor = dense(emitter, x, common);
    const type = boolean ? 'int32' : x.dtype;
    const filled = emitter.op('Pad', [
      boolean ? emitter.cast(tensor, type) : tensor,
      emitter.int64([...pads.map((p) => p[0]), ...pads.map((p) => p[1])]),
      emitter.scalar(constantValue, type),
    ]);
    return operand(result, common, boolean ? emitter.cast(filled, 'bool') : filled);
  },
};

/** Mirrors by looking indices up: ONNX knows `reflect`, but not `symmetric`, which repeats the edge. */
const mirrorOperation: Operation<{ paddings: Paddings; mode: 'reflect' | 'symmetric' }> = {
  name: MirrorPad,
  sharesLayout: true,
  emit: ({ emitter, inputs: [x], attributes: { paddings, mode }, outputs: [result] }) => {
    const axes = paddedAxes(paddings);
    const common = layoutWithWhole(result.layout, axes);
    const edge = mode === 'reflect' ? 0 : 1;
    const name = axes.reduce(
      (tensor, axis) => {
        const [before] = paddings[axis] as Paddings[number];
        const size = x.shape[axis] as number;
        const indices = Array.from({ length: result.shape[axis] as number }, (_, i) => {
          const at = i - before;
          if (at < 0) return -at - edge;
          return at < size ? at : 2 * (size - 1) - at + edge;
        });
        return emitter.op('Gather', [tensor, emitter.int64(indices)], { axis: physicalAxis(common, axis) });
      },
      dense(emitter, x, common),
    );
    return operand(result, common, name);
  },
};

const pad: Kernel<PadV2Inputs, PadV2Attrs> = ({
  inputs: { x },
  attrs: { paddings, constantValue },
  backend,
}) =>
  backend.record(
    constantOperation,
    [x],
    { paddings, constantValue },
    { shape: padded(x.shape, paddings), dtype: x.dtype as DataTypeName },
  );

const mirrorPad: Kernel<MirrorPadInputs, MirrorPadAttrs> = ({
  inputs: { x },
  attrs: { paddings, mode },
  backend,
}) =>
  backend.record(
    mirrorOperation,
    [x],
    { paddings, mode },
    { shape: padded(x.shape, paddings), dtype: x.dtype as DataTypeName },
  );

export const padConfigs = [kernelConfig(PadV2, pad), kernelConfig(MirrorPad, mirrorPad)];
