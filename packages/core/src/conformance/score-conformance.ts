/**
 * What must hold for a score: maps of the right shapes; finite; higher where students differ from the teacher and from each other;
 * an image's maps do not depend on the other images; what it learns is saved.
 */
import { dispose, slice, type Tensor4D, tensor4d, tidy, where } from '@tensorflow/tfjs-core';
import type { FeaturePyramid } from '../contracts/feature-pyramid.js';
import type { Report, Trial } from '../contracts/kind.js';
import type { ObservedBatch, ScoreFunction } from '../contracts/score-function.js';
import { freeze } from '../tensors/freeze.js';
import { restoreVariables } from '../tensors/stateful.js';
import {
  isTensor,
  mapReadings,
  ofImage,
  peekAll,
  type Reading,
  showShape,
  takeAll,
  whereFar,
  whereNotFinite,
  whereNotSame,
} from './reading.js';
import { savedCopy } from './saved-copy.js';
import { mapPyramid, teacherPyramid, withNoise, withPyramids, zeroPyramid } from './tiny-pyramids.js';
import { attempt, stop } from './trial.js';

const images = 3;
const mapName = 'the map';
/** Part of the largest value by which an image's map may differ in another batch: sums may be taken in another order. */
const batchTolerance = 1e-4;

interface Seen {
  readonly teacher: FeaturePyramid;
  readonly students: readonly FeaturePyramid[];
}

export async function checkScore({ create, layers, imageSize, report }: Trial<'score'>): Promise<void> {
  const score = await create();
  const { minStudents } = score;
  if (!Number.isInteger(minStudents) || minStudents < 1)
    stop(
      report,
      `must say with how many students it begins, an integer from 1; minStudents is ${minStudents}`,
    );
  const count = Math.max(minStudents, 1);
  try {
    await withPyramids(async (own) => {
      const teacher = own(teacherPyramid(layers, images, imageSize, 1));
      const studentsWith = (noise: (seed: number) => FeaturePyramid) =>
        Array.from({ length: count }, (_, index) => own(noise((index + 1) * 1009)));
      const nominal: Seen = { teacher, students: studentsWith((seed) => withNoise(teacher, 0.05, seed)) };
      const defective: Seen = { teacher, students: studentsWith((seed) => defectiveStudent(teacher, seed)) };
      const zeros = own(zeroPyramid(teacher));
      const mapsOf = (seen: Seen, by = score) => readMaps(by, seen, imageSize, report);

      await attempt(report, 'fit()', () => fit(score, nominal, imageSize));
      const learnt = await peekAll(score.statistics ?? {});
      const unfit = whereNotFinite(learnt);
      if (unfit !== undefined) stop(report, `must learn finite statistics; found ${unfit}`);

      const maps = await mapsOf(defective);
      checkShapes(maps, imageSize, report);
      const differs = whereNotSame(maps, await mapsOf(defective));
      if (differs !== undefined) report(`must give the same maps for the same features; ${differs}`);

      const edges: [where: string, seen: Seen][] = [
        ['', defective],
        [
          ' where the students give what the teacher gives',
          { teacher, students: Array(count).fill(teacher) },
        ],
        [' where all features are zero', { teacher: zeros, students: Array(count).fill(zeros) }],
      ];
      for (const [where, seen] of edges) {
        const notFinite = whereNotFinite(await mapsOf(seen));
        if (notFinite !== undefined) report(`must give finite maps${where}; found ${notFinite}`);
      }

      const image = own(onlyImage(teacher, 1));
      const alone = await mapsOf({
        teacher: image,
        students: defective.students.map((student) => own(onlyImage(student, 1))),
      });
      const inBatch = mapReadings(maps, (map) => ofImage(map, 1));
      const depends = whereFar(inBatch, alone, batchTolerance);
      if (depends !== undefined)
        report(
          `must give an image the same maps whatever the other images of the batch are; alone, ${depends}`,
        );

      checkContrast(maps[mapName] as Reading, report);
      await checkSaved(create, score, maps, (restored) => mapsOf(defective, restored), report);
    });
  } finally {
    dispose(score.statistics ?? {});
  }
}

/** Fits it as a run does: to batches of nominal images. */
async function fit(score: ScoreFunction, seen: Seen, size: readonly [number, number]): Promise<void> {
  async function* batches(): AsyncGenerator<ObservedBatch> {
    for (let batch = 0; batch < 2; batch++) yield { ...seen, size };
  }
  await score.fit?.(batches());
  for (const value of Object.values(score.statistics ?? {})) freeze(value);
}

async function readMaps(
  score: ScoreFunction,
  { teacher, students }: Seen,
  size: readonly [number, number],
  report: Report,
): Promise<Record<string, Reading>> {
  const map = await attempt(report, 'anomalyMap()', () =>
    tidy(() => {
      const given: unknown = score.anomalyMap(teacher, students, size);
      if (!isTensor(given)) stop(report, 'must give a tensor from anomalyMap()');
      return given;
    }),
  );
  return takeAll({ [mapName]: map });
}

function checkShapes(
  maps: Readonly<Record<string, Reading>>,
  size: readonly [number, number],
  report: Report,
): void {
  const expected = [images, ...size];
  const { shape } = maps[mapName] as Reading;
  if (`${shape}` !== `${expected}`)
    stop(report, `must give maps of the shape ${showShape(expected)}; found ${showShape(shape)}`);
}

/** In the lower right quarter of each map a student is far from the teacher. */
const defectiveStudent = (teacher: FeaturePyramid, seed: number): FeaturePyramid =>
  tidy(() => {
    const [near, far] = [withNoise(teacher, 0.05, seed), withNoise(teacher, 2, seed + 499)];
    return mapPyramid(near, (features, _index, layer) => {
      const [, height, width] = features.shape;
      const inQuarter = Uint8Array.from({ length: height * width }, (_, at) =>
        isInQuarter(at, height, width) ? 1 : 0,
      );
      const mask = tensor4d(inQuarter, [1, height, width, 1], 'bool');
      return where(mask, far[layer] as Tensor4D, features);
    });
  });

const isInQuarter = (at: number, height: number, width: number): boolean =>
  Math.floor(at / width) >= height / 2 && at % width >= width / 2;

function checkContrast({ shape, values }: Reading, report: Report): void {
  const [, height = 0, width = 0] = shape;
  const [inside, outside] = [true, false].map((wanted) => {
    const picked = values.filter((_, at) => isInQuarter(at % (height * width), height, width) === wanted);
    return picked.reduce((sum, value) => sum + value, 0) / picked.length;
  }) as [number, number];
  if (inside > outside) return;
  report(
    `must be higher where the students differ from the teacher and from each other; ` +
      `the mean of the map is ${inside.toPrecision(4)} there and ${outside.toPrecision(4)} elsewhere`,
  );
}

const onlyImage = (pyramid: FeaturePyramid, image: number): FeaturePyramid =>
  mapPyramid(pyramid, (features) => slice(features, [image], [1]));

async function checkSaved(
  create: Trial<'score'>['create'],
  score: ScoreFunction,
  maps: Record<string, Reading>,
  mapsOf: (restored: ScoreFunction) => Promise<Record<string, Reading>>,
  report: Report,
): Promise<void> {
  const saved = await savedCopy(score.statistics ?? {});
  const restored = await create({ restoring: true });
  try {
    await attempt(report, 'restoring its statistics', () =>
      restoreVariables(restored.statistics ?? {}, saved),
    );
    for (const statistic of Object.values(restored.statistics ?? {})) freeze(statistic);
    const lost = whereNotSame(maps, await mapsOf(restored));
    if (lost !== undefined)
      report(
        `must give the same maps after it was saved and loaded (everything it learns in statistics); ${lost}`,
      );
  } finally {
    dispose(saved);
    dispose(restored.statistics ?? {});
  }
}
