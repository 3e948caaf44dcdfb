import type { Backbone } from './backbone.js';
import type { Dataset } from './dataset.js';
import type { DistillationLoss } from './distillation-loss.js';
import type { Optimizer } from './optimizer.js';
import type { ScoreFunction } from './score-function.js';
import type { Thresholder } from './threshold.js';

/** What an experiment is composed of, by the kind a part is registered under. */
export interface PartKinds {
  backbone: Backbone;
  loss: DistillationLoss;
  score: ScoreFunction;
  threshold: Thresholder;
  dataset: Dataset;
  optimizer: Optimizer;
}
export type PartKind = keyof PartKinds;
export const partKinds = [
  'backbone',
  'loss',
  'score',
  'threshold',
  'dataset',
  'optimizer',
] as const satisfies readonly PartKind[];

/** A JSON Schema (draft 2020-12) as a plain object. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** What a part may know of the experiment it is created in. */
export interface PartContext {
  /** Decides every random number the part draws. */
  readonly seed: number;
  /** The layers that are distilled, as in the experiment. */
  readonly layers: readonly string[];
  /** For a backbone: whose part it plays. */
  readonly role?: 'teacher' | 'student';
  /** For a student: what it is to give, the teacher's layers with their channels. */
  readonly teacher?: Pick<Backbone, 'layers' | 'channels'>;
  /** For a backbone: its weights are about to be replaced by saved ones, and need neither be loaded nor drawn. */
  readonly restoring?: boolean;
  /** Called with a sentence when something takes long (a download). */
  readonly report?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * An implementation that experiments can name: `{"type": name, ...options}`.
 *
 * `options` holds the JSON Schema of each option, by its name; every option has a `description`, and a `default` unless it is
 * in `required`. Nothing else is accepted. An option that holds a path says `format: 'path'`: it is resolved against the
 * working directory before the part sees it.
 */
export interface Part<K extends PartKind = PartKind> {
  readonly kind: K;
  /** Lower case words joined by `-`, `+` or `_`: `distance+variance`, `wide_resnet50_2`. */
  readonly name: string;
  /** One sentence: what it is. */
  readonly summary: string;
  /** Where it comes from: the equation or paper. */
  readonly reference?: string;
  readonly options?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: the options' type is the part's own; the schema has checked them.
  create(options: any, context: PartContext): PartKinds[K] | Promise<PartKinds[K]>;
}

/** A preset over parts: what `--method NAME` fills in below the user's own document. */
export interface Method {
  readonly name: string;
  readonly summary: string;
  readonly reference?: string;
  /** A partial experiment document. */
  readonly preset: Readonly<Record<string, unknown>>;
}
