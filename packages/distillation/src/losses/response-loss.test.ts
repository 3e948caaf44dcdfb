import { ConfigurationError, type FeaturePyramid, tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  areFinite,
  expectFiniteDifferences,
  gradientsOf,
  lossOf,
  waves,
} from './feature-pyramids.test.fixture.js';
import { type ResponseOptions, responseLoss, responseLossPart } from './response-loss.js';

beforeAll(() => tf.setBackend('cpu'));

const options: ResponseOptions = { layer: 'logits', temperature: 4, alpha: 0, beta: 1, reduction: 'sum' };
const pyramid = (logits: tf.Tensor4D): FeaturePyramid => ({ logits });

describe('responseLoss', () => {
  // Two images with two positions of seven classes each.
  const teacher = () => pyramid(waves([2, 1, 2, 7], 0, 5));
  const student = () => pyramid(waves([2, 1, 2, 7], 1, 5));

  // PyTorch, in float64: kl_div(log_softmax(s / T), softmax(t / T), reduction='sum') * T² / 2 and cross_entropy(s, t.argmax(-1),
  // reduction='sum') / 2, 2 being the number of positions.
  it.each([
    { temperature: 1, alpha: 0, beta: 1, value: 4.39872916 },
    { temperature: 4, alpha: 0, beta: 1, value: 9.9763623 },
    { temperature: 4, alpha: 1, beta: 0, value: 6.21080183 },
    { temperature: 4, alpha: 0.3, beta: 0.7, value: 0.3 * 6.21080183 + 0.7 * 9.9763623 },
  ])(
    "is PyTorch's, with the gradient of finite differences: T $temperature, α $alpha, β $beta",
    ({ value, ...chosen }) => {
      const loss = responseLoss({ ...options, ...chosen });
      expect(lossOf(loss, teacher(), student())).toBeCloseTo(value, 4);
      const mean = responseLoss({ ...options, ...chosen, reduction: 'mean' });
      expect(lossOf(mean, teacher(), student())).toBeCloseTo(value / 2, 4);
      expectFiniteDifferences((t, s) => tf.mul(mean(t, s), 3), teacher(), student());
    },
  );

  it('is 0 for a student with the same logits but for a constant', () => {
    const shifted = pyramid(tf.add(teacher().logits as tf.Tensor4D, 3));
    expect(lossOf(responseLoss(options), teacher(), shifted)).toBeCloseTo(0, 5);
  });

  it('keeps the size of its gradient when the temperature is high', () => {
    const size = (temperature: number) => {
      const { logits = [] } = gradientsOf(responseLoss({ ...options, temperature }), teacher(), student());
      return Math.hypot(...logits);
    };
    expect(size(200) / size(100)).toBeCloseTo(1, 1);
  });

  it('leaves the other layers of the pyramid alone', () => {
    const other = { layer1: waves([2, 3, 3, 4], 0) };
    const loss = responseLoss(options);
    expect(lossOf(loss, { ...other, ...teacher() }, { ...other, ...student() })).toBe(
      lossOf(loss, teacher(), student()),
    );
  });

  it.each([1e4, 1e30])('stays finite, with its gradient, on logits of %s', (size) => {
    const [high, low] = [
      pyramid(tf.tensor4d([size, 0, -size], [1, 1, 1, 3])),
      pyramid(tf.tensor4d([-size, 0, size], [1, 1, 1, 3])),
    ];
    for (const alpha of [0, 1]) {
      const loss = responseLoss({ ...options, alpha });
      expect(lossOf(loss, high, high)).toBe(0);
      expect(areFinite([lossOf(loss, high, low)])).toBe(true);
      expect(areFinite(gradientsOf(loss, high, low).logits ?? [])).toBe(true);
    }
  });

  it('says which layer is missing, when it is created and when it is called', () => {
    const message = /The loss "response" needs the layer "logits", which holds logits; found layer1, layer2/;
    const create = (layers: string[]) => responseLossPart.create(options, { seed: 0, layers });
    expect(() => create(['layer1', 'layer2'])).toThrow(ConfigurationError);
    expect(() => create(['layer1', 'layer2'])).toThrow(message);
    expect(create(['layer1', 'logits'])).toEqual(expect.any(Function));
    const layers = { layer1: waves([1, 1, 1, 2], 0), layer2: waves([1, 1, 1, 2], 0) };
    expect(() => responseLoss(options)(layers, layers)).toThrow(message);
  });

  it('refuses weights that leave nothing to learn', () => {
    const create = () => responseLossPart.create({ ...options, beta: 0 }, { seed: 0, layers: ['logits'] });
    expect(create).toThrow(ConfigurationError);
    expect(create).toThrow('alpha and beta');
  });
});
