/** Images that a dataset holds more than once: links and copies of one file, whatever they are called. */
import { type DataFingerprint, firstOf, type SampleFingerprint } from './data-fingerprint.js';

/** Two samples of the same image, by their ids. */
export type Pair = readonly [id: string, other: string];

export interface RepeatedImages {
  /** A training image, and a test image that is the same. */
  readonly trainAndTest: readonly Pair[];
  /** A training image, and a later one that is the same. */
  readonly train: readonly Pair[];
  /** A nominal test image, and a defective one that is the same. */
  readonly contradictory: readonly Pair[];
}

export function repeatedImages({ train, test }: DataFingerprint): RepeatedImages {
  const trained = firstOfEach(train);
  const nominal = firstOfEach(test.filter(({ label }) => label === 0));
  return {
    trainAndTest: pairs(trained, test),
    train: pairs(trained, train),
    contradictory: pairs(
      nominal,
      test.filter(({ label }) => label === 1),
    ),
  };
}

/** The first sample of each image that is known. */
function firstOfEach(samples: readonly SampleFingerprint[]): ReadonlyMap<string, SampleFingerprint> {
  const first = new Map<string, SampleFingerprint>();
  for (const sample of samples)
    if (sample.image !== null && !first.has(sample.image)) first.set(sample.image, sample);
  return first;
}

const pairs = (
  first: ReadonlyMap<string, SampleFingerprint>,
  samples: readonly SampleFingerprint[],
): Pair[] =>
  samples.flatMap((sample) => {
    const same = sample.image === null ? undefined : first.get(sample.image);
    return same === undefined || same === sample ? [] : [[same.id, sample.id] as const];
  });

/**
 * What repeated images do to a result, a sentence each; none where there are none.
 * @param holdsOut whether some of the training images are held out, from which a threshold is chosen.
 */
export function repeatedImagesNotes(
  { trainAndTest, train, contradictory }: RepeatedImages,
  holdsOut: boolean,
): string[] {
  const some = (pairs: readonly Pair[]) => `(${firstOf(pairs.map(([one, other]) => `${one} = ${other}`))})`;
  const many = (pairs: readonly Pair[], what: string, one: string, several: string) =>
    `${pairs.length} ${what} ${pairs.length === 1 ? `image is ${one}` : `images are ${several}`}`;
  return [
    ...(trainAndTest.length > 0
      ? [
          `${many(trainAndTest, 'test', 'a training image', 'training images')} as well ${some(trainAndTest)}: what was trained on scores lower than new images do, so the measures are not those of unseen images.`,
        ]
      : []),
    ...(contradictory.length > 0
      ? [
          `${many(contradictory, 'defective test', 'a nominal one', 'nominal ones')} as well ${some(contradictory)}: whatever they are called is wrong once.`,
        ]
      : []),
    ...(train.length > 0
      ? [
          `${many(train, 'training', 'a copy of another', 'copies of others')} ${some(train)}${
            holdsOut
              ? ': where one is held out and the other trained on, it scores lower than new images do, and the deployed threshold is too low'
              : ''
          }.`,
        ]
      : []),
  ];
}
