/** Whether the best of several runs is better than the others, or may only have been lucky. */
import { aurocDifference } from '@adfw/core';
import type { RunDocument } from '../report-document.js';
import { formatMeasure } from './shared/format.js';

/** Of the difference a share of drawn test sets, from which on it may well be luck. */
const LUCK = 0.05;

/**
 * For each other run how far its image AUROC is below that of the best one, on the same images; [] where test images are not of both kinds, or
 * no run is alone the best.
 */
export function pairedDifferences(runs: readonly RunDocument[], labels: readonly (0 | 1)[]): string[] {
  if (!labels.includes(0) || !labels.includes(1)) return [];
  const ranked = runs.toSorted((a, b) => (b.metrics.imageAuroc ?? 0) - (a.metrics.imageAuroc ?? 0));
  const [best, ...others] = ranked;
  if (!best || best.metrics.imageAuroc === others[0]?.metrics.imageAuroc) return [];
  return others.map((other) => {
    const { difference, low, high, p } = aurocDifference(best.scores, other.scores, labels);
    const judged = p < LUCK ? 'more than luck explains' : 'which may well be luck';
    return `${best.name} is ${formatMeasure(difference)} above ${other.name} in image AUROC (95 %: ${signed(low)} to ${signed(high)}; p ${chance(p)}), ${judged}.`;
  });
}

const signed = (value: number): string => `${value < 0 ? '−' : ''}${formatMeasure(Math.abs(value))}`;

/** In steps of the sets that were drawn. */
const chance = (p: number): string => (p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`);
