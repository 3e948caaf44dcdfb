import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  prepareExperiment,
  type RunEvent,
  readManifest,
  resumeExperiment,
  runExperiment,
  useEngine,
} from './index.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-folds-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const IMAGES = 10;
const FOLDS = 5;

async function optionsFor(
  name: string,
  folds: number | null,
  more: { signal?: AbortSignal; onProgress?: (event: RunEvent) => void } = {},
) {
  const prepared = await prepareExperiment({
    overrides: [
      {
        source: 'the test',
        document: {
          method: 'stfpm',
          dataset: { type: 'sample', train: IMAGES, testNominal: 2, testDefective: 2 },
          images: { size: 32 },
          model: {
            teacher: { type: 'resnet18', weights: 'random', width: 4 },
            training: { epochs: 2, optimizer: { learningRate: 0.05 } },
          },
          fit: { batchSize: 4, folds },
        },
      },
    ],
  });
  return { ...prepared, engine: await useEngine('onnxruntime'), folder: join(folder, name), ...more };
}
const manifestOf = (name: string) => readManifest(join(folder, name));
const scoresOf = async (name: string) =>
  (await readFile(join(folder, name, 'scores.csv'), 'utf8'))
    .split('\n')
    .map((line) => line.split(',').slice(0, 4).join());

describe('a run with folds', () => {
  beforeAll(async () => {
    await runExperiment(await optionsFor('plain', null));
  });

  it('has a held-out score of every nominal image, which the threshold is chosen from, and is else the same', async () => {
    const { metrics } = await runExperiment(await optionsFor('folds', FOLDS));
    const [plain, crossFitted] = [await manifestOf('plain'), await manifestOf('folds')];
    expect(metrics.deployed).toMatchObject({ heldOut: IMAGES, falseAlarmBound: 1 / (IMAGES + 1) });
    expect(crossFitted.heldOutScores).toHaveLength(IMAGES);
    expect(metrics.deployed?.threshold).toBeGreaterThan(Math.max(...crossFitted.heldOutScores));
    expect(await scoresOf('folds')).toEqual(await scoresOf('plain'));
    // The first fold is what the model itself holds out, and its fit the same.
    expect(plain.heldOutScores).toHaveLength(IMAGES / FOLDS);
    expect(crossFitted.heldOutScores).toEqual(expect.arrayContaining(plain.heldOutScores));
  });

  it('goes on in the fold in which it was interrupted, to the same result', async () => {
    const stop = new AbortController();
    let fold = 0;
    const interrupted = runExperiment(
      await optionsFor('stopped', FOLDS, {
        signal: stop.signal,
        onProgress: (event) => {
          if (event.type === 'fold') fold = event.fold;
          if (event.type === 'epoch' && fold === 3) stop.abort(new Error('stopped'));
        },
      }),
    );
    await expect(interrupted).rejects.toThrow('stopped');
    expect((await readdir(join(folder, 'stopped', 'checkpoint'))).sort()).toEqual(
      expect.arrayContaining(['fold-3', 'folds']),
    );
    expect(await readdir(join(folder, 'stopped', 'checkpoint'))).not.toContain('fold-2');
    const said: RunEvent[] = [];
    await resumeExperiment(await optionsFor('stopped', FOLDS, { onProgress: (event) => said.push(event) }));
    expect(said.flatMap((event) => (event.type === 'fold' ? [event.fold] : []))).toEqual([3, 4, 5]);
    // The model's own epochs, and the first of the third fold, are not computed again.
    expect(said.flatMap((event) => (event.type === 'resumed' ? [event.epoch] : []))).toEqual([2, 1]);
    expect((await manifestOf('stopped')).heldOutScores).toEqual((await manifestOf('folds')).heldOutScores);
    expect(await scoresOf('stopped')).toEqual(await scoresOf('folds'));
    expect(await readdir(join(folder, 'stopped'))).not.toContain('checkpoint');
  });
});
