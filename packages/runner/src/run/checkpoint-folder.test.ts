import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checkpoint, DataError, type EpochRecord, tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EngineInfo } from '../engine.js';
import { checkpointEngine, checkpointFolder } from './checkpoint-folder.js';

let folder: string;
beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'adfw-checkpoint-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const engine: EngineInfo = { name: 'cpu', version: '4.22.0', provider: 'javascript', threads: 1 };

const record = (epoch: number): EpochRecord => ({
  stage: 'students',
  epoch,
  loss: { 'student 1': 1 / epoch },
  heldOutLoss: null,
  best: { 'student 1': true },
  imagesPerSecond: 10,
  seconds: 1,
});
const checkpoint = (epochs: number): Checkpoint => ({
  stage: 0,
  history: Array.from({ length: epochs }, (_, index) => record(index + 1)),
  tensors: {
    'student0/kernel': tf.tensor2d([epochs, 0.1, Math.PI, -1e-30], [2, 2]),
    'optimizer0/step': tf.scalar(epochs),
  },
});

describe('checkpointFolder', () => {
  it('has nothing before the first checkpoint', async () => {
    expect(await checkpointFolder(folder, engine).load()).toBeNull();
    expect(await checkpointFolder(join(folder, 'not-there'), engine).load()).toBeNull();
  });

  it('gives back the last one saved, every bit of it, and keeps no other', async () => {
    const store = checkpointFolder(join(folder, 'checkpoint'), engine);
    for (const epochs of [1, 2, 3]) await store.save(checkpoint(epochs));
    const loaded = await store.load();
    expect(loaded?.stage).toBe(0);
    expect(loaded?.history).toEqual(checkpoint(3).history);
    expect(loaded?.tensors['student0/kernel']?.shape).toEqual([2, 2]);
    for (const [name, tensor] of Object.entries(checkpoint(3).tensors))
      expect(loaded?.tensors[name]?.dataSync()).toEqual(tensor.dataSync());
    expect(readdirSync(join(folder, 'checkpoint')).sort()).toEqual(['0-3.safetensors', 'state.json']);
  });

  it('knows the engine it was computed with', async () => {
    expect(await checkpointEngine(folder)).toBeNull();
    await checkpointFolder(folder, engine).save(checkpoint(1));
    expect(await checkpointEngine(folder)).toEqual(engine);
  });

  it('gives the one before where a kill came between the tensors and the switch', async () => {
    const store = checkpointFolder(folder, engine);
    await store.save(checkpoint(1));
    // What a kill in the middle of the second save leaves: its tensors, whole or not, and the state of the first.
    writeFileSync(join(folder, '0-2.safetensors'), 'half');
    expect((await store.load())?.history).toHaveLength(1);
  });

  it('says which file is damaged, and what to do', async () => {
    const store = checkpointFolder(folder, engine);
    await store.save(checkpoint(1));
    truncateSync(join(folder, '0-1.safetensors'), 100);
    await expect(store.load()).rejects.toThrow(/0-1.safetensors/);
    writeFileSync(join(folder, 'state.json'), '{');
    await expect(store.load()).rejects.toThrow(DataError);
    await expect(store.load()).rejects.toThrow(/state\.json is damaged.*Remove the folder/);
  });
});
