/** The partial experiment that each flag of an experiment stands for. */

import type { Convenience } from '@adfw/benchmark';
import {
  ConfigurationError,
  type ExperimentLayer,
  isRecord,
  type JsonRecord,
  listParts,
  pretrainedSlots,
} from '@adfw/core';
import { type DependentDocument, dataDocument } from '@adfw/runner';
import { type ExperimentFlag, experimentFlags } from './experiment-flags.js';

type Flags = Readonly<Record<string, unknown>>;

/**
 * A layer for each flag that was given, named after it, for messages: `--epochs: $.model.training.epochs must be …`. Values are
 * checked later, as part of the whole document.
 */
export const experimentLayers = (flags: Flags): ExperimentLayer[] =>
  given(flags).map(({ name, flag, value }) => {
    const { place } = flag;
    if (name === 'data' && typeof flags.dataset === 'string')
      return { source: '--data', document: dataDocument(String(value), flags.dataset) };
    if (place !== 'pretrained') return { source: `--${name}`, document: at(place, value, flag) };
    const document: DependentDocument = ({ model }, registry) => {
      const slots = pretrainedSlots(registry, model);
      const part = listParts(registry, 'model').find(
        ({ part }) => isRecord(model) && part.name === model.type,
      )?.part;
      if (slots.length === 0 && part)
        throw new ConfigurationError(
          `--${name}: the model "${part.name}" has no pretrained network; leave it out.`,
        );
      return pretrained(slots, value);
    };
    return { source: `--${name}`, document };
  });

/** The same for several experiments, of which some may have no place for a flag. */
export const conveniences = (flags: Flags): Convenience[] =>
  given(flags).map(({ name, flag, value }) => ({
    source: `--${name}`,
    document(experiment, registry) {
      const { place } = flag;
      if (place !== 'pretrained') return hasPlace(experiment, place) ? at(place, value, flag) : null;
      const slots = pretrainedSlots(registry, experiment.model);
      return slots.length > 0 ? pretrained(slots, value) : null;
    },
  }));

const given = (flags: Flags) =>
  Object.entries(experimentFlags).flatMap(([name, flag]) => {
    const value = flags[name];
    return value === undefined ? [] : [{ name, flag, value: flag.numeric ? asNumber(value) : value }];
  });

const at = (place: readonly string[], value: unknown, { beside }: ExperimentFlag): JsonRecord =>
  place.slice(0, -1).reduceRight<JsonRecord>((inner, key) => ({ [key]: inner }), {
    ...beside,
    [place.at(-1) as string]: value,
  });

const pretrained = (slots: readonly string[], weights: unknown): JsonRecord =>
  slots.length === 0 ? {} : { model: Object.fromEntries(slots.map((slot) => [slot, { weights }])) };

function hasPlace(experiment: object, place: readonly string[]): boolean {
  let value: unknown = experiment;
  for (const key of place) {
    if (!isRecord(value) || !Object.hasOwn(value, key)) return false;
    value = value[key];
  }
  return true;
}

/** What is not a number stays as it is: the experiment's schema says what was expected. */
function asNumber(value: unknown): unknown {
  const number = Number(value);
  return String(value).trim() === '' || Number.isNaN(number) ? value : number;
}
