/** Scores images of requests that come at the same time together. */
import { type DetectedImage, type Detector, type RgbImage, takesImagesOneByOne } from '@adfw/core';

export interface BatchScorer {
  /**
   * The score of one image, and its anomaly map where the model has them.
   * @param signal takes an image that still waits out of the queue, and ends a search for it.
   * @throws what the detector throws, or the signal's reason.
   */
  score(image: RgbImage, signal: AbortSignal): Promise<DetectedImage>;
  /** Images that wait for a batch. */
  readonly waiting: number;
  /** How long an image has taken lately, in seconds; 0 before the first one. */
  readonly secondsPerImage: number;
}

export interface BatchScorerOptions {
  /** Images that are scored at once. */
  readonly batch: number;
  /** Milliseconds that the first image waits for others while nothing is being scored. */
  readonly batchDelay: number;
  readonly onBatch?: (images: number, seconds: number) => void;
}

interface Waiting {
  readonly image: RgbImage;
  readonly signal: AbortSignal;
  readonly resolve: (detected: DetectedImage) => void;
  readonly reject: (reason: unknown) => void;
}

/** Of the time an image takes: how much the last batch counts. */
const RECENCY = 0.2;

/**
 * One batch is scored at a time, and what arrives meanwhile is the next one: under load batches fill up by themselves. Batches have
 * one of few sizes ({@link batchSizes}), since an engine compiles a network for each.
 * @param detector scores elsewhere than on the event loop.
 */
export function batchScorer(
  detector: Detector,
  { batch, batchDelay, onBatch }: BatchScorerOptions,
): BatchScorer {
  const queue = new Set<Waiting>();
  const sizes = batchSizes(batch);
  let scoring = false;
  let timer: NodeJS.Timeout | undefined;
  let secondsPerImage = 0;

  function begin(): void {
    clearTimeout(timer);
    timer = undefined;
    const size = sizes.findLast((candidate) => candidate <= queue.size);
    if (size !== undefined) void score([...queue].slice(0, size));
  }

  async function score(images: readonly Waiting[]): Promise<void> {
    scoring = true;
    for (const image of images) queue.delete(image);
    const start = performance.now();
    // What is no search, and has no tiles, is done before long, and stays one batch at a time.
    const signal = takesImagesOneByOne(detector)
      ? whenAllAborted(images.map(({ signal }) => signal))
      : undefined;
    try {
      const detected = await detector.detect(
        images.map(({ image }) => image),
        { signal },
      );
      images.forEach(({ resolve }, index) => {
        resolve(detected[index] as DetectedImage);
      });
    } catch (error) {
      for (const { reject } of images) reject(error);
    }
    const seconds = (performance.now() - start) / 1000;
    const each = seconds / images.length;
    // What was ended says nothing of how long an image takes.
    if (!signal?.aborted)
      secondsPerImage += secondsPerImage === 0 ? each : RECENCY * (each - secondsPerImage);
    onBatch?.(images.length, seconds);
    scoring = false;
    begin();
  }

  return {
    score(image, signal) {
      if (signal.aborted) return Promise.reject(signal.reason);
      return new Promise((resolve, reject) => {
        const leave = () => {
          if (queue.delete(waiting)) reject(signal.reason);
        };
        const settled =
          <T>(settle: (value: T) => void) =>
          (value: T) => {
            signal.removeEventListener('abort', leave);
            settle(value);
          };
        const waiting: Waiting = { image, signal, resolve: settled(resolve), reject: settled(reject) };
        signal.addEventListener('abort', leave);
        queue.add(waiting);
        if (scoring) return;
        if (queue.size >= batch || batchDelay === 0) begin();
        else timer ??= setTimeout(begin, batchDelay);
      });
    },
    get waiting() {
      return queue.size;
    },
    get secondsPerImage() {
      return secondsPerImage;
    },
  };
}

/** Aborts when nobody waits any more. */
function whenAllAborted(signals: readonly AbortSignal[]): AbortSignal {
  const stop = new AbortController();
  const one = ({ target }: Event) => {
    if (signals.every(({ aborted }) => aborted)) stop.abort((target as AbortSignal).reason);
  };
  for (const signal of signals) signal.addEventListener('abort', one, { once: true });
  return stop.signal;
}

/** Powers of two up to the largest batch, and that: any number of images is a sum of few of them, and none is filled up. */
export function batchSizes(largest: number): number[] {
  const sizes: number[] = [];
  for (let size = 1; size < largest; size *= 2) sizes.push(size);
  return [...sizes, largest];
}
