/** The partial experiment that each flag of an experiment stands for. */
import {
  ConfigurationError,
  type ExperimentLayer,
  isRecord,
  type JsonRecord,
  listParts,
  pretrainedSlots,
} from '@adfw/core';
import type { DependentDocument } from '@adfw/runner';
import { type ExperimentFlag, experimentFlags } from './experiment-flags.js';

type Flags = Readonly<Record<string, unknown>>;

/**
 * A layer for each flag that was given, named after it, for messages: `--epochs: $.model.training.epochs must be …`. Values are
 * checked later, as part of the whole document.
 */
export const experimentLayers = (flags: Flags): ExperimentLayer[] =>
  given(flags).map(({ name, flag, value }) => {
    const { place } = flag;
    if (place !== 'pretrained') return { source: `--${name}`, document: at(place, value, flag) };
    const document: DependentDocument = (draft, registry) => {
      const slots = pretrainedSlots(registry, draft.model);
      const isKnown = listParts(registry, 'model').some(({ part }) => part.name === typeOf(draft.model));
      if (slots.length === 0 && isKnown)
        throw new ConfigurationError(`--${name} cannot be used here: ${lackOf(flag, draft)}.`);
      return pretrained(slots, value);
    };
    return { source: `--${name}`, document };
  });

/** Flags that several experiments are given, each of them those that it has a place for. */
export interface SharedFlags {
  readonly layers: readonly ExperimentLayer[];
  /**
   * Which were left out, a sentence each; to be asked once the experiments are resolved.
   * @throws ConfigurationError where none of them has a place for a flag.
   */
  leftOut(): string[];
}

export function sharedFlags(flags: Flags): SharedFlags {
  const uses = given(flags).map(({ name, flag, value }) => {
    const lacks = new Set<string>();
    let fits = false;
    const document: DependentDocument = (draft, registry) => {
      const slots = flag.place === 'pretrained' ? pretrainedSlots(registry, draft.model) : [];
      const isThere = flag.place === 'pretrained' ? slots.length > 0 : hasPlace(draft, flag.place);
      if (isThere) fits = true;
      else lacks.add(lackOf(flag, draft));
      if (!isThere) return {};
      return flag.place === 'pretrained' ? pretrained(slots, value) : at(flag.place, value, flag);
    };
    return { source: `--${name}`, document, lacks, fits: () => fits };
  });
  return {
    layers: uses.map(({ source, document }) => ({ source, document })),
    leftOut: () =>
      uses.flatMap(({ source, lacks, fits }) => {
        if (lacks.size === 0) return [];
        if (fits()) return [`${source} is left out where it has no place: ${[...lacks].join('; ')}.`];
        throw new ConfigurationError(`${source} cannot be used here: ${[...lacks].join('; ')}.`);
      }),
  };
}

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

/** Whether an experiment with its defaults has something there. */
function hasPlace(draft: JsonRecord, place: readonly string[]): boolean {
  let value: unknown = draft;
  for (const key of place) {
    if (!isRecord(value) || !Object.hasOwn(value, key)) return false;
    value = value[key];
  }
  return true;
}

/** `the model "gaussian" has no training.epochs`. */
function lackOf({ place }: ExperimentFlag, draft: JsonRecord): string {
  if (place === 'pretrained') return `the model "${typeOf(draft.model)}" has no pretrained network`;
  const [key = '', ...rest] = place;
  const type = typeOf(draft[key]);
  return `the ${key}${type === undefined ? '' : ` "${type}"`} has no ${rest.join('.')}`;
}

const typeOf = (choice: unknown): string | undefined =>
  isRecord(choice) && typeof choice.type === 'string' ? choice.type : undefined;

/** What is not a number stays as it is: the experiment's schema says what was expected. */
function asNumber(value: unknown): unknown {
  const number = Number(value);
  return String(value).trim() === '' || Number.isNaN(number) ? value : number;
}
