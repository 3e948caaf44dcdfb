import { readFileSync } from 'node:fs';
import { type Backbone, type FeaturePyramid, tf } from '@adfw/core';
import '@adfw/engine-onnxruntime';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ReverseStudentOptions, reverseStudentPart } from './reverse-student.js';

/** What the student in PyTorch gives (fixtures/make_fixture.py), by the kind of its blocks and its fusion. */
const cases: Record<string, Case> = JSON.parse(
  readFileSync(new URL('../fixtures/expected.json', import.meta.url), 'utf8'),
);
interface Case {
  eval: Record<string, number>;
  train: Record<string, number>;
  gradients: Record<string, number>;
  statistics: Record<string, number>;
}

const defaults = Object.fromEntries(
  Object.entries(reverseStudentPart.options ?? {}).map(([name, schema]) => [name, schema.default]),
) as unknown as ReverseStudentOptions;

type Channels = Record<string, number>;
const create = async (
  channels: Channels,
  options: Partial<ReverseStudentOptions> = {},
  seed = 1,
): Promise<Backbone> => {
  const teacher = { layers: Object.keys(channels), channels };
  const context = { seed, layers: teacher.layers, role: 'student', teacher } as const;
  return reverseStudentPart.create({ ...defaults, ...options }, context);
};

/** Numbers between -1 and 1 without a pattern, over the elements in rows. */
const wave = (shape: readonly number[], phase: number): tf.Tensor =>
  tf.tensor(
    Array.from(
      { length: tf.util.sizeFromShape([...shape]) },
      (_, n) => ((3 * n * n + 7 * n + 31 * phase) % 1009) / 504.5 - 1,
    ),
    [...shape],
  );

/** A wave over PyTorch's layout, in ours: feature maps `[N, C, H, W]`, kernels `[K, C, kh, kw]`, transposed ones `[C, K, kh, kw]`. */
const waveOf = ({ shape }: { shape: number[] }, phase: number, layout: 'maps' | 'kernel'): tf.Tensor => {
  if (shape.length !== 4) return wave(shape, phase);
  const [a, b, c, d] = shape as [number, number, number, number];
  return layout === 'maps'
    ? tf.transpose(wave([a, d, b, c], phase), [0, 2, 3, 1])
    : tf.transpose(wave([d, c, a, b], phase), [2, 3, 1, 0]);
};
const sumOfProducts = (x: tf.Tensor, y: tf.Tensor): number =>
  tf.tidy(() => tf.sum(tf.mul(x, y)).dataSync()[0] as number);

const sizes = { layer1: [13, 10], layer2: [7, 5], layer3: [4, 3] } as const;
const channels = { layer1: 4, layer2: 8, layer3: 16 };
const layers = ['layer1', 'layer2', 'layer3'] as const;

const expectClose = (actual: Record<string, number>, expected: Record<string, number>) => {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected))
    expect(Math.abs((actual[name] as number) - value) / Math.max(1, Math.abs(value)), name).toBeLessThan(
      2e-3,
    );
};

describe.each(['cpu', 'onnxruntime'])('the student on %s', (backend) => {
  beforeAll(() => tf.setBackend(backend));

  it.each(Object.keys(cases))("is PyTorch's, with its gradients and statistics: %s", async (name) => {
    const [block, fusion] = name.split(', ') as ['basic', 'convolution'];
    const student = await create(channels, { block, fusion, innerFactor: 2 });
    for (const [name, variable] of Object.entries({ ...student.parameters, ...student.statistics })) {
      const values = waveOf(variable, name.length, 'kernel');
      const [factor, offset] =
        variable.rank === 4 ? [0.5, 0] : /(running_var|weight)$/.test(name) ? [0.5, 1] : [0.2, 0];
      variable.assign(tf.add(tf.mul(values, factor), offset));
    }
    const mapShape = (layer: (typeof layers)[number]) => ({
      shape: [2, ...sizes[layer], channels[layer]],
    });
    const teacher: FeaturePyramid = Object.fromEntries(
      layers.map((layer) => [
        layer,
        tf.relu(waveOf(mapShape(layer), channels[layer], 'maps')) as tf.Tensor4D,
      ]),
    );
    const weights = Object.fromEntries(layers.map((layer) => [layer, waveOf(mapShape(layer), 1, 'maps')]));
    const images = tf.zeros<tf.Rank.R4>([2, 52, 40, 3]);
    const scored = (pyramid: FeaturePyramid) =>
      Object.fromEntries(
        Object.entries(pyramid).map(([layer, x]) => [layer, sumOfProducts(x, weights[layer] as tf.Tensor)]),
      );
    const expected = cases[name] as Case;

    const evaluated = student.features(images, 'eval', teacher);
    expect(Object.keys(evaluated)).toEqual([...layers]);
    expectClose(scored(evaluated), expected.eval);

    const learnt = Object.values(student.parameters);
    let trained: FeaturePyramid = {};
    const { grads } = tf.variableGrads(() => {
      trained = student.features(images, 'train', teacher);
      for (const x of Object.values(trained)) tf.keep(x);
      return tf.addN(
        layers.map((layer) => tf.sum(tf.mul(trained[layer] as tf.Tensor4D, weights[layer] as tf.Tensor))),
      ) as tf.Scalar;
    }, learnt);
    expectClose(scored(trained), expected.train);
    expectClose(
      Object.fromEntries(
        Object.entries(student.parameters).map(([name, variable]) => {
          const gradient = grads[variable.name] as tf.Tensor;
          return [name, sumOfProducts(gradient, waveOf(gradient, 2, 'kernel'))];
        }),
      ),
      expected.gradients,
    );
    expectClose(
      Object.fromEntries(
        Object.entries(student.statistics).map(([name, variable]) => [
          name,
          sumOfProducts(variable, wave(variable.shape, 2)),
        ]),
      ),
      expected.statistics,
    );
    student.dispose();
  });
});
