/**
 * What must hold for a dataset: samples with unique ids in an order that stays; images and masks of the size that is asked for; masks that fit
 * the labels.
 */
import type { Dataset, Mask, RgbImage, Sample, UnlabelledSample } from '../contracts/dataset.js';
import type { Report, Trial } from '../contracts/kind.js';
import type { Size } from '../contracts/size.js';
import { nominalSamples, scoredSamples } from '../images/dataset-splits.js';
import { attempt, stop } from './trial.js';

/** Of the training samples, the nominal and the defective test samples, as many are read. */
const samplesRead = 4;

export async function checkDataset({ create, imageSize, report }: Trial<'dataset'>): Promise<void> {
  const dataset = await create();
  const [height, width] = imageSize;
  const size = { height, width };
  checkDescription(dataset, report);
  checkSamples(dataset, report);
  const again = await create();
  const [order, orderAgain] = [dataset, again].map((each) =>
    allSamples(each)
      .map(({ id }) => id)
      .join('\n'),
  );
  if (order !== orderAgain) report('must give the same samples in the same order when it is made again');

  const { train, validation = [], test, unlabelled = [] } = dataset;
  const nominal = test.filter(({ label }) => label === 0).slice(0, samplesRead);
  const defective = test.filter(({ label }) => label === 1).slice(0, samplesRead);
  const others = [train, validation, unlabelled].flatMap((samples): readonly (Sample | UnlabelledSample)[] =>
    samples.slice(0, samplesRead),
  );
  for (const sample of [...others, ...nominal, ...defective]) await checkImage(dataset, sample, size, report);
  for (const sample of [...nominal, ...defective]) await checkMask(dataset, sample, size, report);
  for (const sample of [...others, ...nominal, ...defective]) await checkChecksums(dataset, sample, report);
}

const allSamples = (dataset: Dataset) => [...nominalSamples(dataset), ...scoredSamples(dataset)];

function checkDescription({ name, category, train, skipped, leftOut }: Dataset, report: Report): void {
  if (name === '') report('must have a name; it is empty');
  if (category !== null && typeof category !== 'string')
    report(`must say its category, a string or null; found ${category}`);
  if (!Number.isInteger(skipped) || skipped < 0)
    report(`must count what it left out in skipped, an integer from 0; found ${skipped}`);
  if (leftOut !== undefined && !(leftOut.count >= leftOut.files?.length))
    report(
      `must count the files that are no images in leftOut.count, and name some of them in leftOut.files; found ${JSON.stringify(leftOut)}`,
    );
  if (train.length === 0) stop(report, 'must have nominal images to train on; train is empty');
}

function checkSamples(dataset: Dataset, report: Report): void {
  const { train, validation = [], test, unlabelled = [] } = dataset;
  const isDefective = ({ label }: Pick<Sample, 'label'>) => label !== 0;
  const notNominal = train.find(isDefective);
  if (notNominal)
    report(`must train on nominal samples alone; the label of ${notNominal.id} is ${notNominal.label}`);
  const heldOut = validation.find(isDefective);
  if (heldOut) report(`must hold out nominal samples alone; the label of ${heldOut.id} is ${heldOut.label}`);
  const known = unlabelled.find(({ label, defect }) => label !== null || defect !== null);
  if (known)
    report(
      `must say of unlabelled samples neither a label nor a defect, null for both; ${known.id} has ${known.label} and ${known.defect}`,
    );
  const badLabel = test.find(({ label }) => label !== 0 && label !== 1);
  if (badLabel) report(`must label samples 0 or 1; the label of ${badLabel.id} is ${badLabel.label}`);
  const badDefect = [...train, ...validation, ...test].find(
    ({ label, defect }) =>
      typeof defect !== 'string' || defect === '' || (defect === 'good') !== (label === 0),
  );
  if (badDefect)
    report(
      `must call the defect of nominal samples "good" and that of others otherwise; ${badDefect.id} has the label ${badDefect.label} and the defect "${badDefect.defect}"`,
    );
  const seen = new Set<string>();
  for (const { id } of allSamples(dataset)) {
    if (seen.has(id)) {
      report(`must give every sample an id of its own; two are called ${id}`);
      return;
    }
    seen.add(id);
  }
}

async function checkImage(
  dataset: Dataset,
  sample: Sample | UnlabelledSample,
  size: Size,
  report: Report,
): Promise<void> {
  const image = await attempt(report, `image(${sample.id})`, () => dataset.image(sample, size));
  checkSize(`image(${sample.id})`, image, size, 3, report);
  const again = await attempt(report, `image(${sample.id})`, () => dataset.image(sample, size));
  if (image.data.some((value, at) => value !== again.data[at]))
    report(`must give the same pixels each time; image(${sample.id}) gave others`);
  for (const fit of ['pad', 'crop'] as const) {
    const what = `image(${sample.id}) with ${fit}`;
    const shown = await attempt(report, what, () => dataset.image(sample, { ...size, fit }));
    const [down, across] = [shown.height - size.height, shown.width - size.width];
    const reaches = fit === 'pad' ? Math.max(down, across) === 0 : Math.min(down, across) === 0;
    if (!reaches)
      report(
        `must resize images to what shownSize makes of the frame and its fit; ${what} of ${size.height}x${size.width} is ${shown.height}x${shown.width}`,
      );
  }
}

async function checkMask(dataset: Dataset, sample: Sample, size: Size, report: Report): Promise<void> {
  const what = `mask(${sample.id})`;
  const mask = await attempt(report, what, () => dataset.mask(sample, size));
  if (mask === null) {
    if (sample.label === 0) report(`must give a mask of zeros for a nominal sample; ${what} gave null`);
    return;
  }
  checkSize(what, mask, size, 1, report);
  const odd = mask.data.find((value) => value > 1);
  if (odd !== undefined) report(`must give masks of 0 and 1; ${what} has ${odd}`);
  if (sample.label === 0 && mask.data.some((value) => value !== 0))
    report(`must give a mask of zeros for a nominal sample; ${what} marks defective pixels`);
  await checkMasks(dataset, sample, mask, report);
}

async function checkMasks(dataset: Dataset, sample: Sample, mask: Mask, report: Report): Promise<void> {
  if (dataset.masks === undefined) return;
  const what = `masks(${sample.id})`;
  const size = { height: mask.height, width: mask.width };
  const masks = await attempt(report, what, async () => (await dataset.masks?.(sample, size)) ?? []);
  for (const each of masks) {
    checkSize(what, each, size, 1, report);
    const area = each.data.reduce((sum, pixel) => sum + pixel, 0);
    const { saturation = area } = each;
    if (!(saturation > 0 && saturation <= area))
      report(
        `must give a mask of ${area} pixels a saturation above 0 and at most that; ${what} has ${saturation}`,
      );
  }
  if (mask.data.some((value, at) => value !== Number(masks.some(({ data }) => data[at] === 1))))
    report(`must give the union of all masks of a sample as its mask; ${what} and mask(${sample.id}) differ`);
}

async function checkChecksums(
  dataset: Dataset,
  sample: Sample | UnlabelledSample,
  report: Report,
): Promise<void> {
  if (dataset.checksums === undefined) return;
  const what = `checksums(${sample.id})`;
  const [given, again] = [
    await attempt(report, what, async () => dataset.checksums?.(sample)),
    await attempt(report, what, async () => dataset.checksums?.(sample)),
  ];
  const isDigest = (value: unknown) => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
  if (!isDigest(given?.image) || !(given?.mask === null || isDigest(given?.mask)))
    report(`must give SHA-256 digests, or none at all; ${what} gave ${JSON.stringify(given)}`);
  else if (given?.image !== again?.image || given?.mask !== again?.mask)
    report(`must give the same checksums each time; ${what} gave others`);
}

function checkSize(
  what: string,
  { height, width, data }: RgbImage | Mask,
  size: Size,
  channels: 1 | 3,
  report: Report,
): void {
  if (height !== size.height || width !== size.width)
    stop(
      report,
      `must give images and masks of the size that is asked for, ${size.height}x${size.width}; ${what} is ${height}x${width}`,
    );
  if (!(data instanceof Uint8Array) || data.length !== height * width * channels)
    stop(
      report,
      `must give ${height * width * channels} bytes for ${height}x${width} pixels of ${channels === 1 ? 'a mask' : 'an RGB image'}; ${what} has ${data?.length} in a ${data?.constructor.name}`,
    );
}
