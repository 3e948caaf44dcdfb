/** Fits a model to nominal images alone, wherever they come from, and saves it: a run without tests and pictures. */
import {
  compose,
  type Dataset,
  type DetectorFitEvent,
  falseAlarmBound,
  fitDetector,
  type ImageReading,
  memoryBudget,
  parseMemory,
  type Registry,
  type ResolvedExperiment,
  repeatedImages,
  repeatedImagesNotes,
  type Sample,
  type StageTraining,
  sampleImages,
  savedRegion,
  scoreRange,
} from '@adfw/core';
import { seenImages } from '../data/image-warnings.js';
import { readData } from '../data/read-data.js';
import { readGeometry } from '../data/read-region.js';
import { type ImageInput, inputChecksum, readInput } from './image-input.js';
import { saveModel } from './model-folder.js';

/** What a fit is doing. */
export type FitEvent =
  | DetectorFitEvent
  /** Images read and checked. */
  | { type: 'images'; done: number; total: number }
  | { type: 'message' | 'warning'; message: string };

export interface ModelFit {
  readonly experiment: ResolvedExperiment;
  /** Nominal images, in an order that decides which are held out. */
  readonly images: readonly ImageInput[];
  /** Of those that are files; by default a file has one page, and 16 bits have their whole range. */
  readonly reading?: ImageReading;
  /** Of the model, in place of the one chosen from held-out images. */
  readonly threshold?: number;
  /** Where the model is saved; its parent is there. */
  readonly folder: string;
}

export interface FitReport {
  /** How many images were trained on, and how many held out. */
  readonly train: number;
  readonly validation: number;
  /** From which score on an image is anomalous; null where no image was held out and none was given. */
  readonly threshold: number | null;
  /** How many images it was chosen from, or can be judged by: those with scores of a model that did not learn from them. */
  readonly heldOut: number;
  /** How likely the next nominal image reaches it, at most, if it comes about as these did; null without them or a threshold. */
  readonly falseAlarmBound: number | null;
  /** How many held-out images the way it is chosen needs, where there are fewer; absent where there are as many. */
  readonly heldOutWanted?: number;
  /** The epoch each learner was kept from, of each stage that trained. */
  readonly training: readonly StageTraining[];
  readonly trainSeconds: number;
}

/**
 * Fits and saves a model on the engine in use. The same images in the same order, read from files, give what a run gives.
 * @throws what composing and reading do; the signal's reason when it is aborted.
 */
export async function fitModel(
  registry: Registry,
  { experiment, images, reading = { page: null, levels: null }, threshold, folder }: ModelFit,
  { onProgress, signal }: { onProgress?: (event: FitEvent) => void; signal?: AbortSignal } = {},
): Promise<FitReport> {
  const stoppable = signal && { signal };
  const { frame: imageSize, inside } = await readGeometry(experiment);
  const composition = await compose(registry, experiment, {
    report: (message) => onProgress?.({ type: 'message', message }),
    ...stoppable,
  });
  try {
    const budget = memoryBudget(parseMemory(experiment.fit.cacheMemory));
    const dataset = givenImages(images, reading);
    const nominal = sampleImages(dataset, dataset.train, imageSize, budget);
    const seen = seenImages(dataset);
    const data = await readData(
      dataset,
      { train: nominal, test: sampleImages(dataset, [], imageSize, budget) },
      {
        onProgress: (done, total) => onProgress?.({ type: 'images', done, total }),
        onImage: seen.see,
        ...stoppable,
      },
    );
    const holdsOut = experiment.fit.validationFraction > 0;
    const warnings = [
      ...seen.warnings((levels) => `the option levels: ${levels}`),
      ...repeatedImagesNotes(repeatedImages(data), holdsOut),
    ];
    for (const message of warnings) onProgress?.({ type: 'warning', message });
    const fitted = await fitDetector(composition, nominal, {
      budget,
      region: inside,
      ...(onProgress && { onProgress }),
      ...stoppable,
    });
    const { train, validation, training, trainSeconds, heldOutScores, heldOutMapRange } = fitted;
    const deployed = threshold ?? fitted.threshold;
    await saveModel(folder, composition.model, {
      experiment,
      imageSize,
      ...(inside && { region: savedRegion(inside, imageSize) }),
      reading,
      thresholds: { deployed, benchmark: null },
      scoreRange: scoreRange([], heldOutScores).range,
      mapRange: heldOutMapRange,
      heldOutScores,
    });
    const { sufficient = 0 } = composition.deployedThreshold;
    const heldOut = heldOutScores.length;
    return {
      train,
      validation,
      threshold: deployed,
      heldOut,
      falseAlarmBound: deployed === null ? null : falseAlarmBound(heldOutScores, deployed),
      ...(threshold === undefined && sufficient > heldOut && { heldOutWanted: sufficient }),
      training,
      trainSeconds,
    };
  } finally {
    composition.dispose();
  }
}

function givenImages(images: readonly ImageInput[], reading: ImageReading): Dataset {
  const names = images.map((image, index) => (typeof image === 'string' ? image : `images[${index}]`));
  const train = names.map((id): Sample => ({ id, label: 0, defect: 'good' }));
  const given = new Map(train.map((sample, index) => [sample, images[index] as ImageInput]));
  const imageOf = (sample: Sample) => given.get(sample) as ImageInput;
  return {
    name: 'given images',
    category: null,
    reading,
    train,
    test: [],
    skipped: 0,
    image: (sample: Sample, size) => readInput(imageOf(sample), size, sample.id, reading),
    mask: async () => null,
    checksums: async (sample: Sample) => ({ image: await inputChecksum(imageOf(sample)), mask: null }),
  };
}
