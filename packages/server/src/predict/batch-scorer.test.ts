import type { DetectedImage, Detector, RgbImage } from '@adfw/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { batchScorer, batchSizes } from './batch-scorer.js';

/** An image that is told from others by its width. */
const image = (width: number): RgbImage => ({ height: 1, width, data: new Uint8Array(3 * width) });
const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  vi.useRealTimers();
});

/** A detector whose batches end when they are told to; a score says whose it is. */
function slowDetector() {
  const batches: { images: number[]; end: (error?: Error) => void }[] = [];
  return {
    batches,
    detect: (images: readonly RgbImage[]) =>
      new Promise<DetectedImage[]>((resolve, reject) => {
        batches.push({
          images: images.map(({ width }) => width),
          end: (error) =>
            error ? reject(error) : resolve(images.map(({ width }) => ({ score: width, map: null }))),
        });
      }),
  };
}

describe('batchSizes', () => {
  it('are powers of two and the largest', () => {
    expect([1, 2, 3, 8, 12].map(batchSizes)).toEqual([
      [1],
      [1, 2],
      [1, 2, 3],
      [1, 2, 4, 8],
      [1, 2, 4, 8, 12],
    ]);
  });
});

describe('batchScorer', () => {
  it('scores what arrives during a batch together, first come, first served, and gives each its own score', async () => {
    const detector = slowDetector();
    const scored: [number, number][] = [];
    const scorer = batchScorer(detector, {
      batch: 4,
      batchDelay: 0,
      onBatch: (images, seconds) => scored.push([images, seconds]),
    });
    const answers = [1, 2, 3, 4, 5, 6, 7].map((width) => scorer.score(image(width), never));
    expect(scorer.waiting).toBe(6);
    for (let batch = 0; batch < 3; batch++) {
      detector.batches[batch]?.end();
      await turn();
    }
    expect(detector.batches.map(({ images }) => images)).toEqual([[1], [2, 3, 4, 5], [6, 7]]);
    expect((await Promise.all(answers)).map(({ score }) => score)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(scored.map(([images]) => images)).toEqual([1, 4, 2]);
    expect(scorer.secondsPerImage).toBeGreaterThan(0);
    expect(scorer.waiting).toBe(0);
  });

  it('waits a moment for others while nothing is scored, but not when a batch is full', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const detector = slowDetector();
    const scorer = batchScorer(detector, { batch: 4, batchDelay: 20 });
    for (const width of [1, 2, 3]) void scorer.score(image(width), never);
    vi.advanceTimersByTime(19);
    expect(detector.batches).toEqual([]);
    void scorer.score(image(4), never);
    expect(detector.batches.map(({ images }) => images)).toEqual([[1, 2, 3, 4]]);
    detector.batches[0]?.end();
    await turn();

    void scorer.score(image(5), never);
    vi.advanceTimersByTime(19);
    expect(detector.batches).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(detector.batches[1]?.images).toEqual([5]);
  });

  it('leaves out images whose request has ended', async () => {
    const detector = slowDetector();
    const scorer = batchScorer(detector, { batch: 4, batchDelay: 0 });
    const first = scorer.score(image(1), never);
    const gone = new AbortController();
    const left = scorer.score(image(2), gone.signal);
    const stayed = scorer.score(image(3), never);
    gone.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    await expect(scorer.score(image(4), gone.signal)).rejects.toThrow('gone');
    detector.batches[0]?.end();
    await first;
    await turn();
    expect(detector.batches[1]?.images).toEqual([3]);
    detector.batches[1]?.end();
    expect((await stayed).score).toBe(3);
  });

  it('ends a search that nobody waits for any more, and goes on with the next', async () => {
    const signals: (AbortSignal | undefined)[] = [];
    const detector: Detector = {
      searches: true,
      detect: (images, { signal } = {}) => {
        signals.push(signal);
        return new Promise((resolve, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason));
          if (images.length === 1) resolve([{ score: 7, map: null }]);
        });
      },
    };
    const scorer = batchScorer(detector, { batch: 2, batchDelay: 1000 });
    const gone = [new AbortController(), new AbortController()] as const;
    const left = gone.map(({ signal }, index) => scorer.score(image(index + 1), signal));
    gone[0].abort(new Error('gone'));
    expect(signals.map((signal) => signal?.aborted)).toEqual([false]);
    gone[1].abort(new Error('gone too'));
    await Promise.all(left.map((answer) => expect(answer).rejects.toThrow('gone too')));
    expect(scorer.secondsPerImage).toBe(0);
    const alone = batchScorer(detector, { batch: 1, batchDelay: 0 });
    expect(await alone.score(image(3), never)).toEqual({ score: 7, map: null });
  });

  it('fails the images of a batch that fails, and goes on with the next', async () => {
    const detector = slowDetector();
    const scorer = batchScorer(detector, { batch: 2, batchDelay: 0 });
    const [first, second] = [1, 2].map((width) => scorer.score(image(width), never));
    detector.batches[0]?.end(new Error('out of memory'));
    await expect(first).rejects.toThrow('out of memory');
    await turn();
    detector.batches[1]?.end();
    expect(await second).toEqual({ score: 2, map: null });
  });
});
