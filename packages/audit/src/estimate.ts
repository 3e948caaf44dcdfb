/** What a run will take, from a trial of its model on a batch of the images. */
import {
  type Composition,
  type FitEvent,
  fit,
  type ImageSource,
  imageDetector,
  imagesTensor,
  type Learnable,
  memoryBudget,
  parseMemory,
  pickImages,
  type RgbImage,
  type Stage,
  takesImagesOneByOne,
  tf,
  tileCount,
  tiledImages,
  tilesOf,
} from '@adfw/core';

export interface RunEstimate {
  readonly method: string;
  /** Images that are fitted to, held out, and scored at the end. */
  readonly images: { readonly train: number; readonly heldOut: number; readonly scored: number };
  /** Tiles that an image is cut into, each of which is an image to the model; 1 without tiles. */
  readonly tiles: number;
  readonly batchSize: number;
  readonly stages: readonly StageEstimate[];
  /** How often an image goes through the frozen network while the model is fitted; 0 where it has none. */
  readonly featurePasses: number;
  readonly seconds: {
    /** Reading and checking all images and masks. */
    readonly reading: number;
    readonly fitting: number;
    /** null where it cannot be told. */
    readonly scoring: number | null;
  };
  readonly cache: {
    /** Bytes that all decoded images take, and the features of the frozen network, if all are kept. */
    readonly images: number;
    readonly features: number;
    /** What there may be of them. */
    readonly limit: number;
  };
  /** What the estimate leaves out, a sentence each. */
  readonly notes: readonly string[];
}

export interface StageEstimate {
  readonly name: string;
  /** null of a stage that looks at images once, and does not train. */
  readonly epochs: number | null;
  readonly steps: number | null;
  readonly seconds: number;
}

export interface EstimateRequest {
  readonly composition: Composition;
  /** At least one, of the experiment's size; nominal. */
  readonly images: readonly RgbImage[];
  readonly counts: { readonly train: number; readonly heldOut: number; readonly scored: number };
  readonly readingSeconds: number;
  readonly signal?: AbortSignal | undefined;
}

/** Steps of a trial; the first compiles. */
const STEPS = 3;

/** A forward pass, of a step with gradients. */
const FORWARD_SHARE = 1 / 3;

/**
 * Fits the composition's model to one batch, a few steps of each stage, and scores that: what a run repeats takes so long as often as it
 * is repeated. The model is of no use afterwards.
 * @throws what fitting throws; the signal's reason when it is aborted.
 */
export async function estimateRun(request: EstimateRequest): Promise<RunEstimate> {
  const { composition, counts, readingSeconds, signal } = request;
  const { experiment, model } = composition;
  const { batchSize } = experiment.fit;
  const cut = tilesOf(experiment);
  const tiles = cut ? tileCount(cut.grid) : 1;
  const whole = repeated(request.images, Math.ceil(batchSize / tiles));
  const learnt = cut ? tiledImages(whole, cut.grid) : whole;
  const batch = pickImages(
    learnt,
    Array.from({ length: batchSize }, (_, at) => at % learnt.length),
  );
  const units = { train: counts.train * tiles, heldOut: counts.heldOut * tiles };
  const limit = parseMemory(experiment.fit.cacheMemory);
  const features = await timedFeatures(model, batch);
  const images = counts.train + counts.heldOut + counts.scored;
  const imageBytes = images * whole.size[0] * whole.size[1] * 3;
  const featureBytes = (units.train + units.heldOut) * features.bytes;
  const kept = Math.min(1, Math.max(0, limit - imageBytes) / Math.max(1, featureBytes));

  const notes: string[] = [];
  const stages: StageEstimate[] = [];
  let passes = 0;
  for (const stage of model.stages) {
    signal?.throwIfAborted();
    const trial = await timedStage(model, stage, batch, { batchSize, seed: experiment.seed, signal });
    if (trial.searches)
      notes.push(
        `The stage ${stage.name} works on what it has seen, which takes longer the more images there are: its time is the least that it takes.`,
      );
    const [estimate, stagePasses] = stageEstimate(stage, trial, { ...units, batchSize, features, kept });
    stages.push(estimate);
    passes += stagePasses;
  }
  const secondsPerImage = await timedScoring(composition, whole, { batchSize, signal });
  return {
    method: experiment.method,
    images: counts,
    tiles,
    batchSize,
    stages,
    featurePasses: model.backbone ? Math.round(passes) : 0,
    seconds: {
      reading: readingSeconds,
      fitting:
        stages.reduce((sum, { seconds }) => sum + seconds, 0) *
        (experiment.fit.folds === null ? 1 : 1 + experiment.fit.folds),
      scoring: secondsPerImage === null ? null : secondsPerImage * (counts.scored + counts.heldOut),
    },
    cache: { images: imageBytes, features: featureBytes, limit },
    notes,
  };
}

function repeated(images: readonly RgbImage[], length: number): ImageSource {
  const [{ height, width }] = images as [RgbImage];
  return {
    length,
    size: [height, width],
    image: async (index) => images[index % images.length] as RgbImage,
  };
}

interface FeatureTime {
  /** An image. */
  readonly seconds: number;
  readonly bytes: number;
}

async function timedFeatures(model: Learnable, batch: ImageSource): Promise<FeatureTime> {
  const { backbone, normalization } = model;
  if (!backbone) return { seconds: 0, bytes: 0 };
  const images = await Promise.all(Array.from({ length: batch.length }, (_, index) => batch.image(index)));
  let [seconds, bytes] = [0, 0];
  // The first time networks are compiled.
  for (let time = 0; time < 2; time++) {
    const start = performance.now();
    const pyramid = tf.tidy(() => backbone.features(imagesTensor(images, normalization), 'eval'));
    const layers = Object.values(pyramid);
    for (const layer of layers) await layer.data();
    seconds = (performance.now() - start) / 1000 / images.length;
    bytes = layers.reduce((sum, { size }) => sum + (4 * size) / images.length, 0);
    tf.dispose(layers);
  }
  return { seconds, bytes };
}

interface StageTime {
  /** Of a step, or of looking at one batch. */
  readonly seconds: number;
  /** Whether it works on what it has seen, beyond looking at it. */
  readonly searches: boolean;
}

async function timedStage(
  model: Learnable,
  stage: Stage,
  batch: ImageSource,
  { batchSize, seed, signal }: { batchSize: number; seed: number; signal: AbortSignal | undefined },
): Promise<StageTime> {
  const own: Stage =
    'gather' in stage
      ? { ...stage, on: 'train' }
      : { ...stage, epochs: 1, stepsPerEpoch: STEPS, keep: 'last', patience: null, preciseBatchNorm: false };
  const times: number[] = [performance.now()];
  let searches = false;
  const onProgress = (event: FitEvent) => {
    if (event.type === 'step') times.push(performance.now());
    if (event.type === 'gathering') searches = true;
  };
  const trial: Learnable = Object.create(model, { stages: { value: [own] } });
  await fit(
    trial,
    { train: batch, heldOut: pickImages(batch, []) },
    {
      batchSize,
      seed,
      budget: memoryBudget(Number.MAX_SAFE_INTEGER),
      onProgress,
      ...(signal && { signal }),
    },
  );
  const end = performance.now();
  if ('gather' in stage) return { seconds: (end - (times[0] as number)) / 1000, searches };
  const [before, last] = [times.at(-2) as number, times.at(-1) as number];
  return { seconds: (last - before) / 1000, searches };
}

interface StageScale {
  readonly train: number;
  readonly heldOut: number;
  readonly batchSize: number;
  readonly features: FeatureTime;
  /** The share of all features that is kept. */
  readonly kept: number;
}

/** @returns also how many images go through the frozen network. */
function stageEstimate(
  stage: Stage,
  { seconds }: StageTime,
  { train, heldOut, batchSize, features, kept }: StageScale,
): [StageEstimate, number] {
  const { name } = stage;
  if ('gather' in stage) {
    const looked = stage.on === 'heldOut' && heldOut > 0 ? heldOut : train;
    const batches = looked / batchSize;
    return [{ name, epochs: null, steps: null, seconds: seconds * batches }, looked];
  }
  const { epochs, stepsPerEpoch = Math.ceil(train / batchSize) } = stage;
  const steps = epochs * stepsPerEpoch;
  const tries = epochs * Math.ceil(heldOut / batchSize) * seconds * FORWARD_SHARE;
  const isAugmented = stage.augment !== undefined || (stage.augmentations ?? []).length > 0;
  // With augmentation features are computed in each step, and are in its time.
  const again = isAugmented ? 0 : (train + heldOut) * (1 + (1 - kept) * (epochs - 1));
  const passes = isAugmented ? steps * batchSize : again;
  return [{ name, epochs, steps, seconds: seconds * steps + tries + again * features.seconds }, passes];
}

/** Of an image; null where the trial's model cannot score. */
async function timedScoring(
  { model, experiment }: Composition,
  whole: ImageSource,
  { batchSize, signal }: { batchSize: number; signal: AbortSignal | undefined },
): Promise<number | null> {
  try {
    const detector = imageDetector(model, tilesOf(experiment));
    const length = takesImagesOneByOne(detector) ? 1 : Math.min(batchSize, whole.length);
    const images = await Promise.all(Array.from({ length }, (_, index) => whole.image(index)));
    let seconds = 0;
    for (let time = 0; time < (detector.searches ? 1 : 2); time++) {
      const start = performance.now();
      await detector.detect(images, { signal });
      seconds = (performance.now() - start) / 1000 / length;
    }
    return seconds;
  } catch {
    signal?.throwIfAborted();
    return null;
  }
}
