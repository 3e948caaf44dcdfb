import { readFile } from 'node:fs/promises';
import { tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { builtInNetwork } from './built-in.js';
import { builtInWeights } from './built-in-file.js';
import { createResNetPart } from './resnet-part.js';

beforeAll(() => tf.setBackend('cpu'));

const layers = ['layer1', 'layer2', 'layer3'];
const create = (
  options: { width?: number; innerChannels?: Record<string, number> } = {},
  {
    architecture = 'resnet18',
    layers: asked = layers,
  }: { architecture?: 'resnet18' | 'resnet34'; layers?: string[] } = {},
) =>
  createResNetPart(
    architecture,
    { weights: 'built-in', width: 64, ...options },
    { seed: 0, layers: asked, frozen: true },
  );

describe('the built-in weights', () => {
  it("make a teacher with ResNet-18's channels, whose inner ones need not be given", async () => {
    const teacher = await create();
    expect(teacher.channels).toEqual({ layer1: 64, layer2: 128, layer3: 256 });
    expect(teacher.parameters['layer3.1.conv1.weight']?.shape).toEqual([3, 3, 256, 128]);
    const given = await create({ innerChannels: builtInNetwork.innerChannels });
    const images = tf.randomNormal<tf.Rank.R4>([1, 32, 32, 3], 0, 1, 'float32', 1);
    const [one, other] = [teacher, given].map((each) => each.features(images, 'eval').layer3?.dataSync());
    expect(one).toEqual(other);
    // Trained features: about half are 0 after the ReLU, and none is no number.
    const zeros = (one as Float32Array).filter((value) => value === 0).length / (one as Float32Array).length;
    expect(zeros).toBeGreaterThan(0.2);
    expect(zeros).toBeLessThan(0.8);
    teacher.dispose();
    given.dispose();
  });

  it('are at most four megabytes, and say how they were made', async () => {
    expect((await readFile(builtInWeights())).byteLength).toBeLessThan(4e6);
    const manifest = await readFile(builtInWeights().replace(/safetensors$/, 'json'), 'utf8');
    expect(JSON.parse(manifest)).toMatchObject({ options: { kind: 'pyramid', images: ['generated'] } });
    expect(manifest).not.toMatch(/"(\/|\.\.)/);
  });

  it.each([
    ['another architecture', () => create({}, { architecture: 'resnet34' }), 'of resnet34'],
    ['another width', () => create({ width: 32 }), 'of width 32'],
    [
      'other inner channels',
      () => create({ innerChannels: { layer1: 16 } }),
      'with innerChannels {"layer1":16}',
    ],
    ['a layer that was not trained', () => create({}, { layers: ['layer4'] }), 'for the layers layer4'],
  ])('are refused for %s', async (_, made, what) => {
    await expect(made()).rejects.toThrow(
      `There are no built-in weights ${what}: they are for resnet18 of width 64`,
    );
  });
});
