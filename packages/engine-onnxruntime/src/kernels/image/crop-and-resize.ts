import { CropAndResize, type CropAndResizeAttrs, type CropAndResizeInputs } from '@tensorflow/tfjs-core';
import type { Emitter } from '../../emit/emitter.js';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { logical } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { rowMajor } from '../../layout.js';

/** Where along an axis the pixels of every crop are taken from. */
interface Samples {
  /** Whether it lies in the image. */
  readonly inside: string;
  /** Pixels as int32, and how far from the first to the second the sample lies. */
  readonly below: string;
  readonly above: string;
  readonly fraction: string;
  readonly nearest: string;
}

/**
 * The positions are computed in float64, as other backends do: in float32 the last pixel of a crop to the edge of the image
 * may come to lie outside of it.
 *
 * @param start `[boxes, 1]` first edges of the boxes, in float64 and in parts of the image; `end` the second ones
 */
function samplesOf(emitter: Emitter, start: string, end: string, size: number, cropSize: number): Samples {
  const float64 = (values: readonly number[], dims: readonly number[] = []) =>
    emitter.cast(emitter.float32(values, dims), 'float64');
  const last = float64([size - 1]);
  const multiply = (a: string, b: string) => emitter.op('Mul', [a, b]);
  let at: string;
  if (cropSize > 1) {
    const extent = multiply(emitter.op('Sub', [end, start]), last);
    const step = emitter.op('Div', [extent, float64([cropSize - 1])]);
    const places = float64(
      Array.from({ length: cropSize }, (_, i) => i),
      [1, cropSize],
    );
    at = emitter.op('Add', [multiply(start, last), multiply(places, step)]);
  } else {
    at = multiply(multiply(float64([0.5]), emitter.op('Add', [start, end])), last);
  }
  const inside = emitter.op('And', [
    emitter.op('GreaterOrEqual', [at, float64([0])]),
    emitter.op('LessOrEqual', [at, last]),
  ]);
  const position = emitter.op('Where', [inside, at, float64([0])]);
  const floor = emitter.op('Floor', [position]);
  return {
    inside,
    below: emitter.cast(floor, 'int32'),
    above: emitter.cast(emitter.op('Ceil', [position]), 'int32'),
    fraction: emitter.cast(emitter.op('Sub', [position, floor]), 'float32'),
    nearest: emitter.cast(emitter.op('Floor', [emitter.op('Add', [position, float64([0.5])])]), 'int32'),
  };
}

/** Inputs: images `[N, H, W, C]`, boxes `[B, 4]` (y1, x1, y2, x2 in parts of the image), `[B]` the image of each box. */
const operation: Operation<Pick<CropAndResizeAttrs, 'method' | 'extrapolationValue'>> = {
  name: CropAndResize,
  emit: ({ emitter, inputs: [image, boxes, boxImages], attributes, outputs: [result] }) => {
    const [batch, height, width, channels] = image.shape as [number, number, number, number];
    const [count, cropHeight, cropWidth] = result.shape as [number, number, number];
    const edges = emitter.cast(logical(emitter, boxes), 'float64');
    const edge = (i: number) => emitter.slice(edges, [1], [i], [i + 1]);
    const asRows = (tensor: string) => emitter.reshape(tensor, [count, cropHeight, 1]);
    const asColumns = (tensor: string) => emitter.reshape(tensor, [count, 1, cropWidth]);
    const y = samplesOf(emitter, edge(0), edge(2), height, cropHeight);
    const x = samplesOf(emitter, edge(1), edge(3), width, cropWidth);

    const int = (value: number) => emitter.scalar(value, 'int32');
    const add = (a: string, b: string) => emitter.op('Add', [a, b]);
    const multiply = (a: string, b: string) => emitter.op('Mul', [a, b]);
    const of = emitter.reshape(logical(emitter, boxImages), [count, 1, 1]);
    const known = emitter.op('Less', [of, int(batch)]);
    const first = multiply(emitter.op('Where', [known, of, int(0)]), int(height * width));
    const source = logical(emitter, image);
    const floats = image.dtype === 'float32' ? source : emitter.cast(source, 'float32');
    const pixels = emitter.reshape(floats, [batch * height * width, channels]);
    const pixel = (row: string, column: string) =>
      emitter.op('Gather', [pixels, add(add(first, multiply(asRows(row), int(width))), asColumns(column))]);

    const between = (a: string, b: string, fraction: string) =>
      add(
        a,
        multiply(emitter.op('Sub', [b, a]), emitter.reshape(fraction, [count, ...fractionDims(fraction)])),
      );
    const fractionDims = (fraction: string) =>
      fraction === x.fraction ? [1, cropWidth, 1] : [cropHeight, 1, 1];
    const row = (at: string) => between(pixel(at, x.below), pixel(at, x.above), x.fraction);
    const value =
      attributes.method === 'nearest'
        ? pixel(y.nearest, x.nearest)
        : between(row(y.below), row(y.above), y.fraction);

    const withChannels = (mask: string) => emitter.op('Unsqueeze', [mask, emitter.int64([3])]);
    const inside = emitter.op('And', [asRows(y.inside), asColumns(x.inside)]);
    const outside = emitter.scalar(attributes.extrapolationValue);
    const cropped = emitter.op('Where', [withChannels(inside), value, outside]);
    // A box of an image that isn't there is left empty.
    const crops = emitter.op('Where', [withChannels(known), cropped, emitter.scalar(0)]);
    return operand(result, rowMajor(4), crops);
  },
};

const cropAndResize: Kernel<CropAndResizeInputs, CropAndResizeAttrs> = ({ inputs, attrs, backend }) => {
  const { image, boxes, boxInd } = inputs;
  const { cropSize, method, extrapolationValue } = attrs;
  const shape = [boxes.shape[0] as number, ...cropSize, image.shape[3] as number];
  const attributes = { method, extrapolationValue };
  return backend.record(operation, [image, boxes, boxInd], attributes, { shape, dtype: 'float32' });
};

export const cropAndResizeConfig = kernelConfig(CropAndResize, cropAndResize);
