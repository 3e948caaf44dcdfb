import { readFileSync } from 'node:fs';
import { type Backbone, type FeaturePyramid, tf } from '@adfw/core';
import '@adfw/engine-onnxruntime';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { bottleneckEmbedding } from './bottleneck-embedding.js';
import { decoder } from './decoder.js';
import { pyramidLevels } from './pyramid-levels.js';
import { type ReverseStudentOptions, reverseStudentPart } from './reverse-student.js';

/** What the student in PyTorch gives (fixtures/make_fixture.py), by the kind of its blocks and its fusion. */
const { cases, parameters: parameterCounts }: Expected = JSON.parse(
  readFileSync(new URL('../fixtures/expected.json', import.meta.url), 'utf8'),
);
interface Expected {
  cases: Record<string, Case>;
  parameters: Record<string, number>;
}
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
  const target = { layers: Object.keys(channels), channels };
  const context = { seed, layers: target.layers, frozen: false, target };
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

/** What a tensor is, in one number: ⟨x, a wave of its shape⟩, for each by its name. Read at once: one program for all of them. */
function projected(
  tensors: Readonly<Record<string, tf.Tensor>>,
  waveFor: (x: tf.Tensor) => tf.Tensor,
): Record<string, number> {
  const names = Object.keys(tensors);
  const sums = names.map((name) =>
    tf.sum(tf.mul(tensors[name] as tf.Tensor, waveFor(tensors[name] as tf.Tensor))),
  );
  const values = tf.stack(sums).dataSync();
  return Object.fromEntries(names.map((name, index) => [name, values[index] as number]));
}

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
    const scored = (pyramid: FeaturePyramid) => projected(pyramid, (x) => waveOf(x, 1, 'maps'));
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
    const gradients = Object.fromEntries(
      Object.entries(student.parameters).map(([name, variable]) => [name, grads[variable.name] as tf.Tensor]),
    );
    expectClose(
      projected(gradients, (x) => waveOf(x, 2, 'kernel')),
      expected.gradients,
    );
    expectClose(
      projected(student.statistics, (x) => wave(x.shape, 2)),
      expected.statistics,
    );
    student.dispose();
  });
});

describe('the layers it gives back', () => {
  beforeAll(() => tf.setBackend('onnxruntime'));

  /** What a ResNet's layers look like for images of this size: each halves it, rounded up. */
  const pyramidOf = (channels: Channels, height: number, width: number): FeaturePyramid =>
    Object.fromEntries(
      Object.entries(channels).map(([layer, count]) => {
        const stride = 2 ** (Number(layer.slice(5)) + 1);
        const shape = [1, Math.ceil(height / stride), Math.ceil(width / stride), count];
        return [layer, tf.ones<tf.Rank.R4>(shape as [number, number, number, number])];
      }),
    );

  it.each([
    ['the default layers', { layer1: 4, layer2: 8, layer3: 16 }, [64, 64]],
    ['odd sizes', { layer1: 4, layer2: 8, layer3: 16 }, [100, 75]],
    ['layers with one in between', { layer1: 4, layer3: 16 }, [100, 75]],
    ['all four', { layer1: 4, layer2: 8, layer3: 16, layer4: 32 }, [64, 96]],
    ['a single one', { layer2: 6 }, [40, 24]],
    ['the channels of a network that is no ResNet', { layer1: 5, layer2: 5, layer3: 3 }, [64, 64]],
  ] as const)("have the teacher's shapes: %s", async (_, channels, [height, width]) => {
    const student = await create(channels);
    const teacher = pyramidOf(channels, height, width);
    const given = student.features(tf.zeros([1, height, width, 3]), 'eval', teacher);
    expect(student.layers).toEqual(Object.keys(channels));
    expect(student.channels).toEqual(channels);
    expect(Object.entries(given).map(([layer, { shape }]) => [layer, shape])).toEqual(
      Object.entries(teacher).map(([layer, { shape }]) => [layer, shape]),
    );
    student.dispose();
  });

  // Counted in the authors' networks without their unused 1x1 convolution, by fixtures/make_fixture.py.
  it.each([
    ['resnet18', { layer1: 64, layer2: 128, layer3: 256 }, {}],
    [
      'wide_resnet50_2',
      { layer1: 256, layer2: 512, layer3: 1024 },
      { block: 'bottleneck', innerFactor: 2, blocks: 3, layerBlocks: { layer2: 4, layer1: 6 } },
    ],
  ] as const)("has the authors' number of parameters for %s", (architecture, channels, options) => {
    const { layerBlocks, blocks, ...shape }: ReverseStudentOptions = { ...defaults, ...options };
    const levels = pyramidLevels(Object.keys(channels), channels);
    const outputs = 2 * channels.layer3;
    const { tensors } = bottleneckEmbedding(levels, { ...shape, blocks, outputs, fusion: 'concatenation' });
    const stages = decoder(levels, outputs, (level) => layerBlocks[level] ?? blocks, shape).tensors;
    const learnt = [...tensors, ...stages].filter(({ role }) => role !== 'mean' && role !== 'variance');
    const count = learnt.reduce((sum, { shape }) => sum + tf.util.sizeFromShape([...shape]), 0);
    expect(count).toBe(parameterCounts[architecture]);
  });

  it('starts with the numbers of its seed', async () => {
    const [first, second, other] = [
      await create(channels),
      await create(channels),
      await create(channels, {}, 2),
    ];
    const values = (student: Backbone) => [
      ...(student.parameters['oce.0.conv1.weight'] as tf.Variable).dataSync(),
    ];
    expect(values(second)).toEqual(values(first));
    expect(values(other)).not.toEqual(values(first));
  });
});

describe('wrong use', () => {
  beforeAll(() => tf.setBackend('cpu'));
  const images = tf.zeros<tf.Rank.R4>([1, 32, 32, 3]);

  it('without the pyramid of a teacher', async () => {
    const student = await create(channels);
    expect(() => student.features(images, 'eval')).toThrow(/pass the teacher's pyramid/);
  });

  it('with layers that do not halve in size, or one missing', async () => {
    const student = await create(channels);
    const maps = (side: number, count: number) => tf.ones<tf.Rank.R4>([1, side, side, count]);
    const dense = { layer1: maps(8, 4), layer2: maps(8, 8), layer3: maps(8, 16) };
    expect(() => student.features(images, 'eval', dense)).toThrow(/"layer2" is 8x8 instead of 4x4/);
    expect(() => student.features(images, 'eval', { layer1: maps(8, 4) })).toThrow(/lacks "layer2"/);
  });

  it('as a teacher', () => {
    const context = { seed: 1, layers, frozen: true };
    expect(() => reverseStudentPart.create(defaults, context)).toThrow(/can only be a student/);
    expect(() => reverseStudentPart.create(defaults, { ...context, frozen: false })).toThrow(
      /can only be a student/,
    );
  });

  it('with blocks for a layer that is not there', async () => {
    await expect(create(channels, { layerBlocks: { layer5: 2 } })).rejects.toThrow(
      /layerBlocks names "layer5".*layer1, layer2, layer3/,
    );
  });
});
