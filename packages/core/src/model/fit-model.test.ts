import {
  disposeVariables,
  fill,
  mean,
  memory,
  mul,
  square,
  sub,
  type Tensor4D,
  tensor1d,
  tensor3d,
  tidy,
  variable,
} from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../contracts/backbone.js';
import type { Checkpoint } from '../contracts/checkpoint.js';
import type { Model } from '../contracts/model.js';
import type { GatherStage } from '../contracts/stage.js';
import type { Thresholder } from '../contracts/threshold.js';
import type { Composition } from '../experiment/compose.js';
import { foldsOf, holdOut } from '../fitting/hold-out.js';
import { memoryStore } from '../fitting/learnable.test.fixture.js';
import type { ImageSource } from '../images/image-source.js';
import { memoryBudget } from '../images/memory-budget.js';
import { tf } from '../tensors/tf.js';
import { type DetectorFitEvent, type FoldRecord, fitDetector } from './fit-model.js';
import { networkState } from './joined.js';
import { onBackbone } from './on-backbone.js';

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

/** What a fit, of the model or of a fold, learnt from, and the images that its last stage looked at, each time. */
interface Fit {
  readonly trained: Set<number>;
  readonly looks: number[][];
}

interface Seeing {
  /** Whether it has a stage that looks at held-out images. */
  readonly looks?: boolean;
  readonly hasMaps?: boolean;
  readonly fits?: Fit[];
}

/** A composition whose model says of an image where it was seen: 1 in training, 2 in the stage on held-out images; on its map half of it. */
function seeingComposition(
  fit: { validationFraction: number; folds: number | null },
  { looks = false, hasMaps = true, fits = [] }: Seeing = {},
): { composition: Composition; fits: Fit[] } {
  const own: Fit = { trained: new Set(), looks: [] };
  fits.push(own);
  const network = (parameters: Backbone['parameters']): Backbone => ({
    layers: ['layer1'],
    channels: { layer1: 3 },
    parameters,
    statistics: {},
    features: (batch, mode) => {
      if (mode === 'train') for (const number of numbersOf(batch)) own.trained.add(number);
      return { layer1: tidy(() => mul(batch, parameters.factor ?? 1) as Tensor4D) };
    },
    dispose() {
      for (const value of Object.values(parameters)) value.dispose();
    },
  });
  const student = network({ factor: tidy(() => variable(fill([1], 0.5))) });
  const look: GatherStage = {
    name: 'look',
    on: 'heldOut',
    async gather(batches) {
      const seen: number[] = [];
      for await (const { images } of batches) seen.push(...numbersOf(images));
      own.looks.push(seen);
    },
  };
  const model: Model = {
    ...onBackbone(network({}), networkState(student)),
    stages: [
      {
        name: 'students',
        epochs: 2,
        learners: [
          {
            name: 'student',
            parameters: student.parameters,
            optimizer: { step() {}, state: () => ({}), restore() {}, dispose() {} },
            loss: ({ images, features }, mode) =>
              mean(
                square(sub(features.layer1 as Tensor4D, student.features(images, mode).layer1 as Tensor4D)),
              ),
          },
        ],
      },
      ...(looks ? [look] : []),
    ],
    detect: ({ images }) => {
      const seen = numbersOf(images).map(
        (number) => Number(own.trained.has(number)) + 2 * Number(own.looks.at(-1)?.includes(number) ?? false),
      );
      const halves = seen.map((value) => value / 2);
      return { scores: tensor1d(seen), maps: hasMaps ? tensor3d(halves, [seen.length, 1, 1]) : null };
    },
  };
  const composition = {
    experiment: { seed: 3, images: { size: 1 }, fit: { ...fit, batchSize: 3 } },
    model,
    deployedThreshold: {
      needs: 'nominal',
      threshold: ({ scores }) => Math.max(...Array.from(scores)),
    } satisfies Thresholder,
    anew: async () => seeingComposition(fit, { looks, hasMaps, fits }).composition,
    dispose: () => model.dispose(),
  } satisfies Partial<Record<keyof Composition, unknown>> as unknown as Composition;
  return { composition, fits };
}

const fit = (composition: Composition, onProgress?: (event: DetectorFitEvent) => void) =>
  fitDetector(composition, images, { budget: memoryBudget(1e6), ...(onProgress && { onProgress }) });
const all = [...Array(COUNT).keys()];

describe('held-out scores', () => {
  it('are of a model that has looked at the other held-out images; in the end it looks at all', async () => {
    const { composition, fits } = seeingComposition(
      { validationFraction: 0.6, folds: null },
      { looks: true },
    );
    const { heldOutScores } = await fit(composition);
    const { train, validation } = holdOut(COUNT, 0.6, 3);
    expect(heldOutScores).toEqual(validation.map(() => 0));
    expect([...(fits[0] as Fit).trained].sort()).toEqual(train);
    expect(fits[0]?.looks.at(-1)).toEqual(validation);
    expect(fits[0]?.looks).toHaveLength(6);
  });

  it('are, of a single held-out image, of a model that has looked at the training images', async () => {
    const { composition, fits } = seeingComposition(
      { validationFraction: 0.1, folds: null },
      { looks: true },
    );
    const { heldOutScores } = await fit(composition);
    const { train, validation } = holdOut(COUNT, 0.1, 3);
    expect(heldOutScores).toEqual([0]);
    expect(fits[0]?.looks).toEqual([train, validation]);
  });

  it('are of the validation images that there are already, and no share of the others', async () => {
    const { composition, fits } = seeingComposition(
      { validationFraction: 0.5, folds: null },
      { looks: true },
    );
    const options = { budget: memoryBudget(1e6), validation: 3 };
    const { train, validation, heldOutScores } = await fitDetector(composition, images, options);
    expect([...(fits[0] as Fit).trained].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(fits[0]?.looks.at(-1)).toEqual([7, 8, 9]);
    expect([train, validation]).toEqual([7, 3]);
    expect(heldOutScores).toEqual([0, 0, 0]);
  });

  it('are with folds of the validation images as of all others', async () => {
    const { composition, fits } = seeingComposition({ validationFraction: 0, folds: 5 });
    const options = { budget: memoryBudget(1e6), validation: 3 };
    expect((await fitDetector(composition, images, options)).heldOutScores).toEqual(all.map(() => 0));
    expect(fits[0]?.trained.size).toBe(7);
    expect(fits[1]?.trained.size).toBe(8);
  });

  it.each([0.2, 0])(
    'are with folds of all images, each scored by a fit that saw it nowhere, where %d of the images are held out',
    async (validationFraction) => {
      for (const looks of [false, true]) {
        const { composition, fits } = seeingComposition({ validationFraction, folds: 5 }, { looks });
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
    const { composition } = seeingComposition({ validationFraction: 0.2, folds: 5 }, { looks: true });
    const before = memory().numTensors;
    const kept: number[] = [];
    const perImage = 3 * 4;
    await fitDetector(composition, images, {
      budget: memoryBudget(COUNT * perImage),
      onProgress: (event) => {
        if (event.type === 'features') kept.push(event.done);
      },
    });
    expect(memory().numTensors).toBe(before);
    expect(kept.filter((done) => done === COUNT)).toHaveLength(6);
  });

  it('need an image a fold', async () => {
    const { composition } = seeingComposition({ validationFraction: 0.2, folds: 11 });
    await expect(fit(composition)).rejects.toThrow(
      '$.fit.folds is 11, and there are 10 nominal images: each fold needs one.',
    );
  });
});

describe('fitDetector', () => {
  it('says how many images it learnt from, which epoch each learner is kept from, and what each epoch did', async () => {
    const { composition } = seeingComposition({ validationFraction: 0.2, folds: null });
    const fitted = await fit(composition);
    expect(fitted).toMatchObject({ train: 8, validation: 2, secondsBefore: 0 });
    // Its loss stays what it is: the first epoch is the best.
    expect(fitted.training).toEqual([{ stage: 'students', kept: { student: 1 } }]);
    expect(fitted.history.map(({ epoch }) => epoch)).toEqual([1, 2]);
    expect(fitted.trainSeconds).toBeGreaterThan(0);
    const last = await fit(seeingComposition({ validationFraction: 0, folds: null }).composition);
    expect(last.training).toEqual([{ stage: 'students', kept: { student: 2 } }]);
    expect(last).toMatchObject({ heldOutScores: [], heldOutMapRange: null, threshold: null });
  });

  it('gives the range of the values on maps of held-out images, none for a model without maps', async () => {
    const one = { validationFraction: 0.1, folds: null };
    const mapped = await fit(seeingComposition(one).composition);
    expect(mapped.heldOutMapRange).toEqual({ min: 0, max: 0 });
    for (const folds of [null, 5]) {
      const without = await fit(seeingComposition({ ...one, folds }, { hasMaps: false }).composition);
      expect(without.heldOutMapRange).toBeNull();
      expect(without.heldOutScores).toHaveLength(folds ? COUNT : 1);
    }
  });

  it('gives a detector of the model as it is in the end', async () => {
    const { composition } = seeingComposition({ validationFraction: 0.2, folds: null }, { looks: true });
    const { detector } = await fit(composition);
    const { validation } = holdOut(COUNT, 0.2, 3);
    const detected = await detector.detect(await Promise.all(all.map((index) => images.image(index))));
    expect(detected.map(({ score }) => score)).toEqual(
      all.map((index) => (validation.includes(index) ? 2 : 1)),
    );
  });

  it('goes on where a fit with folds was stopped, and counts the time before', async () => {
    const stop = new AbortController();
    const folds = new Map<number, ReturnType<typeof memoryStore>>();
    const done = keepingRecords();
    const foldCheckpoints = {
      done,
      training: (fold: number) => {
        const store = folds.get(fold) ?? memoryStore();
        folds.set(fold, store);
        return store;
      },
    };
    const checkpoints = memoryStore();
    const create = () => seeingComposition({ validationFraction: 0.2, folds: 5 });
    const options = { budget: memoryBudget(1e6), checkpoints, foldCheckpoints };
    const first = fitDetector(create().composition, images, {
      ...options,
      signal: stop.signal,
      onProgress: (event) => {
        if (event.type === 'epoch' && folds.size === 3) stop.abort(new Error('stop'));
      },
    });
    await expect(first).rejects.toThrow('stop');
    const said: string[] = [];
    const resumed = await fitDetector(create().composition, images, {
      ...options,
      onProgress: (event) => {
        if (event.type === 'fold') said.push(`fold ${event.fold}`);
        if (event.type === 'resumed') said.push(`resumed ${event.epoch}`);
      },
    });
    expect(said).toEqual(['resumed 2', 'fold 3', 'resumed 1', 'fold 4', 'fold 5']);
    expect(resumed.secondsBefore).toBeGreaterThan(0);
    expect(resumed.heldOutScores).toHaveLength(COUNT);
    const straight = await fit(create().composition);
    expect(resumed.history.map(({ loss }) => loss)).toEqual(straight.history.map(({ loss }) => loss));
  });
});

/** Keeps what was made of folds. */
function keepingRecords() {
  let saved: Checkpoint<FoldRecord> | null = null;
  return {
    save: async (checkpoint: Checkpoint<FoldRecord>) => {
      saved = structuredClone({ ...checkpoint, tensors: {} });
    },
    load: async () => saved,
  };
}

describe('foldsOf', () => {
  it('parts all images, as evenly as can be, and first takes what is held out', () => {
    expect(foldsOf(20, 5, 7)[0]).toEqual(holdOut(20, 0.2, 7).validation);
    const folds = foldsOf(11, 4, 1);
    expect(folds.map(({ length }) => length).sort()).toEqual([2, 3, 3, 3]);
    expect(folds.flat().sort((a, b) => a - b)).toEqual([...Array(11).keys()]);
  });
});

describe('images with tiles', () => {
  /** Two pixels, each a tile: image n has the greys 20 n and 20 n + 10. */
  const wide: ImageSource = {
    length: COUNT,
    size: [1, 2],
    image: async (index) => ({
      height: 1,
      width: 2,
      data: Uint8Array.of(...Array(3).fill(20 * index), ...Array(3).fill(20 * index + 10)),
    }),
  };

  it('are cut after some were held out; each tile is an image to the model, and an image has one score', async () => {
    const looks: Record<string, number[]> = {};
    const looking = (on: 'train' | 'heldOut'): GatherStage => ({
      name: on,
      on,
      async gather(batches, { total }) {
        const greys: number[] = [];
        for await (const { images } of batches) {
          expect(images.shape.slice(1)).toEqual([1, 1, 3]);
          for (const [n, value] of images.dataSync().entries())
            if (n % 3 === 0) greys.push(Math.round(value));
        }
        expect(greys).toHaveLength(total);
        looks[on] = greys;
      },
    });
    const model: Model = {
      normalization: { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] },
      state: () => ({}),
      restore: () => undefined,
      dispose: () => undefined,
      stages: [looking('train'), looking('heldOut')],
      detect: ({ images }) => ({
        scores: tf.mean(images, [1, 2, 3]),
        maps: tf.mean<tf.Tensor3D>(images, -1),
      }),
    };
    const composition = {
      experiment: {
        seed: 3,
        images: { size: [1, 2], tile: { size: 1, overlap: 0 } },
        fit: { batchSize: 3, validationFraction: 0.3, folds: null },
      },
      model,
      deployedThreshold: {
        needs: 'nominal',
        threshold: ({ scores }: { scores: number[] }) => Math.max(...scores),
      },
    } as unknown as Composition;
    const fitted = await fitDetector(composition, wide, { budget: memoryBudget(1e6) });
    const { train, validation } = holdOut(COUNT, 0.3, 3);
    const tilesOf = (indices: readonly number[]) => indices.flatMap((index) => [20 * index, 20 * index + 10]);
    expect(looks).toEqual({ train: tilesOf(train), heldOut: tilesOf(validation) });
    expect(fitted).toMatchObject({ train: 7, validation: 3 });
    expect(fitted.heldOutScores.map(Math.round)).toEqual(validation.map((index) => 20 * index + 10));
    const [detected] = await fitted.detector.detect([await wide.image(4)]);
    expect([...(detected?.map ?? [])].map(Math.round)).toEqual([80, 90]);
  });
});
