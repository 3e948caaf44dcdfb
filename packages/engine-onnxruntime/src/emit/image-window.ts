import type { backend_util } from '@tensorflow/tfjs-core';
import { type Layout, NCHW, rowMajor } from '../layout.js';

/** Where the windows of a convolution or a pooling lie, height before width. */
export interface Window {
  readonly size: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly dilations: readonly [number, number];
  /** Added before the first row and column. */
  readonly before: readonly [number, number];
  /** Added after the last; negative where the windows end before the image does. */
  readonly after: readonly [number, number];
  /** Of the image `[N, H, W, C]`, or `[N, C, H, W]` where channels come first. */
  readonly channelsFirst: boolean;
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
}

/**
 * A tfjs convolution as ONNX describes it: what is added at the end follows from the output's size.
 * @throws Error where tfjs leaves out windows that the image has room for: with padding given as a number it takes the stride
 *   of the height for the width as well.
 */
export function windowOf(info: backend_util.Conv2DInfo): Window {
  const size = [info.filterHeight, info.filterWidth] as const;
  const strides = [info.strideHeight, info.strideWidth] as const;
  const dilations = [info.dilationHeight, info.dilationWidth] as const;
  const before = [info.padInfo.top, info.padInfo.left] as const;
  const input = [info.inHeight, info.inWidth] as const;
  const output = [info.outHeight, info.outWidth] as const;
  const after = [0, 1].map((i) => {
    const reach = (at(output, i) - 1) * at(strides, i) + (at(size, i) - 1) * at(dilations, i) + 1;
    return reach - at(input, i) - at(before, i);
  }) as [number, number];
  if (after.some((n, i) => n <= -at(strides, i)))
    throw new Error(
      `The onnxruntime engine gives every window of the image; with strides ${strides.join(' and ')} and this padding tfjs expects an output of ${output.join('x')}, which lacks some. Use equal strides, or "same" or "valid" padding.`,
    );
  const channelsFirst = info.dataFormat === 'channelsFirst';
  return { size, strides, dilations, before, after, channelsFirst, input, output };
}

const at = (pair: readonly [number, number], i: number): number => pair[i] as number;

/** `[top, left, bottom, right]`; rows and columns that no window reaches need no negative padding. */
export const padsOf = ({ before, after }: Window): number[] => [
  ...before,
  ...after.map((n) => Math.max(0, n)),
];

/** The attributes of ONNX's convolutions. */
export const convAttributes = (window: Window) => ({
  kernel_shape: window.size,
  strides: window.strides,
  dilations: window.dilations,
  pads: padsOf(window),
});

/** The layout in which an image lies in memory as `[N, C, H, W]`. */
export const imageLayout = ({ channelsFirst }: Window): Layout => (channelsFirst ? rowMajor(4) : NCHW);
