import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createResNet, loadWeights, saveWeights } from '@adfw/networks';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineInfo, useEngine } from '../engine.js';
import {
  type PretrainingRunEvent,
  preparePretraining,
  pretrainingEngine,
  readPretraining,
  resumePretraining,
  runPretraining,
} from './pretrain-run.js';

const folder = mkdtempSync(join(tmpdir(), 'adfw-pretrain-'));
const at = (...names: string[]) => join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true }));

let engine: EngineInfo;
beforeAll(async () => {
  engine = await useEngine('onnxruntime');
  // A teacher of the width that torchvision's have, of a layer only, with random weights.
  const teacher = createResNet('resnet18', { layers: ['layer1'], seed: 1, calibrated: true });
  await saveWeights(teacher, at('large.safetensors'));
  teacher.dispose();
  mkdirSync(at('photos', 'below'), { recursive: true });
  for (const [name, width] of [
    ['a.png', 60],
    ['below/b.jpg', 90],
  ] as const)
    await sharp({
      create: {
        width,
        height: 48,
        channels: 3,
        background: '#a06030',
        noise: { type: 'gaussian', mean: 128, sigma: 40 },
      },
    }).toFile(at('photos', name));
});

const options = (more: Record<string, unknown> = {}) =>
  preparePretraining([
    {
      source: 'the test',
      document: {
        kind: 'pyramid',
        weights: at('large.safetensors'),
        width: 4,
        innerShare: 1,
        layers: ['layer1'],
        cropSize: 32,
        generatedImages: 3,
        imageSize: 40,
        steps: 6,
        batchSize: 2,
        recordEvery: 2,
        ...more,
      },
    },
  ]);
const json = (...names: string[]) => JSON.parse(readFileSync(at(...names), 'utf8'));

const noneLeftOut = { count: 0, kinds: {}, files: [] };

describe('a training of a teacher', () => {
  it('leaves weights, a log and a manifest behind', async () => {
    const report = await runPretraining({ options: options(), engine, folder: at('whole') });
    expect(readdirSync(at('whole')).sort()).toEqual([
      'data.json',
      'manifest.json',
      'pretraining.json',
      'train.jsonl',
      'weights.safetensors',
    ]);
    const lines = readFileSync(at('whole', 'train.jsonl'), 'utf8').trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).epoch)).toEqual([1, 2, 3]);
    const manifest = json('whole', 'manifest.json');
    expect(manifest).toMatchObject({
      kind: 'pyramid',
      options: { weights: 'large.safetensors', width: 4, steps: 6 },
      images: [{ name: 'generated', count: 3, skipped: 0 }],
      sources: { weights: { file: 'large.safetensors', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } },
      weights: { file: 'weights.safetensors', sha256: report.weights.sha256 },
      loss: JSON.parse(lines[2] as string).loss.network,
      engine,
    });
    // Nothing in it says where or when.
    expect(readFileSync(at('whole', 'manifest.json'), 'utf8')).not.toContain(folder);
    const { state } = await loadWeights(at('whole', 'weights.safetensors'));
    const backbone = createResNet('resnet18', { layers: ['layer1'], width: 4, seed: 0, state });
    expect(backbone.channels).toEqual({ layer1: 4 });
    backbone.dispose();
  });

  it('goes on, when it was interrupted, to the same files bit for bit', async () => {
    const controller = new AbortController();
    const onProgress = (event: PretrainingRunEvent) => {
      if (event.type === 'step' && event.epoch === 2) controller.abort(new Error('enough'));
    };
    const { signal } = controller;
    const run = { options: options(), engine, folder: at('stopped') };
    await expect(runPretraining({ ...run, onProgress, signal })).rejects.toThrow('enough');
    expect(await pretrainingEngine(at('stopped'))).toEqual(engine);

    const saved = await readPretraining(at('stopped'));
    expect(saved).toEqual(run.options);
    await resumePretraining({ ...run, options: saved });
    for (const file of ['weights.safetensors', 'manifest.json'])
      expect(readFileSync(at('stopped', file)).equals(readFileSync(at('whole', file))), file).toBe(true);
    expect(readdirSync(at('stopped'))).not.toContain('checkpoint');
    await expect(readPretraining(at('stopped'))).rejects.toThrow(/is complete; its weights are/);
  });

  it('does not go on with other images, and names them', async () => {
    const controller = new AbortController();
    const onProgress = (event: PretrainingRunEvent) => {
      if (event.type === 'epoch') controller.abort(new Error('enough'));
    };
    cpSync(at('photos'), at('changing'), { recursive: true });
    const run = { options: options({ images: [at('changing')] }), engine, folder: at('other') };
    await expect(runPretraining({ ...run, onProgress, signal: controller.signal })).rejects.toThrow('enough');
    cpSync(at('changing', 'a.png'), at('changing', 'c.png'));
    const refused = resumePretraining(run);
    await expect(refused).rejects.toMatchObject({ name: 'ConfigurationError' });
    await expect(refused).rejects.toThrow(
      `Since ${at('other')} was begun, 1 training image was added (${at('changing', 'c.png')}).`,
    );
    rmSync(at('changing', 'c.png'));
    await expect(resumePretraining(run)).resolves.toMatchObject({ images: [{ count: 2 }] });
  });

  it('is not gone on with while it runs, nor once it is complete', async () => {
    const run = { options: options(), engine, folder: at('twice') };
    let second: Promise<unknown> | undefined;
    const onProgress = (event: PretrainingRunEvent) => {
      if (event.type === 'started') second = resumePretraining(run).catch((error) => error);
    };
    await runPretraining({ ...run, onProgress });
    expect(await second).toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringMatching(/^Another adfw works in .*twice/),
    });
    await expect(resumePretraining(run)).rejects.toThrow(/is complete; its weights are/);
    expect(readdirSync(at('twice')).sort()).toEqual(readdirSync(at('whole')).sort());
  });

  it('learns from folders and generated images together, in half the space', async () => {
    const more = { images: [at('photos'), 'generated'], storage: 'float16' };
    const report = await runPretraining({ options: options(more), engine, folder: at('mixed') });
    expect(report.images).toEqual([
      { name: 'photos', count: 2, skipped: 0, leftOut: noneLeftOut },
      { name: 'generated', count: 3, skipped: 0 },
    ]);
    expect(report.weights.bytes).toBeLessThan(0.6 * json('whole', 'manifest.json').weights.bytes + 2000);
    const { state } = await loadWeights(at('mixed', 'weights.safetensors'));
    expect(state['conv1.weight']?.shape).toEqual([4, 3, 7, 7]);
  });
});

describe('what goes wrong', () => {
  const run = (
    name: string,
    more: Record<string, unknown>,
    onProgress?: (event: PretrainingRunEvent) => void,
  ) =>
    runPretraining({ options: options(more), engine, folder: at(name), ...(onProgress && { onProgress }) });

  it('a folder without images, or none, is named', async () => {
    mkdirSync(at('empty'));
    await expect(run('out', { images: [at('empty')] })).rejects.toThrow(
      /There is no image in .*empty: it is empty/,
    );
    await expect(run('out', { images: [at('none')] })).rejects.toThrow(/none does not exist/);
    expect(readdirSync(folder)).not.toContain('out');
  });

  it('a damaged image is named, or left out where that is wanted', async () => {
    mkdirSync(at('damaged'));
    writeFileSync(at('damaged', 'bad.png'), 'no image');
    await expect(run('out', { images: [at('damaged')] })).rejects.toThrow(
      /bad\.png cannot be read as an image/,
    );
    await expect(run('out', { images: [at('damaged')], skipBadImages: true })).rejects.toThrow(
      /None of the 1 images in .*damaged can be read/,
    );
    await sharp({ create: { width: 50, height: 50, channels: 3, background: 'red' } }).toFile(
      at('damaged', 'good.png'),
    );
    const warnings: string[] = [];
    const report = await run('out', { images: [at('damaged')], skipBadImages: true, steps: 1 }, (event) => {
      if (event.type === 'warning') warnings.push(event.message);
    });
    expect(report.images).toEqual([{ name: 'damaged', count: 1, skipped: 1, leftOut: noneLeftOut }]);
    expect(warnings).toEqual([expect.stringMatching(/^Left out: .*bad\.png cannot be read as an image/)]);
  });

  it('a folder in use is refused, and one of something else is not gone on with', async () => {
    await expect(run('photos', {})).rejects.toThrow(/photos is not empty/);
    await expect(readPretraining(at('photos'))).rejects.toThrow(/not the folder of a pretraining/);
    await expect(readPretraining(at('nowhere'))).rejects.toThrow(/There is no folder/);
  });

  it('weights of another network are named', async () => {
    await expect(run('out2', { teacher: 'resnet34' })).rejects.toThrow(
      /large\.safetensors looks like resnet18/,
    );
    expect(readdirSync(folder)).not.toContain('out2');
  });
});
