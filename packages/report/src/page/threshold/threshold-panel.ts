/** The bar that stays in view: the threshold as a slider and as a number, and what it costs. */
import { type Confusion, confusion } from '@adfw/core';
import { element } from '../shared/elements.js';
import { formatMeasure, formatScore } from '../shared/format.js';
import type { Value } from '../shared/value.js';
import { positionOf, type ThresholdSteps, thresholdAfterKey, thresholdAt } from './threshold-steps.js';

export interface ThresholdPanel {
  readonly scores: readonly number[];
  readonly labels: readonly (0 | 1)[];
  readonly steps: ThresholdSteps;
  readonly threshold: Value<number>;
  /** Thresholds to go to, by what they are called. */
  readonly presets: Readonly<Record<string, number>>;
}

const POSITIONS = 1000;

export function thresholdPanel({ scores, labels, steps, threshold, presets }: ThresholdPanel): HTMLElement {
  const slide = element('input', {
    type: 'range',
    min: 0,
    max: POSITIONS,
    step: 'any',
    'aria-label': 'Threshold, on a scale of all scores',
  });
  slide.addEventListener('input', () => threshold.set(thresholdAt(steps, Number(slide.value) / POSITIONS)));
  slide.addEventListener('keydown', (event) => {
    const next = thresholdAfterKey(steps, threshold.get(), event.key);
    if (next === null) return;
    event.preventDefault();
    threshold.set(next);
  });

  const number = element('input', { type: 'number', step: 'any', id: 'threshold-number' });
  number.addEventListener('input', () => {
    const isNumber = number.value !== '' && Number.isFinite(number.valueAsNumber);
    number.setAttribute('aria-invalid', String(!isNumber));
    if (isNumber) threshold.set(number.valueAsNumber);
  });
  number.addEventListener('change', () => showNumber(threshold.get()));
  const showNumber = (value: number) => {
    number.value = String(Number(value.toPrecision(6)));
    number.setAttribute('aria-invalid', 'false');
  };

  const buttons = Object.entries(presets).map(([name, value]) => {
    const button = element('button', { type: 'button', title: formatScore(value) }, name);
    button.addEventListener('click', () => threshold.set(value));
    return { button, value };
  });
  const counts = element('output', { class: 'counts', 'aria-label': 'At this threshold' });
  threshold.follow((value) => {
    slide.value = String(POSITIONS * positionOf(steps, value));
    slide.setAttribute('aria-valuetext', formatScore(value));
    // Not under the hands of who is typing.
    if (document.activeElement !== number) showNumber(value);
    for (const { button, value: preset } of buttons)
      button.setAttribute('aria-pressed', String(preset === value));
    counts.replaceChildren(...measures(confusion(scores, labels, value)));
  });
  return element(
    'section',
    { class: 'threshold-panel', 'aria-label': 'Threshold' },
    element(
      'div',
      { class: 'threshold-controls' },
      element('label', { for: 'threshold-number' }, 'Threshold'),
      number,
      slide,
      ...buttons.map(({ button }) => button),
    ),
    counts,
  );
}

function measures(counts: Confusion): HTMLElement[] {
  const { truePositives, falsePositives, trueNegatives, falseNegatives, precision, recall, f1 } = counts;
  const good = falsePositives + trueNegatives;
  const defective = truePositives + falseNegatives;
  const called = truePositives + falsePositives;
  const measure = (name: string, key: string, value: string, explanation: string, isBad = false) =>
    element(
      'span',
      { class: isBad ? 'measure bad' : 'measure', title: explanation, 'data-measure': key },
      element('b', {}, value),
      ` ${name}`,
    );
  return [
    measure(
      'false bads',
      'falseBads',
      `${falsePositives} / ${good}`,
      'good images called defective',
      falsePositives > 0,
    ),
    measure(
      'false goods',
      'falseGoods',
      `${falseNegatives} / ${defective}`,
      'defective images called good',
      falseNegatives > 0,
    ),
    measure('found', 'found', `${truePositives} / ${defective}`, 'defective images called defective'),
    measure(
      'precision',
      'precision',
      formatMeasure(called === 0 ? null : precision),
      'share of the images called defective that are',
    ),
    measure(
      'recall',
      'recall',
      formatMeasure(defective === 0 ? null : recall),
      'share of the defective images that are found',
    ),
    measure('F1', 'f1', formatMeasure(defective === 0 ? null : f1), 'harmonic mean of precision and recall'),
  ];
}
