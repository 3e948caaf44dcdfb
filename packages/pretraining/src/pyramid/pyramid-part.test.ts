import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tf } from '@adfw/core';
import { createResNet, saveWeights } from '@adfw/networks';
import '@adfw/engine-onnxruntime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pyramidPart } from './pyramid-part.js';

const folder = mkdtempSync(join(tmpdir(), 'adfw-pyramid-'));
afterAll(() => rmSync(folder, { recursive: true }));
const weights = join(folder, 'large.safetensors');
beforeAll(async () => {
  await tf.setBackend('onnxruntime');
  const large = createResNet('resnet18', { layers: ['layer1', 'layer2'], seed: 1, calibrated: true });
  await saveWeights(large, weights);
  large.dispose();
});

const shapes = async (options: { width: number; innerShare: number }) => {
  const defaults = {
    teacher: 'resnet18',
    network: 'resnet18',
    layers: ['layer1', 'layer2'],
    cropSize: 32,
    steps: 1,
    recordEvery: 1,
    learningRate: 0.001,
  };
  const task = await pyramidPart.create({ ...defaults, weights, ...options }, { seed: 0 });
  const trained = await task.weights();
  task.dispose();
  const shapeOf = (name: string) => trained[name]?.shape.slice(0, 2);
  return [shapeOf('conv1.weight'), shapeOf('layer1.0.conv1.weight'), shapeOf('layer2.0.conv2.weight')];
};

describe('the network that a pyramid is distilled into', () => {
  it('has a share of the channels inside its blocks, and gives as many as the large one', async () => {
    expect(await shapes({ width: 64, innerShare: 0.5 })).toEqual([
      [64, 3],
      [32, 64],
      [128, 64],
    ]);
  });

  it('or a smaller width, of which it is a share', async () => {
    expect(await shapes({ width: 8, innerShare: 0.25 })).toEqual([
      [8, 3],
      [2, 8],
      [16, 4],
    ]);
    expect(await shapes({ width: 8, innerShare: 1 })).toEqual([
      [8, 3],
      [8, 8],
      [16, 16],
    ]);
  });
});
