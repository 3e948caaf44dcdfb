/** Run directories as `adfw run` leaves them, made without training: known scores, and maps whose anomalies lie where the masks are. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type EpochRecord, evaluate, pixelsInMemory } from '@adfw/core';
import { type RunReport, writeAnomalyMaps } from '@adfw/runner';
import { stringify } from 'csv-stringify/sync';
import sharp from 'sharp';

export const SIDE = 48;
/** The defect, and what is anomalous on the maps: a square. */
export const DEFECT = { from: 12, to: 24 };

export interface TestImage {
  readonly id: string;
  readonly score: number;
}

export interface TestRun {
  /** Where the test images are; null writes none. */
  readonly data: string | null;
  readonly images: readonly TestImage[];
  readonly deployed?: number | null;
  readonly heldOutScores?: readonly number[];
  readonly history?: readonly EpochRecord[];
  /** Whether its model has maps. */
  readonly hasMaps?: boolean;
  /** Whether they are still there. */
  readonly withMaps?: boolean;
  readonly withMasks?: boolean;
  readonly dataset?: Readonly<Record<string, unknown>>;
  readonly method?: string;
}

/** @param losses of each learner, on training images and on those held out. */
export function epoch(
  number: number,
  losses: Readonly<Record<string, readonly [loss: number, heldOutLoss: number | null]>>,
  stage = 'networks',
): EpochRecord {
  const each = <T>(value: (losses: readonly [number, number | null]) => T): Record<string, T> =>
    Object.fromEntries(Object.entries(losses).map(([learner, own]) => [learner, value(own)]));
  return {
    stage,
    epoch: number,
    loss: each(([loss]) => loss),
    heldOutLoss: Object.values(losses).some(([, heldOut]) => heldOut === null)
      ? null
      : each(([, heldOut]) => heldOut as number),
    best: each(() => true),
    imagesPerSecond: 10,
    seconds: 1,
  };
}

/** The epochs of one network. */
export const epochs = (...losses: readonly (readonly [number, number | null])[]): EpochRecord[] =>
  losses.map((own, index) => epoch(index + 1, { network: own }));

/** Kept is the last epoch of each stage. */
const trainingOf = (history: readonly EpochRecord[]): RunReport['training'] => [
  ...new Map(
    history.map(({ stage, epoch, best }) => [
      stage,
      { stage, kept: Object.fromEntries(Object.keys(best).map((learner) => [learner, epoch])) },
    ]),
  ).values(),
];

const defectOf = (id: string) => id.split('/')[1] as string;
const labelOf = (id: string): 0 | 1 => (defectOf(id) === 'good' ? 0 : 1);

/** Low everywhere, highest in the middle of the square. */
export function anomalyMap(score: number): Float32Array {
  const { from, to } = DEFECT;
  const centre = (from + to - 1) / 2;
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const distance = Math.max(Math.abs((i % SIDE) - centre), Math.abs(Math.floor(i / SIDE) - centre));
    return distance < 1 ? score : score * Math.max(0.05, 1 - distance / SIDE);
  });
}

export async function writeTestRun(folder: string, run: TestRun): Promise<void> {
  const { data, images, deployed = null, heldOutScores = [], hasMaps = true } = run;
  const { withMaps = hasMaps, withMasks = true } = run;
  const history = run.history ?? epochs([9, 8], [5, 6]);
  const json = (path: string, value: unknown) => writeFile(join(folder, path), JSON.stringify(value));
  await mkdir(join(folder, 'model'), { recursive: true });
  if (data !== null) {
    await writeImages(data, images, withMasks);
    await json('data.json', await dataRecord(data, images, withMasks));
  }
  const mask = new Uint8Array(SIDE * SIDE);
  for (let y = DEFECT.from; y < DEFECT.to; y++) mask.fill(1, y * SIDE + DEFECT.from, y * SIDE + DEFECT.to);
  const scored = images.map(({ score }, index) => ({ index, score, map: anomalyMap(score) }));
  const labels = images.map(({ id }) => labelOf(id));
  const bestF1 = {
    needs: 'labels',
    threshold: () => Math.min(...images.filter(({ id }) => labelOf(id) === 1).map(({ score }) => score)),
  } as const;
  const metrics = await evaluate({
    scores: images.map(({ score }) => score),
    labels,
    pixels: hasMaps
      ? pixelsInMemory(
          scored.map(({ map }) => map),
          labels.map((label) => (label === 0 ? new Uint8Array(SIDE * SIDE) : withMasks ? mask : null)),
          { width: SIDE, height: SIDE },
        )
      : null,
    threshold: labels.includes(1) ? bestF1 : { needs: 'labels', threshold: () => Number.NaN },
    deployed,
  });
  const threshold = labels.includes(1) ? metrics.threshold : null;
  const good = labels.filter((label) => label === 0).length;
  const dataset = {
    type: 'mvtec',
    root: data ?? '/nowhere',
    category: null,
    ...run.dataset,
  };
  const experiment = {
    method: run.method ?? 'stfpm',
    dataset,
    images: { size: SIDE },
    model: { type: 'of-the-test' },
    plugins: [],
    seed: 1,
  };
  await json('experiment.json', experiment);
  await json('metrics.json', {
    method: experiment.method,
    dataset: {
      name: 'tiles',
      category: null,
      train: 10,
      validation: heldOutScores.length,
      testGood: good,
      testDefective: labels.length - good,
      skipped: 0,
    },
    metrics: { ...metrics, threshold },
    training: trainingOf(history),
    model: { parameters: 1234567, multiplyAdds: 89_100_000 },
    timings: { trainSeconds: 12, trainImagesPerSecond: 10, inferenceMsPerImage: 5, totalSeconds: 20 },
    engine: { name: 'onnxruntime', version: '1', provider: 'cpu', threads: 1 },
    outputDir: folder,
  });
  await json('model/manifest.json', {
    format: 'adfw-model',
    version: 2,
    experiment,
    thresholds: { deployed, benchmark: threshold },
    mapRange: hasMaps ? { min: 0, max: 1 } : null,
    heldOutScores,
  });
  await writeFile(join(folder, 'train.jsonl'), history.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  const rows = images.map(({ id, score }) => ({
    image: id,
    label: labelOf(id) === 1 ? 'defective' : 'nominal',
    defect: defectOf(id),
    score,
  }));
  const columns = ['image', 'label', 'defect', 'score'];
  await writeFile(join(folder, 'scores.csv'), stringify(rows, { header: true, columns }));
  if (!withMaps) return;
  const values = scored.flatMap(({ map }) => [...map]);
  const range = {
    min: values.reduce((low, value) => Math.min(low, value), Number.POSITIVE_INFINITY),
    max: values.reduce((high, value) => Math.max(high, value), Number.NEGATIVE_INFINITY),
  };
  const size = { width: SIDE, height: SIDE };
  await writeAnomalyMaps(join(folder, 'anomaly-maps'), { size, samples: images, scored, range });
}

const maskPath = (id: string) => id.replace('test/', 'ground_truth/').replace('.png', '_mask.png');

const fileChecksum = async (path: string) =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex');

async function dataRecord(root: string, images: readonly TestImage[], withMasks: boolean) {
  const sampleOf = async (id: string) => ({
    id,
    label: labelOf(id),
    image: await fileChecksum(join(root, id)),
    mask: labelOf(id) === 1 && withMasks ? await fileChecksum(join(root, maskPath(id))) : null,
  });
  const test = await Promise.all(images.map(({ id }) => sampleOf(id)));
  return { format: 'adfw-data', version: 1, train: [], test };
}

/** Grey tiles; defective ones have a dark square. The dataset wants an image to train on. */
async function writeImages(root: string, images: readonly TestImage[], withMasks: boolean): Promise<void> {
  const write = async (path: string, value: (inSquare: boolean) => number) => {
    const pixels = Uint8Array.from({ length: SIDE * SIDE }, (_, i) => {
      const inside = (at: number) => at >= DEFECT.from && at < DEFECT.to;
      return value(inside(i % SIDE) && inside(Math.floor(i / SIDE)));
    });
    await mkdir(dirname(path), { recursive: true });
    await sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 1 } })
      .png()
      .toFile(path);
  };
  await write(join(root, 'train/good/0.png'), () => 160);
  for (const { id } of images) {
    const isDefective = labelOf(id) === 1;
    await write(join(root, id), (inSquare) => (isDefective && inSquare ? 60 : 160));
    if (isDefective && withMasks) await write(join(root, maskPath(id)), (inSquare) => (inSquare ? 255 : 0));
  }
}
