import {
  adam,
  type Checkpoint,
  type CheckpointStore,
  DataError,
  disposeAll,
  imagesTensor,
  type PixelBuffer,
  prefixed,
  type RgbImage,
  tf,
  withPrefix,
} from '@adfw/core';
import { cosineDecay } from './cosine-decay.js';
import { cropBatches } from './crops.js';
import type { PretrainingImages } from './images.js';
import type { PretrainingTask } from './task.js';

/** What the steps since the record before did, or since the start. */
export interface PretrainingRecord {
  /** The last of these steps, from 1. */
  step: number;
  /** Mean over the steps. */
  loss: number;
  /** The same of each of its terms. */
  terms: Record<string, number>;
  imagesPerSecond: number;
  seconds: number;
}

export type PretrainingEvent =
  /** Crops that the task was fitted to. */
  | { type: 'fit'; done: number; total: number }
  /** After which step. */
  | { type: 'resumed'; step: number; seconds: number }
  | { type: 'step'; step: number; steps: number; loss: number; imagesPerSecond: number; secondsLeft: number }
  | { type: 'record'; steps: number; record: PretrainingRecord };

export interface Pretraining {
  task: PretrainingTask;
  images: PretrainingImages;
  steps: number;
  batchSize: number;
  /** Adam's, at its highest: it rises over the first twentieth of the steps and then falls to 0 ({@link cosineDecay}). */
  learningRate: number;
  /** Decides the crops. */
  seed: number;
  /** Steps between records, each with a checkpoint. */
  recordEvery: number;
  /** Crops that a task is fitted to before the first step; 512 by default. */
  fitCrops?: number;
  checkpoints?: CheckpointStore<PretrainingRecord>;
  onProgress?: (event: PretrainingEvent) => void;
  /** Stops after the step under way; training goes on from the last checkpoint when called again. */
  signal?: AbortSignal;
}

/** The share of the steps in which the learning rate rises. */
const WARMUP = 0.05;

/**
 * Trains a task's network on random crops of images, with Adam. A training that was interrupted goes on from its last checkpoint,
 * to the same numbers.
 *
 * @throws DataError where there are no images, one cannot be read, or the loss stops being a number.
 * @throws the signal's reason when it is aborted.
 */
export async function pretrain(pretraining: Pretraining): Promise<{ history: PretrainingRecord[] }> {
  const { task, images, steps, batchSize, seed, recordEvery, checkpoints, onProgress, signal } = pretraining;
  const crops = { size: task.cropSize, batchSize, seed, pairs: task.pairs };
  const variables = { ...task.parameters, ...task.statistics };
  const decay = cosineDecay(steps, Math.floor(WARMUP * steps));
  const optimizer = adam({
    learningRate: (step) => pretraining.learningRate * decay(step),
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    weightDecay: 0,
  });
  try {
    if (images.length === 0) throw new DataError('There are no images to learn from.');
    const history: PretrainingRecord[] = [];
    const saved = await checkpoints?.load();
    if (saved) {
      history.push(...saved.history);
      try {
        restore(variables, optimizer, saved);
      } finally {
        disposeAll(saved.tensors);
      }
      const seconds = history.reduce((sum, record) => sum + record.seconds, 0);
      onProgress?.({ type: 'resumed', step: history.at(-1)?.step ?? 0, seconds });
    }
    const first = (history.at(-1)?.step ?? 0) + 1;
    if (first <= steps) await fitTask(pretraining);

    const buffer: PixelBuffer = { pixels: new Float32Array(0) };
    const meter = lossMeter();
    const start = performance.now();
    let since = start;
    const cropsOf = cropBatches(images, crops);
    let next = first <= steps ? cropsOf(first) : null;
    for (let step = first; step <= steps; step++) {
      signal?.throwIfAborted();
      const batch = await (next as Promise<RgbImage[]>);
      next = step < steps ? cropsOf(step + 1) : null;
      // An image that cannot be read is reported when its batch comes, not as an unhandled rejection before.
      next?.catch(() => undefined);
      const terms = await trainStep(task, optimizer, batch, buffer);
      const loss = sum(Object.values(terms));
      if (!Number.isFinite(loss))
        throw new DataError(
          `Training diverged: the loss became ${loss} in step ${step}. Lower the learning rate (--learning-rate), which is ${pretraining.learningRate}.`,
        );
      meter.add(loss, terms);

      const now = performance.now();
      const imagesPerSecond = ((step - first + 1) * batchSize) / ((now - start) / 1000);
      const secondsLeft = ((steps - step) * batchSize) / imagesPerSecond;
      onProgress?.({ type: 'step', step, steps, loss, imagesPerSecond, secondsLeft });
      if (step % recordEvery !== 0 && step !== steps) continue;
      const seconds = (now - since) / 1000;
      const taken = step - (history.at(-1)?.step ?? 0);
      history.push({ step, ...meter.take(), imagesPerSecond: (taken * batchSize) / seconds, seconds });
      since = now;
      await checkpoints?.save({
        history,
        tensors: { ...prefixed(variables, 'network'), ...prefixed(optimizer.state(), 'optimizer') },
      });
      onProgress?.({ type: 'record', steps, record: history.at(-1) as PretrainingRecord });
    }
    return { history };
  } finally {
    optimizer.dispose();
  }
}

/** One step; the terms of the loss before it. */
async function trainStep(
  task: PretrainingTask,
  optimizer: ReturnType<typeof adam>,
  batch: readonly RgbImage[],
  buffer: PixelBuffer,
): Promise<Record<string, number>> {
  const terms = tf.tidy(() => {
    const images = imagesTensor(batch, undefined, buffer);
    const targets = task.targets?.(images) ?? {};
    const variables = Object.entries(task.parameters);
    let parts: Record<string, tf.Scalar> = {};
    const { grads } = tf.variableGrads(
      () => {
        parts = task.loss(images, targets);
        for (const part of Object.values(parts)) tf.keep(part);
        return tf.addN(Object.values(parts));
      },
      variables.map(([, variable]) => variable),
    );
    const byParameter = Object.fromEntries(
      variables.flatMap(([name, variable]) => {
        const gradient = grads[variable.name];
        return gradient ? [[name, gradient]] : [];
      }),
    );
    optimizer.step(task.parameters, byParameter);
    return parts;
  });
  const values: Record<string, number> = {};
  for (const [name, term] of Object.entries(terms)) {
    values[name] = (await term.data())[0] as number;
    term.dispose();
  }
  return values;
}

async function fitTask(pretraining: Pretraining): Promise<void> {
  const { task, images, batchSize, seed, fitCrops = 512, onProgress, signal } = pretraining;
  if (!task.fit) return;
  const batches = Math.ceil(fitCrops / batchSize);
  // Of a seed of its own, so that these are not the first ones that are learnt from.
  const cropsOf = cropBatches(images, { size: task.cropSize, batchSize, seed: seed + 1 });
  async function* crops() {
    for (let batch = 1; batch <= batches; batch++) {
      signal?.throwIfAborted();
      const tensor = imagesTensor(await cropsOf(batch));
      try {
        yield tensor;
      } finally {
        tensor.dispose();
      }
      onProgress?.({ type: 'fit', done: batch * batchSize, total: batches * batchSize });
    }
  }
  await task.fit(crops());
}

function restore(
  variables: Readonly<Record<string, tf.Variable>>,
  optimizer: ReturnType<typeof adam>,
  { tensors }: Checkpoint<PretrainingRecord>,
): void {
  const network = withPrefix(tensors, 'network');
  for (const [name, variable] of Object.entries(variables)) {
    const shape = network[name]?.shape;
    if (shape?.join() !== variable.shape.join())
      throw new DataError(
        `The checkpoint does not fit this network: "${name}" should be [${variable.shape}], and ${shape ? `is [${shape}]` : 'is missing'}.`,
      );
  }
  tf.tidy(() => {
    for (const [name, variable] of Object.entries(variables))
      variable.assign((network[name] as tf.Tensor).clone());
  });
  optimizer.restore(withPrefix(tensors, 'optimizer'));
}

/** Means of losses. */
function lossMeter() {
  let count = 0;
  let total = 0;
  let byTerm: Record<string, number> = {};
  return {
    add(loss: number, terms: Readonly<Record<string, number>>) {
      count += 1;
      total += loss;
      for (const [name, value] of Object.entries(terms)) byTerm[name] = (byTerm[name] ?? 0) + value;
    },
    /** The means, and starts anew. */
    take(): { loss: number; terms: Record<string, number> } {
      const means = Object.fromEntries(Object.entries(byTerm).map(([name, value]) => [name, value / count]));
      const loss = total / count;
      [count, total, byTerm] = [0, 0, {}];
      return { loss, terms: means };
    },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
