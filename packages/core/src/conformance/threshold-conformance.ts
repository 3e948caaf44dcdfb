/**
 * What must hold for a thresholder: a finite threshold that does not depend on the order of images; one that tells apart what can be
 * told apart; a clear error where what it needs is missing.
 */
import { DataError } from '../contracts/errors.js';
import type { ScoredImages, Thresholder } from '../contracts/threshold.js';
import { attempt, messageOf, type Report, stop, type Trial } from './trial.js';

const needs = ['nominal', 'labels', 'masks'] as const;
const pixelsPerImage = 4;

/** Nominal images score 0.1 to 0.4, defective ones, where there are any, 0.6 to 0.9; one pixel has the image's score, others a tenth. */
function scoredImages(nominal: number, defective: number, withPixels: boolean): Required<ScoredImages> {
  const between = (from: number, index: number, count: number) =>
    from + (0.3 * index) / Math.max(count - 1, 1);
  const scores = [
    ...Array.from({ length: nominal }, (_, index) => between(0.1, index, nominal)),
    ...Array.from({ length: defective }, (_, index) => between(0.6, index, defective)),
  ];
  const labels = scores.map((_, index) => (index < nominal ? 0 : 1));
  const pixels = scores.flatMap((score) =>
    Array.from({ length: pixelsPerImage }, (_, pixel) => (pixel === 0 ? score : score / 10)),
  );
  return {
    scores,
    labels,
    pixels: {
      scores: Float32Array.from(withPixels ? pixels : []),
      labels: Uint8Array.from(
        withPixels
          ? pixels.map((_, at) => (at % pixelsPerImage === 0 ? (labels[at / pixelsPerImage] ?? 0) : 0))
          : [],
      ),
    },
  };
}

export async function checkThreshold({ create, report }: Trial<'threshold'>): Promise<void> {
  const thresholder = await create();
  if (!needs.includes(thresholder.needs))
    stop(report, `must say what it needs, one of ${needs.join(', ')}; found "${thresholder.needs}"`);
  const given = whatItNeeds(thresholder, scoredImages(20, 10, true));
  const threshold = await attempt(report, 'threshold()', () => thresholder.threshold(copy(given)));
  if (typeof threshold !== 'number' || !Number.isFinite(threshold))
    stop(report, `must give a finite number; found ${threshold}`);

  const kept = copy(given);
  await attempt(report, 'threshold()', () => thresholder.threshold(kept));
  if (JSON.stringify(kept) !== JSON.stringify(copy(given)))
    report('must leave the scores and labels it is given as they are; it changed them');

  const turned = await attempt(report, 'threshold()', () => thresholder.threshold(reversed(given)));
  if (turned !== threshold)
    report(`must not depend on the order of the images; found ${threshold}, and ${turned} in reverse order`);

  checkSeparation(thresholder, given, threshold, report);
  for (const [what, lacking] of lackings(thresholder, given)) refuses(thresholder, what, lacking, report);
}

/** Nominal scores alone where they suffice, masks only for what needs them. */
function whatItNeeds(
  { needs }: Thresholder,
  { scores, labels, pixels }: Required<ScoredImages>,
): ScoredImages {
  if (needs === 'masks') return { scores, labels, pixels };
  if (needs === 'labels') return { scores, labels };
  return { scores: Array.from(scores).filter((_, index) => labels[index] === 0) };
}

function checkSeparation(
  { needs }: Thresholder,
  { scores, labels, pixels }: ScoredImages,
  threshold: number,
  report: Report,
): void {
  const [values, truth] = needs === 'masks' && pixels ? [pixels.scores, pixels.labels] : [scores, labels];
  if (needs === 'nominal') {
    const passing = Array.from(values).filter((score) => score < threshold).length;
    if (passing < values.length / 2)
      report(
        `must let most nominal images pass; ${values.length - passing} of ${values.length} reach its ${threshold}`,
      );
    return;
  }
  const wrong = Array.from(values).filter((score, index) => score >= threshold !== (truth?.[index] === 1));
  if (wrong.length > 0)
    report(
      `must tell apart scores that one threshold tells apart (nominal up to 0.4, defective from 0.6); its ${threshold} is wrong for ${wrong.length} of ${values.length}`,
    );
}

function lackings({ needs }: Thresholder, given: ScoredImages): [what: string, images: ScoredImages][] {
  const none: [string, ScoredImages] = [
    'no images',
    {
      scores: [],
      ...(given.labels && { labels: [] }),
      ...(given.pixels && { pixels: { scores: new Float32Array(0), labels: new Uint8Array(0) } }),
    },
  ];
  if (needs === 'nominal') return [none];
  const { pixels: _pixels, ...withoutMasks } = given;
  return needs === 'masks'
    ? [none, ['no masks', withoutMasks]]
    : [none, ['no labels', { scores: given.scores }]];
}

function refuses(thresholder: Thresholder, what: string, images: ScoredImages, report: Report): void {
  let found: string;
  try {
    found = `it gave ${thresholder.threshold(images)}`;
  } catch (error) {
    if (error instanceof DataError) return;
    found = `it threw "${messageOf(error)}"`;
  }
  report(`must throw a DataError that says what it needs where there are ${what}; ${found}`);
}

const copy = ({ scores, labels, pixels }: ScoredImages): ScoredImages => ({
  scores: Array.from(scores),
  ...(labels && { labels: Array.from(labels) }),
  ...(pixels && { pixels: { scores: pixels.scores.slice(), labels: pixels.labels.slice() } }),
});

const reversed = (images: ScoredImages): ScoredImages => {
  const { scores, labels, pixels } = copy(images);
  return {
    scores: Array.from(scores).reverse(),
    ...(labels && { labels: Array.from(labels).reverse() }),
    ...(pixels && { pixels: { scores: pixels.scores.reverse(), labels: pixels.labels.reverse() } }),
  };
};
