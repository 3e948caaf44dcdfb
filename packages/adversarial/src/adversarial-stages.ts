/** What generative adversarial networks (Goodfellow et al. 2014) are trained with, whatever generates and whatever is told apart. */
import {
  DataError,
  type GatherStage,
  type Learner,
  type Mode,
  namedRandom,
  type Random,
  type Training,
  type TrainStage,
  tf,
  trainedBy,
} from '@adfw/core';

/** Mean of −log σ(logits): how far they are from saying "real". */
export const asReal = (logits: tf.Tensor): tf.Scalar => tf.mean<tf.Scalar>(tf.softplus(tf.neg(logits)));
/** Mean of −log(1 − σ(logits)): how far they are from saying "generated". */
export const asGenerated = (logits: tf.Tensor): tf.Scalar => tf.mean<tf.Scalar>(tf.softplus(logits));

/**
 * What a discriminator makes of real and of generated ones. Each batch is normalised by its own statistics; but where statistics are
 * measured, both go through at once, as those of the second alone would be kept for both.
 * @param judged of tensors of `[N, …]`, such as images and their codes, logits.
 * @param real as many tensors as there are `generated`.
 */
export function judgedBoth<Input extends readonly tf.Tensor[]>(
  judged: (input: Input, mode: Mode) => tf.Tensor,
  real: Input,
  generated: Input,
  mode: Mode,
): { readonly real: tf.Tensor; readonly generated: tf.Tensor } {
  if (mode !== 'measure') return { real: judged(real, mode), generated: judged(generated, mode) };
  const both = real.map((tensor, at) => tf.concat([tensor, generated[at] as tf.Tensor])) as unknown as Input;
  const [ofReal, ofGenerated] = tf.split(judged(both, mode), 2) as [tf.Tensor, tf.Tensor];
  return { real: ofReal, generated: ofGenerated };
}

/**
 * In each step the discriminator moves first, then the generator against the discriminator that this has left (Goodfellow et al. 2014,
 * algorithm 1, with one step of the discriminator). Neither's loss says which epoch is best: the last one is kept.
 */
export const adversarialStage = (
  discriminator: Learner,
  generator: Learner,
  training: Training,
): TrainStage => ({
  ...trainedBy(training),
  name: 'adversarial',
  learners: [discriminator, generator],
  keep: 'last',
  review: (epochs) => {
    const loss = epochs.at(-1)?.loss[discriminator.name] ?? Number.POSITIVE_INFINITY;
    if (loss >= WON) return [];
    return [
      `The discriminator has won: its loss was ${loss.toPrecision(2)} in the last epoch, below ${WON} (0.69 is a draw), so that the generator learns nothing from it. Train for fewer epochs, or with a lower learningRate.`,
    ];
  },
});

/** The mean cross-entropy below which a discriminator is near certain of every image; its gradient vanishes there (Arjovsky and Bottou 2017, theorem 2.4). */
const WON = 0.01;

/** The share of the nominal images' deviation below which what is generated is the same image again and again. */
const LEAST_VARIATION = 0.1;

/**
 * Notes a generator that has collapsed. The measure is that of Karras et al. 2018 (section 3): the standard deviation over images, of
 * each pixel and channel, averaged. That of what is generated is compared with that of nominal images.
 * @param generated as many images, for nominal ones.
 */
export const collapseStage = (
  generated: (images: tf.Tensor4D, random: Random) => tf.Tensor4D,
): GatherStage => ({
  name: 'collapse',
  async gather(batches, { total, seed, report }) {
    const random = namedRandom(seed, 'collapse');
    const moments: Float64Array[] = [];
    for await (const { images } of batches) {
      const sums = tf.tidy(() => {
        const given = generated(images, random);
        return [images, tf.square(images), given, tf.square(given)].map((x) => tf.sum(x, 0));
      });
      for (const [index, sum] of sums.entries()) {
        const values = await sum.data();
        moments[index] ??= new Float64Array(values.length);
        for (const [at, value] of values.entries())
          (moments[index] as Float64Array)[at] =
            ((moments[index] as Float64Array)[at] as number) + value / total;
      }
      tf.dispose(sums);
    }
    const [mean, square, givenMean, givenSquare] = moments as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const [nominal, given] = [meanDeviation(mean, square), meanDeviation(givenMean, givenSquare)];
    if (!Number.isFinite(given))
      throw new DataError(
        'Training diverged: what the generator gives for nominal images is not finite. Lower the learningRate of $.model.training.optimizer.',
      );
    if (total > 1 && given < LEAST_VARIATION * nominal)
      report?.(
        `The generator has collapsed: what it gives varies ${(given / nominal).toPrecision(2)} times as much as nominal images do, less than ${LEAST_VARIATION}. Train for longer, or from another seed.`,
      );
  },
});

/** The mean over pixels and channels of √(E[x²] − E[x]²). */
const meanDeviation = (mean: Float64Array, square: Float64Array): number =>
  mean.reduce((sum, value, at) => sum + Math.sqrt(Math.max(0, (square[at] as number) - value * value)), 0) /
  mean.length;
