import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataError, type Detector } from '@adfw/core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelManifest } from './model-folder.js';
import { type DetailedPrediction, type PredictOptions, predictFiles } from './predict.js';

/** Images of one grey each, 10 to 60. */
let files: string[];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-predict-'));
  files = await Promise.all(
    [10, 20, 30, 40, 50, 60].map(async (grey) => {
      const file = join(folder, `${grey}.png`);
      await sharp({ create: { width: 4, height: 4, channels: 3, background: { r: grey, g: grey, b: grey } } })
        .png()
        .toFile(file);
      return file;
    }),
  );
  await writeFile(join(folder, 'bad.png'), 'no image');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const manifest = {
  imageSize: { height: 4, width: 4 },
  thresholds: { deployed: 30, benchmark: null },
  scoreRange: { min: 10, max: 60 },
} as ModelManifest;

/** Scores an image by its grey; of the files, the first, the third and the fifth end after the one that follows. */
function greyDetector() {
  const begun: number[] = [];
  const scored = new EventEmitter();
  const detector: Detector = {
    async detect([image]) {
      const grey = image?.data[0] as number;
      begun.push(grey);
      if (grey % 20 === 10 && !begun.includes(grey + 10)) await once(scored, `${grey + 10}`);
      scored.emit(`${grey}`);
      return [{ score: grey, map: new Float32Array(16).fill(grey) }];
    },
  };
  return { detector, begun };
}

async function all(detector: Detector, paths: readonly string[], options?: PredictOptions) {
  const found: DetailedPrediction[] = [];
  for await (const prediction of predictFiles({ detector, manifest }, paths, options)) found.push(prediction);
  return found;
}

describe('predictFiles', () => {
  it('gives predictions in the order of the files, whatever finishes first', async () => {
    const found = await all(greyDetector().detector, files);
    expect(found.map(({ image }) => image)).toEqual(files);
    expect(found.map(({ score }) => score)).toEqual([10, 20, 30, 40, 50, 60]);
    expect(found.map(({ verdict }) => verdict === 'defective')).toEqual([
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
    expect(found[2]).toMatchObject({
      normalizedScore: 0.5,
      threshold: 30,
      map: new Float32Array(16).fill(30),
    });
  });

  it('gives scores and verdicts of a model that has no maps', async () => {
    const detector: Detector = {
      detect: async ([image]) => [{ score: image?.data[0] as number, map: null }],
    };
    const found = await all(detector, files.slice(1, 4));
    expect(found).toMatchObject([
      { score: 20, verdict: 'nominal', map: null },
      { score: 30, verdict: 'defective', normalizedScore: 0.5, map: null },
      { score: 40, verdict: 'defective', map: null },
    ]);
  });

  it('scores the next images while the caller has one, but only a few', async () => {
    const { detector, begun } = greyDetector();
    const predictions = predictFiles({ detector, manifest }, files);
    await predictions.next();
    while (begun.length < 3) await sleep(1);
    // A fourth would begin by itself.
    await sleep(100);
    expect(begun.toSorted()).toEqual([10, 20, 30]);
  });

  it('stops at a bad image when its turn has come, or leaves it out', async () => {
    const paths = [files[0] as string, join(folder, 'bad.png'), files[1] as string];
    const before: string[] = [];
    const stopped = (async () => {
      for await (const { image } of predictFiles({ detector: greyDetector().detector, manifest }, paths))
        before.push(image);
    })();
    await expect(stopped).rejects.toThrow(DataError);
    expect(before).toEqual([paths[0]]);

    const skipped: string[] = [];
    const found = await all(greyDetector().detector, paths, {
      onBadImage: ({ message }) => skipped.push(message),
    });
    expect(found.map(({ image }) => image)).toEqual([paths[0], paths[2]]);
    expect(skipped).toEqual([expect.stringContaining('bad.png')]);
  });

  it('reads files as the model has learnt to', async () => {
    const grey = sharp(Uint16Array.of(80, 80, 80, 80), { raw: { width: 2, height: 2, channels: 1 } });
    const file = join(folder, 'deep.png');
    await grey.toColourspace('grey16').png().toFile(file);
    const { detector } = greyDetector();
    const reading = { page: null, levels: [0, 510] as const };
    const scores: number[] = [];
    for await (const { score } of predictFiles({ detector, manifest: { ...manifest, reading } }, [file]))
      scores.push(score);
    expect(scores).toEqual([40]);
    expect((await all(detector, [file]))[0]?.score).toBe(0);
  });

  it('tells of the search for an image, and lets it be ended', async () => {
    const stop = new AbortController();
    const detector: Detector = {
      searches: true,
      async detect([image], { signal, onSearch } = {}) {
        const score = image?.data[0] as number;
        onSearch?.({ done: score, total: 100 });
        stop.abort(new Error('enough'));
        signal?.throwIfAborted();
        return [{ score, map: null }];
      },
    };
    const told: number[] = [];
    const onSearch = ({ done }: { done: number }) => told.push(done);
    await expect(all(detector, files.slice(2, 3), { signal: stop.signal, onSearch })).rejects.toThrow(
      'enough',
    );
    expect(told).toEqual([30]);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const { detector, begun } = greyDetector();
    const predictions = predictFiles({ detector, manifest }, files, { signal: controller.signal });
    await predictions.next();
    controller.abort(new Error('enough'));
    await expect(predictions.next()).rejects.toThrow('enough');
    await sleep(100);
    expect(begun.length).toBeLessThanOrEqual(3);
  });
});
