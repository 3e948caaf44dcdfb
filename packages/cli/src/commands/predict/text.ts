/** Scores and verdicts of images for a person, line by line as they come. */
import { printableName } from '@adfw/core';
import type { Prediction } from '@adfw/runner';
import stringWidth from 'string-width';
import { count, formatScore } from '../../shared/format.js';
import type { Colours } from '../../shared/streams.js';
import { formatRow } from '../../shared/table.js';

/** What most scores take; one that takes more, such as `1.234e-10`, moves its line's end. */
const scoreWidth = 8;

export interface PredictionTable {
  readonly header: string;
  row(prediction: Prediction): string;
  /** The line of an image that cannot be scored. */
  unread(image: string): string;
  /** How many are defective. */
  summary(predictions: readonly Prediction[]): string;
}

/**
 * @param images all that there will be a line of: the table is as wide as they take.
 * @param thresholdName what the threshold is that they are compared with: `deployed`, `given`.
 */
export function predictionTable(
  images: readonly string[],
  thresholdName: string,
  { bold, dim, green, red, yellow }: Colours,
): PredictionTable {
  const titles = ['image', 'score', 'normalised', 'verdict'];
  const longest = images.reduce(
    (most, image) => Math.max(most, stringWidth(printableName(image))),
    'image'.length,
  );
  const columns = [
    { width: longest },
    { width: scoreWidth, align: 'right' },
    { width: 'normalised'.length, align: 'right' },
    { width: 'defective'.length },
  ] as const;
  const verdictOf = ({ verdict }: Prediction) =>
    verdict === null ? '-' : verdict === 'defective' ? red(verdict) : green(verdict);
  return {
    header: formatRow(titles.map(dim), columns),
    row: (prediction) =>
      formatRow(
        [
          printableName(prediction.image),
          formatScore(prediction.score),
          prediction.normalizedScore === null ? '-' : prediction.normalizedScore.toFixed(3),
          verdictOf(prediction),
        ],
        columns,
      ),
    unread: (image) => formatRow([printableName(image), '-', '-', yellow('cannot be scored')], columns),
    summary(predictions) {
      const all = count(predictions.length, 'image');
      const threshold = predictions[0]?.threshold ?? null;
      if (threshold === null) return `${all} scored.`;
      const defective = predictions.filter(({ verdict }) => verdict === 'defective').length;
      const verdicts = `${bold(`${defective} of ${all}`)} defective at the ${thresholdName} threshold ${formatScore(threshold)}.`;
      return predictions[0]?.normalizedScore === null
        ? `${verdicts} There are no normalised scores: the model has seen no two images that score differently.`
        : verdicts;
    },
  };
}
