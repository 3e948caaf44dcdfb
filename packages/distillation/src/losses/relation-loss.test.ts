import { ConfigurationError, type FeaturePyramid, tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  areFinite,
  expectFiniteDifferences,
  gradientsOf,
  lossOf,
  pyramids,
  waves,
} from './feature-pyramids.test.fixture.js';
import { gramMatrix, type RelationOptions, relationLoss, relationLossPart } from './relation-loss.js';

beforeAll(() => tf.setBackend('cpu'));

const options: RelationOptions = { pairs: 'all', norm: 'l2', reduction: 'sum', normalize: false };

// PyTorch, in float64: the sum over pairs of mse_loss or l1_loss (reduction='sum') of einsum('nhwa,nhwb->nab', x, y) / (h * w),
// the larger maps after adaptive_avg_pool2d; with normalize after functional.normalize(x, dim=-1).
const expected = [
  { pairs: 'within', norm: 'l2', normalize: false, value: 0.34754287 },
  { pairs: 'adjacent', norm: 'l2', normalize: false, value: 4.07853876 },
  { pairs: 'all', norm: 'l2', normalize: false, value: 4.42608163 },
  { pairs: 'all', norm: 'l1', normalize: false, value: 13.98080934 },
  { pairs: 'all', norm: 'l2', normalize: true, value: 1.11389221 },
  { pairs: 'adjacent', norm: 'l1', normalize: true, value: 5.04240574 },
] as const;

describe('relationLoss', () => {
  it.each(expected)(
    "is PyTorch's, with the gradient of finite differences: $pairs, $norm, normalize $normalize",
    ({ value, ...chosen }) => {
      const { teacher, student } = pyramids();
      const [sum, mean] = (['sum', 'mean'] as const).map((reduction) =>
        relationLoss({ ...chosen, reduction }),
      ) as [ReturnType<typeof relationLoss>, ReturnType<typeof relationLoss>];
      expect(lossOf(sum, teacher, student)).toBeCloseTo(value, 5);
      expect(lossOf(mean, teacher, student)).toBeCloseTo(value / 2, 5);
      expectFiniteDifferences((t, s) => tf.mul(mean(t, s), 3), teacher, student);
    },
  );

  it('takes each layer with itself and each pair once', () => {
    const layers = [waves([1, 2, 2, 2], 0), waves([1, 2, 2, 3], 1), waves([1, 1, 1, 2], 2)];
    const pyramid = (scale: number): FeaturePyramid =>
      Object.fromEntries(layers.map((features, k) => [`layer${k}`, tf.mul(features, scale)]));
    const of = (pairs: RelationOptions['pairs']) =>
      lossOf(relationLoss({ ...options, pairs }), pyramid(1), pyramid(0));
    const squared = (j: number, k: number) => {
      const matrix = gramMatrix(layers[j] as tf.Tensor4D, layers[k] as tf.Tensor4D);
      return tf.sum(tf.square(matrix)).dataSync()[0] as number;
    };
    expect(of('within')).toBeCloseTo(squared(0, 0) + squared(1, 1) + squared(2, 2), 5);
    expect(of('adjacent')).toBeCloseTo(squared(0, 1) + squared(1, 2), 5);
    expect(of('all')).toBeCloseTo(of('within') + of('adjacent') + squared(0, 2), 5);
  });

  it('does not see where something is', () => {
    const features = waves([1, 3, 3, 4], 0);
    const moved = tf.reverse(features, [1, 2]);
    expect(lossOf(relationLoss(options), { layer1: features }, { layer1: moved })).toBeCloseTo(0, 6);
  });

  it.each([true, false])('stays finite, with its gradient, on zero vectors: normalize %s', (normalize) => {
    const [zeros, other] = [tf.zeros<tf.Rank.R4>([1, 2, 2, 3]), waves([1, 2, 2, 3], 1)];
    const loss = relationLoss({ ...options, normalize });
    for (const teacher of [zeros, other]) {
      expect(areFinite([lossOf(loss, { layer1: teacher }, { layer1: zeros })])).toBe(true);
      expect(areFinite(gradientsOf(loss, { layer1: teacher }, { layer1: zeros }).layer1 ?? [])).toBe(true);
    }
  });

  it('needs two layers for pairs of adjacent ones, and says so before anything is computed', () => {
    const create = (layers: string[]) =>
      relationLossPart.create({ ...options, pairs: 'adjacent' }, { seed: 0, layers });
    expect(() => create(['layer3'])).toThrow(ConfigurationError);
    expect(() => create(['layer3'])).toThrow('pairs: "adjacent" needs at least two layers; found layer3.');
    expect(create(['layer2', 'layer3'])).toEqual(expect.any(Function));
  });
});

describe('gramMatrix', () => {
  it('is the mean over positions of products of channels', () => {
    const [a, b] = [tf.tensor4d([1, 2, 3, 4], [1, 1, 2, 2]), tf.tensor4d([5, 7], [1, 1, 2, 1])];
    expect(gramMatrix(a, b).arraySync()).toEqual([[[(1 * 5 + 3 * 7) / 2], [(2 * 5 + 4 * 7) / 2]]]);
  });

  it('brings each axis to the smaller size', () => {
    const [tall, wide] = [tf.ones<tf.Rank.R4>([1, 7, 2, 3]), tf.ones<tf.Rank.R4>([1, 3, 5, 4])];
    const matrix = gramMatrix(tall, wide);
    expect(matrix.shape).toEqual([1, 3, 4]);
    for (const value of matrix.dataSync()) expect(value).toBeCloseTo(1, 6);
  });
});
