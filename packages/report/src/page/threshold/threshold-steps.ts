/** Where a threshold can be put so that it makes a difference, and what lies between for a control to slide over. */

export interface ThresholdSteps {
  /** The distinct scores, ascending, and above them a threshold that calls nothing defective. */
  readonly steps: readonly number[];
  /** From a little below the lowest score to the last step. */
  readonly domain: readonly [number, number];
  /** Whether the controls and the histogram are logarithmic: most scores would otherwise lie at one end. */
  readonly isLogarithmic: boolean;
}

/** A logarithmic scale where all scores are positive and the highest is more than this many times the median. */
const SKEWED = 20;

/** @param scores at least one. */
export function thresholdSteps(scores: readonly number[]): ThresholdSteps {
  const distinct = [...new Set(scores)].sort((a, b) => a - b);
  const [lowest, highest] = [distinct[0] as number, distinct.at(-1) as number];
  const median = distinct[Math.floor(distinct.length / 2)] as number;
  const isLogarithmic = lowest > 0 && highest > SKEWED * median;
  const room = highest > lowest ? 0.03 * (highest - lowest) : 0.03 * Math.abs(highest) || 1;
  const factor = (highest / lowest) ** 0.03;
  const above = isLogarithmic ? highest * factor : highest + room;
  return {
    steps: [...distinct, above],
    domain: [isLogarithmic ? lowest / factor : lowest - room, above],
    isLogarithmic,
  };
}

/** 0 to 1 along the domain; beyond its ends, at them. */
export function positionOf(
  { domain: [low, high], isLogarithmic }: ThresholdSteps,
  threshold: number,
): number {
  const position = isLogarithmic
    ? Math.log(Math.max(threshold, low) / low) / Math.log(high / low)
    : (threshold - low) / (high - low);
  return Math.min(1, Math.max(0, position));
}

/** The threshold at a position, 0 to 1. */
export const thresholdAt = (
  { domain: [low, high], isLogarithmic }: ThresholdSteps,
  position: number,
): number => (isLogarithmic ? low * (high / low) ** position : low + (high - low) * position);

/** So many steps up, or down: the thresholds at which as many scores change their side. */
export function stepped({ steps }: ThresholdSteps, threshold: number, by: number): number {
  const last = steps.length - 1;
  if (by > 0) {
    const next = steps.findIndex((step) => step > threshold);
    return steps[next < 0 ? last : Math.min(last, next + by - 1)] as number;
  }
  const previous = steps.findLastIndex((step) => step < threshold);
  return steps[Math.max(0, previous + by + 1)] as number;
}

/** The threshold that a key leads to; null for keys that do nothing here. */
export function thresholdAfterKey(steps: ThresholdSteps, threshold: number, key: string): number | null {
  const many = Math.max(2, Math.round(steps.steps.length / 20));
  switch (key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return stepped(steps, threshold, 1);
    case 'ArrowLeft':
    case 'ArrowDown':
      return stepped(steps, threshold, -1);
    case 'PageUp':
      return stepped(steps, threshold, many);
    case 'PageDown':
      return stepped(steps, threshold, -many);
    case 'Home':
      return steps.steps[0] as number;
    case 'End':
      return steps.steps.at(-1) as number;
    default:
      return null;
  }
}
