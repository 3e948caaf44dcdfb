import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, type ContextOf, DataError, type Part, tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixturePath, readTensors, relativeError, toNhwc } from '../../fixtures/read-fixture.js';
import { plugin } from '../index.js';
import { saveWeights } from '../weights/save-weights.js';
import type { ResNetPartOptions } from './resnet-part.js';

const folder = mkdtempSync(join(tmpdir(), 'adfw-part-'));
beforeAll(() => tf.setBackend('cpu'));
afterAll(() => rmSync(folder, { recursive: true }));

const part = (name: string) => plugin.parts?.find((candidate) => candidate.name === name) as Part<'backbone'>;
const create = async (
  name: string,
  options: Partial<ResNetPartOptions>,
  context: Partial<ContextOf<'backbone'>> = {},
) => {
  const defaults = Object.entries(part(name).options ?? {}).map(([key, schema]) => [key, schema.default]);
  return part(name).create(
    { ...Object.fromEntries(defaults), ...options },
    { seed: 1, layers: ['layer1', 'layer2'], frozen: false, ...context },
  );
};
const pth = fixturePath('resnet18.pth');

describe('the parts', () => {
  it.each(['resnet18', 'resnet34', 'resnet50', 'wide_resnet50_2'])('create a random %s', async (name) => {
    const backbone = await create(name, { width: 2 }, { frozen: false, layers: ['layer1'] });
    expect(backbone.layers).toEqual(['layer1']);
    expect(Object.values(backbone.parameters).every(({ trainable }) => trainable)).toBe(true);
    backbone.dispose();
  });

  it.each([
    ['resnet18', 2],
    ['resnet50', 3],
  ])(
    'start the last scale in the blocks of a %s at a half, or where residualScale is 1 as torchvision',
    async (name, last) => {
      const options = { width: 2 };
      const context = { frozen: false, layers: ['layer1', 'layer2'] } as const;
      const standard = await create(name, { ...options, residualScale: 1 }, context);
      const other = await create(name, options, context);
      for (const [parameter, variable] of Object.entries(standard.parameters)) {
        const isLast = parameter.endsWith(`.bn${last}.weight`);
        const expected = isLast ? tf.mul(variable, 0.5) : variable;
        expect(await (other.parameters[parameter] as tf.Tensor).data(), parameter).toEqual(
          await expected.data(),
        );
      }
      expect(Object.keys(other.parameters).filter((key) => key.endsWith(`.bn${last}.weight`)).length).toBe(
        name === 'resnet18' ? 4 : 7,
      );
      const teacher = await create(name, options, { ...context, frozen: true });
      expect((await teacher.parameters[`layer1.0.bn${last}.weight`]?.data())?.[0]).toBe(1);
      standard.dispose();
      other.dispose();
      teacher.dispose();
    },
  );

  it('refuse a start where the weights say it', async () => {
    await expect(create('resnet18', { width: 4, weights: pth, residualScale: 0 })).rejects.toThrow(
      'residualScale is 0, but the network does not start at random',
    );
    const written = await create('resnet18', { width: 4, weights: pth, residualScale: 1 }, { frozen: true });
    written.dispose();
  });

  it('learn from a residualScale of 0', async () => {
    const student = await create('resnet18', { width: 2, residualScale: 0 }, { layers: ['layer1'] });
    const images = tf.randomNormal<tf.Rank.R4>([2, 32, 32, 3], 0, 1, 'float32', 1);
    const scale = student.parameters['layer1.1.bn2.weight'] as tf.Variable;
    const { grads } = tf.variableGrads(
      () => tf.sum<tf.Scalar>(tf.square(student.features(images, 'train').layer1 as tf.Tensor4D)),
      [scale],
    );
    const [gradient] = await (grads[scale.name] as tf.Tensor).data();
    expect(Math.abs(gradient as number)).toBeGreaterThan(0);
    student.dispose();
  });

  it('freeze what is not to be trained', async () => {
    const teacher = await create('resnet18', { width: 4, weights: pth }, { frozen: true });
    expect(Object.values(teacher.parameters).some(({ trainable }) => trainable)).toBe(false);
    teacher.dispose();
  });

  it("load a file of weights, and compute PyTorch's features with it", async () => {
    const expected = readTensors(fixturePath('resnet18-expected.safetensors'));
    const backbone = await create('resnet18', { width: 4, weights: pth });
    const { layer2 } = backbone.features(toNhwc(expected('images')), 'eval');
    expect(await relativeError(layer2 as tf.Tensor4D, toNhwc(expected('eval.layer2')))).toBeLessThan(1e-5);
    backbone.dispose();
  });

  it('give what the classifier says of the whole image: the mean over positions, then fc', async () => {
    const layers = ['layer4', 'logits'];
    const backbone = await create('resnet18', { width: 2, classes: 5 }, { layers });
    expect([backbone.layers, backbone.channels]).toEqual([layers, { layer4: 16, logits: 5 }]);
    const images = tf.randomNormal<tf.Rank.R4>([2, 64, 96, 3], 0, 1, 'float32', 1);
    const { layer4, logits } = backbone.features(images, 'eval') as Record<string, tf.Tensor4D>;
    expect(logits?.shape).toEqual([2, 1, 1, 5]);
    const fc = backbone.parameters['fc.weight'] as tf.Tensor2D;
    const expected = tf.matMul(tf.mean<tf.Tensor2D>(layer4 as tf.Tensor4D, [1, 2]), fc);
    expect(await relativeError(tf.reshape(logits as tf.Tensor4D, [2, 5]), expected)).toBeLessThan(1e-5);
    backbone.dispose();
  });

  it('read back what saveWeights writes', async () => {
    const path = join(folder, 'student.safetensors');
    const options = { width: 4, innerChannels: { layer2: 3 }, classes: 7 };
    const layers = ['layer2', 'logits'];
    const saved = await create('resnet50', options, { seed: 8, layers });
    await saveWeights(saved, path);
    const loaded = await create('resnet50', { ...options, weights: path }, { seed: 9, layers });
    for (const [name, variable] of Object.entries({ ...saved.parameters, ...saved.statistics }))
      expect(await { ...loaded.parameters, ...loaded.statistics }[name]?.data(), name).toEqual(
        await variable.data(),
      );
  });

  it('do not look for weights that saved ones will replace', async () => {
    const gone = { weights: join(folder, 'no-longer-there.pth') };
    const teacher = await create('resnet18', { width: 2, ...gone }, { frozen: true, restoring: true });
    expect(teacher.layers).toEqual(['layer1', 'layer2']);
    teacher.dispose();
  });

  it("refuse another network's file, naming it", async () => {
    const error = await create('resnet18', { weights: pth }).catch((reason) => reason);
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(
      `${pth} looks like resnet18 of width 4 (layer1, layer2 only) and does not fit resnet18 up to layer2: conv1.weight is [4, 3, 7, 7]`,
    );
  });

  it.each([{ width: 32 }, { innerChannels: { layer1: 16 } }])(
    'have no ImageNet weights for %j',
    async (options) => {
      const error = await create('resnet18', { ...options, weights: 'imagenet' }).catch((reason) => reason);
      expect(error).toBeInstanceOf(ConfigurationError);
      expect(error.message).toContain(
        'The ImageNet weights are for resnet18 of width 64 without innerChannels',
      );
    },
  );
});
