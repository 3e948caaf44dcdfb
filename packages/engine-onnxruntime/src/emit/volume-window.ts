import type { backend_util } from '@tensorflow/tfjs-core';
import { layout } from '../layout.js';

/** Where the windows of a 3-D convolution or a 3-D pooling lie. */

type Triple = readonly [depth: number, height: number, width: number];

export interface VolumeWindow {
  readonly size: Triple;
  readonly strides: Triple;
  readonly dilations: Triple;
  /** Added before the first plane, row and column. */
  readonly before: Triple;
  /** Added after the last; negative where the windows end before the volume does. */
  readonly after: Triple;
  readonly output: Triple;
}

/** Volumes `[N, D, H, W, C]` with channels first. */
export const NCDHW = layout('0 4 1 2 3');

/** A tfjs convolution as ONNX describes it: what is added at the end follows from the output's size. */
export function volumeWindow(info: backend_util.Conv3DInfo): VolumeWindow {
  const size = [info.filterDepth, info.filterHeight, info.filterWidth] as const;
  const strides = [info.strideDepth, info.strideHeight, info.strideWidth] as const;
  const dilations = [info.dilationDepth, info.dilationHeight, info.dilationWidth] as const;
  // Where windows are smaller than their strides, tfjs's 'same' begins after the first element; TensorFlow's doesn't.
  const { front, top, left } = info.padInfo;
  const before = [Math.max(0, front), Math.max(0, top), Math.max(0, left)] as const;
  const input = [info.inDepth, info.inHeight, info.inWidth] as const;
  const output = [info.outDepth, info.outHeight, info.outWidth] as const;
  const of = (triple: Triple, i: number): number => triple[i] as number;
  const after = [0, 1, 2].map((i) => {
    const reach = (of(output, i) - 1) * of(strides, i) + (of(size, i) - 1) * of(dilations, i) + 1;
    return reach - of(input, i) - of(before, i);
  }) as unknown as Triple;
  return { size, strides, dilations, before, after, output };
}

/** The attributes of ONNX's windows; planes, rows and columns that no window reaches need no negative padding. */
export const windowAttributes = ({ size, strides, before, after }: VolumeWindow) => ({
  kernel_shape: size,
  strides,
  pads: [...before, ...after.map((n) => Math.max(0, n))],
});

/** What a transposed convolution adds at the end: planes, rows and columns that no window reached. */
export const unreached = ({ after }: VolumeWindow): number[] => after.map((n) => Math.max(0, -n));
