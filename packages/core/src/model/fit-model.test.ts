import {
  disposeVariables,
  fill,
  mean,
  memory,
  mul,
  square,
  sub,
  type Tensor4D,
  tensor3d,
  tidy,
  variable,
} from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../contracts/backbone.js';
import type { DistillationLoss } from '../contracts/distillation-loss.js';
import type { ScoreFunction } from '../contracts/score-function.js';
import type { Thresholder } from '../contracts/threshold.js';
import type { Composition } from '../experiment/compose.js';
import { foldsOf, holdOut } from '../fitting/hold-out.js';
import type { ImageSource } from '../images/image-source.js';
import { memoryBudget } from '../images/memory-budget.js';
import { tf } from '../tensors/tf.js';
import { type DetectorFitEvent, fitDetector } from './fit-model.js';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => disposeVariables());

const COUNT = 10;
/** Images of one pixel, each of another grey. */
const images: ImageSource = {
  length: COUNT,
  size: [1, 1],
  image: async (index) => ({ width: 1, height: 1, data: new Uint8Array(3).fill(20 * index) }),
};
/** Which images a batch holds, by their standardised red. */
const numbersOf = (batch: Tensor4D): number[] => {
  const red = Array.from(batch.dataSync()).filter((_, i) => i % 3 === 0);
  return red.map((value) => Math.abs(Math.round(((value * 0.229 + 0.485) * 255) / 20)));
};

/** What a fit, of the model or of a fold, learnt from, and the images that its score was fitted to, each time. */
interface Fit {
  readonly trained: Set<number>;
  readonly scoreFits: number[][];
}

/** A composition whose score of an image says where it was seen: 1 in training, 2 by the score's own fit. */
function seeingComposition(
  training: { validationFraction: number; folds: number | null },
  { fitsScore, fits = [] }: { fitsScore: boolean; fits?: Fit[] },
): { composition: Composition; fits: Fit[] } {
  const fit: Fit = { trained: new Set(), scoreFits: [] };
  fits.push(fit);
  const network = (parameters: Backbone['parameters']): Backbone => ({
    layers: ['layer1'],
    channels: { layer1: 3 },
    parameters,
    statistics: {},
    features: (batch, mode) => {
      if (mode === 'train') for (const number of numbersOf(batch)) fit.trained.add(number);
      return { layer1: tidy(() => mul(batch, parameters.factor ?? 1) as Tensor4D) };
    },
    dispose() {
      for (const value of Object.values(parameters)) value.dispose();
    },
  });
  const score: ScoreFunction = {
    minStudents: 1,
    anomalyMaps: ({ layer1 }) => {
      const seen = numbersOf(layer1 as Tensor4D).map(
        (number) =>
          Number(fit.trained.has(number)) + 2 * Number(fit.scoreFits.at(-1)?.includes(number) ?? false),
      );
      return { layers: {}, combined: tensor3d(seen, [seen.length, 1, 1]) };
    },
    ...(fitsScore && {
      async fit(batches) {
        const seen: number[] = [];
        for await (const { teacher } of batches) seen.push(...numbersOf(teacher.layer1 as Tensor4D));
        fit.scoreFits.push(seen);
      },
    }),
  };
  const teacher = network({});
  const students = [network({ factor: tidy(() => variable(fill([1], 0.5))) })];
  const composition = {
    experiment: { seed: 3, training: { ...training, epochs: 2, batchSize: 3 } },
    teacher,
    students,
    score,
    loss: ((of, by) =>
      mean(square(sub(of.layer1 as Tensor4D, by.layer1 as Tensor4D)))) satisfies DistillationLoss,
    deployedThreshold: {
      needs: 'nominal',
      threshold: ({ scores }) => Math.max(...Array.from(scores)),
    } satisfies Thresholder,
    createOptimizer: async () => ({ step() {}, state: () => ({}), restore() {}, dispose() {} }),
    anew: async () => seeingComposition(training, { fitsScore, fits }).composition,
    dispose: () => students[0]?.dispose(),
  } satisfies Partial<Record<keyof Composition, unknown>> as unknown as Composition;
  return { composition, fits };
}

const fit = (composition: Composition, onProgress?: (event: DetectorFitEvent) => void) =>
  fitDetector(composition, images, { budget: memoryBudget(1e6), ...(onProgress && { onProgress }) });
const all = [...Array(COUNT).keys()];

describe('held-out scores', () => {
  it('are of a score that was fitted to the other held-out images; in the end it is fitted to all', async () => {
    const { composition, fits } = seeingComposition(
      { validationFraction: 0.6, folds: null },
      { fitsScore: true },
    );
    const { heldOutScores } = await fit(composition);
    const { train, validation } = holdOut(COUNT, 0.6, 3);
    expect(heldOutScores).toEqual(validation.map(() => 0));
    expect([...(fits[0] as Fit).trained].sort()).toEqual(train);
    expect(fits[0]?.scoreFits.at(-1)).toEqual(validation);
    expect(fits[0]?.scoreFits).toHaveLength(6);
  });

  it('are, of a single held-out image, of a score that was fitted to the training images', async () => {
    const { composition, fits } = seeingComposition(
      { validationFraction: 0.1, folds: null },
      { fitsScore: true },
    );
    const { heldOutScores } = await fit(composition);
    const { train, validation } = holdOut(COUNT, 0.1, 3);
    expect(heldOutScores).toEqual([0]);
    expect(fits[0]?.scoreFits).toEqual([train, validation]);
  });

  it.each([0.2, 0])(
    'are with folds of all images, each scored by a fit that saw it nowhere, where %d of the images are held out',
    async (validationFraction) => {
      for (const fitsScore of [false, true]) {
        const { composition, fits } = seeingComposition({ validationFraction, folds: 5 }, { fitsScore });
        const said: number[] = [];
        const { heldOutScores, threshold, train, validation } = await fit(composition, (event) => {
          if (event.type === 'fold') said.push(event.fold);
        });
        expect(heldOutScores).toEqual(all.map(() => 0));
        expect(threshold).toBe(0);
        expect([train, validation]).toEqual([COUNT * (1 - validationFraction), COUNT * validationFraction]);
        expect(said).toEqual([1, 2, 3, 4, 5]);
        const withoutFolds = foldsOf(COUNT, 5, 3).map((fold) => all.filter((image) => !fold.includes(image)));
        expect(fits.slice(1).map(({ trained }) => [...trained].sort())).toEqual(withoutFolds);
      }
    },
  );

  it('leave no tensor of a fold behind, and its memory to the next one', async () => {
    const { composition } = seeingComposition({ validationFraction: 0.2, folds: 5 }, { fitsScore: true });
    const before = memory().numTensors;
    const kept: number[] = [];
    const perImage = 3 * 4;
    await fitDetector(composition, images, {
      budget: memoryBudget(COUNT * perImage),
      onProgress: (event) => {
        if (event.type === 'teacher') kept.push(event.done);
      },
    });
    expect(memory().numTensors).toBe(before);
    expect(kept.filter((done) => done === COUNT)).toHaveLength(6);
  });

  it('need an image a fold', async () => {
    const { composition } = seeingComposition({ validationFraction: 0.2, folds: 11 }, { fitsScore: false });
    await expect(fit(composition)).rejects.toThrow(
      '$.training.folds is 11, and there are 10 nominal images: each fold needs one.',
    );
  });
});

describe('foldsOf', () => {
  it('parts all images, as evenly as can be, and first takes what is held out', () => {
    expect(foldsOf(20, 5, 7)[0]).toEqual(holdOut(20, 0.2, 7).validation);
    const folds = foldsOf(11, 4, 1);
    expect(folds.map(({ length }) => length).sort()).toEqual([2, 3, 3, 3]);
    expect(folds.flat().sort((a, b) => a - b)).toEqual([...Array(11).keys()]);
  });
});
