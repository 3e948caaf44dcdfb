import { squeeze, type Tensor3D, type Tensor4D, tensor4d } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../tensors/tf.js';
import { layerwiseScore } from './layerwise-score.js';

beforeAll(() => tf.setBackend('cpu'));

const firstLayerValues = layerwiseScore((teacher) => squeeze(teacher, [-1]) as Tensor3D);
const square = (values: number[], side: number): Tensor4D => tensor4d(values, [1, side, side, 1]);

describe('layerwiseScore', () => {
  it('upsamples with half-pixel centres, as torch.nn.functional.interpolate(align_corners=False) does', () => {
    const { combined } = firstLayerValues.anomalyMaps({ layer1: square([0, 1, 2, 3], 2) }, [], [4, 4]);
    expect(combined.arraySync()).toEqual([
      [
        [0, 0.25, 0.75, 1],
        [0.5, 0.75, 1.25, 1.5],
        [1.5, 1.75, 2.25, 2.5],
        [2, 2.25, 2.75, 3],
      ],
    ]);
  });

  it('multiplies the layers at the size of the images, and keeps each at its own', () => {
    const pyramid = { layer1: square([1, 2, 3, 4], 2), layer2: square([10], 1) };
    const { layers, combined } = firstLayerValues.anomalyMaps(pyramid, [], [2, 2]);
    expect(combined.arraySync()).toEqual([
      [
        [10, 20],
        [30, 40],
      ],
    ]);
    expect(layers.layer2?.shape).toEqual([1, 1, 1]);
  });

  it('adds the layers up where it is asked to, and then smooths their map', () => {
    const pyramid = { layer1: square([1, 2, 3, 4], 2), layer2: square([10], 1) };
    const added = layerwiseScore((teacher) => squeeze(teacher, [-1]) as Tensor3D, { combine: 'sum' });
    expect(added.anomalyMaps(pyramid, [], [2, 2]).combined.arraySync()).toEqual([
      [
        [11, 12],
        [13, 14],
      ],
    ]);
    const smoothed = layerwiseScore((teacher) => squeeze(teacher, [-1]) as Tensor3D, {
      combine: 'sum',
      smoothing: 100,
    });
    for (const value of smoothed.anomalyMaps(pyramid, [], [2, 2]).combined.dataSync())
      expect(value).toBeCloseTo(12.5, 2);
  });

  it('averages the layers, and tells the formula which one it is given', () => {
    const pyramid = { layer1: square([1, 2, 3, 4], 2), layer2: square([10], 1) };
    const names: string[] = [];
    const score = layerwiseScore(
      (teacher, _students, layer) => {
        names.push(layer);
        return squeeze(teacher, [-1]) as Tensor3D;
      },
      { combine: 'mean' },
    );
    expect(score.anomalyMaps(pyramid, [], [2, 2]).combined.arraySync()).toEqual([
      [
        [5.5, 6],
        [6.5, 7],
      ],
    ]);
    expect(names).toEqual(['layer1', 'layer2']);
  });
});
