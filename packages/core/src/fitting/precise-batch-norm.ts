import { add, div, mul, scalar, type Tensor, tidy, zerosLike } from '@tensorflow/tfjs-core';
import type { Learner } from '../contracts/stage.js';
import { disposeAll, restoreVariables } from '../tensors/stateful.js';

/** Statistics of a network that fit its weights, put together from batches. */
export interface PreciseStatistics {
  /**
   * Takes one more batch in; when it is done, the batch is not needed any more.
   * @param pass runs the network in `measure` on a batch.
   * @param images in that batch.
   */
  add(pass: () => void, images: number): Promise<void>;
  /** Sets the network's statistics to the mean over all images; without a batch they stay. */
  apply(): void;
  dispose(): void;
}

/**
 * Precise batch normalisation (Wu and Johnson 2021, "Rethinking 'Batch' in BatchNorm", section 3): running statistics lag
 * behind the weights, by tens of steps, so that a network in `eval` is not the one that was trained. Here they are computed anew,
 * with the weights standing still: the mean of the batches' own statistics, each weighted by its images.
 */
export function preciseStatistics({ statistics }: Required<Pick<Learner, 'statistics'>>): PreciseStatistics {
  let sums: Record<string, Tensor> = tidy(() =>
    Object.fromEntries(Object.entries(statistics).map(([name, value]) => [name, zerosLike(value)])),
  );
  let count = 0;
  return {
    async add(pass, images) {
      const next = tidy(() => {
        pass();
        // A tensor, not a number: it changes with the batch, and an engine that compiles a step sees one program.
        const weight = scalar(images);
        return Object.fromEntries(
          Object.entries(statistics).map(([name, value]) => [
            name,
            add(sums[name] as Tensor, mul(value, weight)),
          ]),
        );
      });
      disposeAll(sums);
      sums = next;
      count += images;
      // So that an engine which computes only when a value is asked for computes them.
      await Promise.all(Object.values(next).map((sum) => sum.data()));
    },
    apply() {
      if (count === 0) return;
      tidy(() => {
        const total = scalar(count);
        restoreVariables(
          statistics,
          Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, div(sum, total)])),
        );
      });
    },
    dispose: () => disposeAll(sums),
  };
}
