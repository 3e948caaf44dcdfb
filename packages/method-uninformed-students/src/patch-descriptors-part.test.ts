import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Backbone, ConfigurationError, DataError, tf } from '@adfw/core';
import { saveWeights } from '@adfw/networks';
import '@tensorflow/tfjs-backend-cpu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PatchDescriptorsPartOptions, patchDescriptorsPart } from './patch-descriptors-part.js';

let folder: string;
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'adfw-patch-descriptors-'));
});
afterAll(() => rm(folder, { recursive: true }));

const create = async (
  layers: readonly string[],
  {
    seed = 1,
    frozen = false,
    ...options
  }: Partial<PatchDescriptorsPartOptions> & {
    seed?: number;
    frozen?: boolean;
  } = {},
): Promise<Backbone> =>
  patchDescriptorsPart.create(
    { width: 2, descriptorLength: 4, stride: 4, weights: 'random', ...options },
    { layers, seed, frozen },
  );

const describeNoise = (backbone: Backbone, layer: string) => {
  const images = tf.randomNormal<tf.Rank.R4>([1, 42, 43, 3], 0, 1, 'float32', 3);
  return (backbone.features(images, 'eval')[layer] as tf.Tensor4D).dataSync();
};
const saved = async (name: string, backbone: Backbone): Promise<string> => {
  const path = join(folder, name);
  await saveWeights(backbone, path);
  return path;
};

describe('patch-descriptors', () => {
  it('gives the layers that are asked for, a descriptor for every stride-th pixel', async () => {
    const backbone = await create(['patch33', 'patch17']);
    expect(backbone.layers).toEqual(['patch33', 'patch17']);
    expect(backbone.channels).toEqual({ patch33: 4, patch17: 4 });
    const pyramid = backbone.features(tf.zeros([2, 42, 45, 3]), 'train');
    expect(Object.entries(pyramid).map(([layer, { shape }]) => [layer, ...shape])).toEqual([
      ['patch33', 2, 11, 12, 4],
      ['patch17', 2, 11, 12, 4],
    ]);
  });

  it('draws other weights for each seed and layer, and the same ones again', async () => {
    const kernels = async (seed: number) => {
      const { parameters } = await create(['patch33', 'patch65'], { seed });
      return ['patch33', 'patch65'].map((layer) => [
        ...(parameters[`${layer}.conv1.weight`]?.dataSync() ?? []),
      ]);
    };
    const [first, again, other] = await Promise.all([kernels(1), kernels(1), kernels(2)]);
    expect(again).toEqual(first);
    expect(other?.[0]).not.toEqual(first?.[0]);
    expect(first?.[0]).toHaveLength(5 * 5 * 3 * 2);
    expect(first?.[1]).not.toEqual(first?.[0]);
  });

  it('reads the networks of its layers from one file or from one each', async () => {
    const both = await create(['patch17', 'patch33'], { seed: 7 });
    const values = describeNoise(both, 'patch17');
    const files = [
      await saved('17.safetensors', await create(['patch17'], { seed: 7 })),
      await saved('33.safetensors', await create(['patch33'], { seed: 7 })),
    ];
    for (const weights of [await saved('both.safetensors', both), files])
      expect(
        describeNoise(await create(['patch33', 'patch17'], { weights, frozen: true }), 'patch17'),
      ).toEqual(values);
  });

  it('says what is wrong with layers', async () => {
    await expect(create(['layer1'])).rejects.toThrow(ConfigurationError);
    await expect(create(['layer1'])).rejects.toThrow(
      'There is no layer "layer1" in patch descriptors; layers may name patch17, patch33, patch65.',
    );
    await expect(create([])).rejects.toThrow('found none');
    await expect(create(['patch17', 'patch17'])).rejects.toThrow('each once; found patch17, patch17');
  });

  it('says what is wrong with a file of weights', async () => {
    const path = await saved('one.safetensors', await create(['patch17']));
    const missing = create(['patch17', 'patch33'], { weights: [path] });
    await expect(missing).rejects.toThrow(DataError);
    await expect(missing).rejects.toThrow(`${path} lacks patch33.conv1.weight. Train the layer patch33 with`);
    await expect(create(['patch17'], { weights: path, width: 3 })).rejects.toThrow(
      `${path} does not fit: patch17.conv1.weight is [2, 3, 6, 6] and should be [3, 3, 6, 6]. Set width and`,
    );
    await expect(create(['patch17'], { weights: join(folder, 'none') })).rejects.toThrow(
      'there is no such file',
    );
  });
});
