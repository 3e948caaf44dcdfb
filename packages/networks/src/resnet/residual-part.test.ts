import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConfigurationError,
  type ContextOf,
  createRegistry,
  type Part,
  resolveExperiment,
  slot,
  tf,
} from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plugin } from '../index.js';
import { saveWeights } from '../weights/save-weights.js';
import { residualPart } from './residual-part.js';
import type { ResidualShapeOptions } from './residual-shape.js';

const folder = mkdtempSync(join(tmpdir(), 'adfw-residual-'));
beforeAll(() => tf.setBackend('cpu'));
afterAll(() => rmSync(folder, { recursive: true }));

const create = (
  options: Partial<ResidualShapeOptions & { weights: string }>,
  context: Partial<ContextOf<'backbone'>> = {},
) => {
  const defaults = Object.entries(residualPart.options ?? {}).map(([key, schema]) => [key, schema.default]);
  return residualPart.create(
    { ...Object.fromEntries(defaults), ...options },
    { seed: 1, layers: ['layer1', 'layer2'], frozen: false, ...context },
  );
};

describe('residual', () => {
  it('has layers that have the resolutions of any ResNet, and channels of their own', async () => {
    const student = await create({ channels: { stem: 3, layer1: [5, 7] } });
    expect(student.channels).toEqual({ layer1: 7, layer2: 32 });
    const pyramid = student.features(tf.zeros([1, 33, 64, 3]), 'eval');
    expect([pyramid.layer1?.shape, pyramid.layer2?.shape]).toEqual([
      [1, 9, 16, 7],
      [1, 5, 8, 32],
    ]);
    student.dispose();
  });

  it('may be frozen, with the weights of a file', async () => {
    const path = join(folder, 'thin.safetensors');
    const student = await create({ width: 4 }, { seed: 3 });
    await saveWeights(student, path);
    const teacher = await create({ width: 4, weights: path }, { frozen: true });
    expect(Object.values(teacher.parameters).some(({ trainable }) => trainable)).toBe(false);
    expect(await teacher.parameters['layer2.0.downsample.0.weight']?.data()).toEqual(
      await student.parameters['layer2.0.downsample.0.weight']?.data(),
    );
  });

  const probe: Part<'model'> = {
    kind: 'model',
    name: 'probe',
    summary: 'A network.',
    options: { network: slot('backbone', 'A network.', { default: { type: 'residual' } }) },
    create: () => {
      throw new Error('never called');
    },
  };
  const registry = createRegistry([plugin, { name: 'probe', parts: [probe] }]);
  const faultOf = (network: object): string => {
    try {
      const document = { model: { type: 'probe', network } };
      resolveExperiment({ registry, layers: [{ source: 'test', document }] });
    } catch (error) {
      // Other slots are empty here, which are faults of their own.
      expect(error).toBeInstanceOf(ConfigurationError);
      return (error as ConfigurationError).faults
        .filter(({ path }) => path.startsWith('$.model'))
        .map(({ path, message }) => `${path} ${message}`)
        .join('\n');
    }
    return '';
  };

  it.each([
    [{ channels: { layer1: 8, layer2: [8, 16] }, innerChannels: { layer2: 4 }, blocks: { layer1: 2 } }, ''],
    [{ channels: { layer1: 0 } }, '$.model.network.channels.layer1 must be'],
    [{ channels: { layer1: [] } }, '$.model.network.channels.layer1 must be'],
    [
      { channels: { layer5: 8 } },
      '$.model.network.channels.layer5 is not known here; allowed are stem, layer1',
    ],
    [{ innerChannels: { stem: 8 } }, '$.model.network.innerChannels.stem is not known here'],
    [{ blocks: 2 }, '$.model.network.blocks must be an object'],
    [{ block: 'bottle' }, '$.model.network.block must be'],
  ])('checks %j', (network, fault) => {
    expect(faultOf(network).startsWith(fault)).toBe(true);
    expect(faultOf(network) === '').toBe(fault === '');
  });
});
