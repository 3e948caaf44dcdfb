/**
 * What must hold for a thresholder: a finite threshold that does not depend on the order of images; one that tells apart what can be
 * told apart; a clear error where what it needs is missing.
 */
import { DataError } from '../contracts/errors.js';
import type { Report, Trial } from '../contracts/kind.js';
import type { ScoredImages, Thresholder } from '../contracts/threshold.js';
import { pixelsInMemory } from '../metrics/pixels/pixels.js';
import { attempt, messageOf, stop } from './trial.js';

const needs = ['nominal', 'labels', 'masks'] as const;
const pixelsPerImage = 4;

/** Scored images. */
interface Images {
  readonly scores: readonly number[];
  readonly labels: readonly number[];
  /** The pixels of each image, in a row, and which of them are defective. */
  readonly maps: readonly Float32Array[];
  readonly masks: readonly Uint8Array[];
}

/** Nominal images score 0.1 to 0.4, defective ones, where there are any, 0.6 to 0.9; one pixel has the image's score, others a tenth. */
function scoredImages(nominal: number, defective: number): Images {
  const between = (from: number, index: number, count: number) =>
    from + (0.3 * index) / Math.max(count - 1, 1);
  const scores = [
    ...Array.from({ length: nominal }, (_, index) => between(0.1, index, nominal)),
    ...Array.from({ length: defective }, (_, index) => between(0.6, index, defective)),
  ];
  const labels = scores.map((_, index) => (index < nominal ? 0 : 1));
  const pixels = Array.from({ length: pixelsPerImage }, (_, pixel) => pixel);
  return {
    scores,
    labels,
    maps: scores.map((score) => Float32Array.from(pixels, (pixel) => (pixel === 0 ? score : score / 10))),
    masks: labels.map((label) => Uint8Array.from(pixels, (pixel) => (pixel === 0 ? label : 0))),
  };
}

const noImages: Images = { scores: [], labels: [], maps: [], masks: [] };
const reversed = ({ scores, labels, maps, masks }: Images): Images => ({
  scores: [...scores].reverse(),
  labels: [...labels].reverse(),
  maps: [...maps].reverse(),
  masks: [...masks].reverse(),
});

/** Copies of what it needs: nominal scores alone where they suffice, masks only for what needs them. */
function whatItNeeds({ needs }: Thresholder, { scores, labels, maps, masks }: Images): ScoredImages {
  if (needs === 'nominal') return { scores: scores.filter((_, index) => labels[index] === 0) };
  const images = { scores: [...scores], labels: [...labels] };
  if (needs === 'labels') return images;
  const size = { height: 1, width: pixelsPerImage };
  return {
    ...images,
    pixels: pixelsInMemory(
      maps.map((map) => map.slice()),
      masks.map((mask) => mask.slice()),
      size,
    ),
  };
}

export async function checkThreshold({ create, report }: Trial<'threshold'>): Promise<void> {
  const thresholder = await create();
  if (!needs.includes(thresholder.needs))
    stop(report, `must say what it needs, one of ${needs.join(', ')}; found "${thresholder.needs}"`);
  const images = scoredImages(20, 10);
  const given = () => whatItNeeds(thresholder, images);
  const threshold = await attempt(report, 'threshold()', () => thresholder.threshold(given()));
  if (typeof threshold !== 'number' || !Number.isFinite(threshold))
    stop(report, `must give a finite number; found ${threshold}`);

  const kept = given();
  await attempt(report, 'threshold()', () => thresholder.threshold(kept));
  if ((await contentsOf(kept)) !== (await contentsOf(given())))
    report('must leave the scores and labels it is given as they are; it changed them');

  const turned = await attempt(report, 'threshold()', () =>
    thresholder.threshold(whatItNeeds(thresholder, reversed(images))),
  );
  if (turned !== threshold)
    report(`must not depend on the order of the images; found ${threshold}, and ${turned} in reverse order`);

  checkSeparation(thresholder, images, threshold, report);
  for (const [what, lacking] of lackings(thresholder, given()))
    await refuses(thresholder, what, lacking, report);
}

/** All its numbers. */
async function contentsOf({ scores, labels, pixels }: ScoredImages): Promise<string> {
  const read: unknown[] = [];
  for (let index = 0; index < (pixels?.length ?? 0); index++)
    read.push([...((await pixels?.map(index)) ?? [])], [...((await pixels?.mask(index)) ?? [])]);
  return JSON.stringify([Array.from(scores), Array.from(labels ?? []), read]);
}

function checkSeparation(
  { needs }: Thresholder,
  { scores, labels, maps, masks }: Images,
  threshold: number,
  report: Report,
): void {
  if (needs === 'nominal') {
    const nominal = scores.filter((_, index) => labels[index] === 0);
    const passing = nominal.filter((score) => score < threshold).length;
    if (passing < nominal.length / 2)
      report(
        `must let most nominal images pass; ${nominal.length - passing} of ${nominal.length} reach its ${threshold}`,
      );
    return;
  }
  const values = needs === 'masks' ? maps.flatMap((map) => [...map]) : scores;
  const truth = needs === 'masks' ? masks.flatMap((mask) => [...mask]) : labels;
  const wrong = values.filter((score, index) => score >= threshold !== (truth[index] === 1));
  if (wrong.length > 0)
    report(
      `must tell apart scores that one threshold tells apart (nominal up to 0.4, defective from 0.6); its ${threshold} is wrong for ${wrong.length} of ${values.length}`,
    );
}

function lackings(thresholder: Thresholder, given: ScoredImages): [what: string, images: ScoredImages][] {
  const none: [string, ScoredImages] = ['no images', whatItNeeds(thresholder, noImages)];
  if (thresholder.needs === 'nominal') return [none];
  const { pixels: _pixels, ...withoutMasks } = given;
  return thresholder.needs === 'masks'
    ? [none, ['no masks', withoutMasks]]
    : [none, ['no labels', { scores: given.scores }]];
}

async function refuses(
  thresholder: Thresholder,
  what: string,
  images: ScoredImages,
  report: Report,
): Promise<void> {
  let found: string;
  try {
    found = `it gave ${await thresholder.threshold(images)}`;
  } catch (error) {
    if (error instanceof DataError) return;
    found = `it threw "${messageOf(error)}"`;
  }
  report(`must throw a DataError that says what it needs where there are ${what}; ${found}`);
}
