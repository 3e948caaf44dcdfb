/** Scores and verdicts of images for a person. */
import type { Prediction } from '@adfw/runner';
import { count, formatScore } from './format.js';
import type { Colours } from './streams.js';
import { formatTable } from './table.js';

/** @param thresholdName what the threshold is that they were compared with: `deployed`, `given`. */
export function predictionsText(
  predictions: readonly Prediction[],
  thresholdName: string,
  { bold, dim, green, red }: Colours,
): string {
  const verdictOf = ({ verdict }: Prediction) =>
    verdict === null ? '-' : verdict === 'defective' ? red(verdict) : green(verdict);
  const rows = predictions.map((prediction) => [
    prediction.image,
    formatScore(prediction.score),
    prediction.normalizedScore === null ? '-' : prediction.normalizedScore.toFixed(3),
    verdictOf(prediction),
  ]);
  const table = formatTable([['image', 'score', 'normalised', 'verdict'].map(dim), ...rows], {
    align: ['left', 'right', 'right', 'left'],
  });
  return `${table}\n\n${summary(predictions, thresholdName, bold)}`;
}

function summary(
  predictions: readonly Prediction[],
  thresholdName: string,
  bold: (text: string) => string,
): string {
  const images = count(predictions.length, 'image');
  const threshold = predictions[0]?.threshold ?? null;
  if (threshold === null) return `${images} scored.`;
  const defective = predictions.filter(({ verdict }) => verdict === 'defective').length;
  const verdicts = `${bold(`${defective} of ${images}`)} defective at the ${thresholdName} threshold ${formatScore(threshold)}.`;
  return predictions[0]?.normalizedScore === null
    ? `${verdicts} There are no normalised scores: the model has seen no two images that score differently.`
    : verdicts;
}
