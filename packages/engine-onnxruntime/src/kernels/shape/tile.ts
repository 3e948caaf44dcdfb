import { Tile, type TileAttrs, type TileInputs } from '@tensorflow/tfjs-core';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { broadcastTo } from '../../emit/reshaped.js';
import { dense } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { layoutWithWhole, physicalOrder } from '../../layout.js';
import type { DataTypeName } from '../../types.js';

const operation: Operation<{ reps: number[] }> = {
  name: Tile,
  sharesLayout: true,
  emit: ({ emitter, inputs: [x], attributes: { reps }, outputs: [result] }) => {
    // Repeating a single element is broadcasting, which copies nothing.
    if (reps.every((n, axis) => n === 1 || x.extent[axis] === 1)) return broadcastTo(x, result);
    const axes = reps.flatMap((n, axis) => (n === 1 ? [] : [axis]));
    const common = layoutWithWhole(result.layout, axes);
    const repeats = emitter.int64(physicalOrder(common, reps, 1));
    return operand(result, common, emitter.op('Tile', [dense(emitter, x, common), repeats]));
  },
};

const tile: Kernel<TileInputs, TileAttrs> = ({ inputs: { x }, attrs: { reps }, backend }) =>
  backend.record(
    operation,
    [x],
    { reps },
    { shape: x.shape.map((d, axis) => d * (reps[axis] as number)), dtype: x.dtype as DataTypeName },
  );

export const tileConfig = kernelConfig(Tile, tile);
