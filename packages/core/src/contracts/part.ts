import type { Augmentation } from './augmentation.js';
import type { Backbone } from './backbone.js';
import type { Dataset } from './dataset.js';
import type { DistillationLoss } from './distillation-loss.js';
import type { Model, Pretraining } from './model.js';
import type { Optimizer } from './optimizer.js';
import type { ScoreFunction } from './score-function.js';
import type { Size } from './size.js';
import type { Thresholder } from './threshold.js';

/**
 * What an experiment is composed of, by the kind a part is registered under. A package that brings a kind (see {@link Kind}) adds it
 * here by `declare module '@adfw/core'`.
 */
export interface PartKinds {
  model: Model;
  backbone: Backbone;
  loss: DistillationLoss;
  score: ScoreFunction;
  threshold: Thresholder;
  dataset: Dataset;
  optimizer: Optimizer;
  pretraining: Pretraining;
  augmentation: Augmentation;
}
export type PartKind = keyof PartKinds;

/** A JSON Schema (draft 2020-12) as a plain object. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** A part by its name, with its options. */
export interface PartChoice {
  readonly type: string;
  readonly [option: string]: unknown;
}

/**
 * An option that is a part itself: `{"type": name, ...options}` in a document, a {@link Make} where `create` sees it. A slot may
 * also stand among the `properties` of an option that is an object, or be the `items` of one that is an array.
 */
export interface Slot<K extends PartKind = PartKind> {
  readonly part: K;
  readonly description: string;
  /** What it is where a document leaves it out; options may be left out of it. */
  readonly default?: PartChoice;
  /** The name of a slot beside it (or beside the array it is in): without a type of its own it is like that one. */
  readonly like?: string;
  /** Options that it does not take over from that one. */
  readonly except?: readonly string[];
  /** Whether the option `weights` of what is in it is what users mean by the pretrained network. */
  readonly pretrained?: boolean;
}

/** What every part may know of the experiment it is created in. */
export interface PartContext {
  /** Decides every random number the part draws. */
  readonly seed: number;
  /** What it learns is about to be replaced by what was saved: weights need neither be loaded nor drawn. */
  readonly restoring?: boolean;
  /** Called with a sentence when something takes long (a download). */
  readonly report?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** What parts of some kinds are told beside that. */
export interface PartContexts {
  model: PartContext & {
    /** Of all images that it is given; where images are cut into tiles, of these. */
    readonly imageSize: Size;
  };
  backbone: PartContext & {
    /** What it is to give, shallow to deep. */
    readonly layers: readonly string[];
    /** Whether it is never trained: a pretrained network, in contrast to one that learns. */
    readonly frozen: boolean;
    /** The network whose pyramid it is to give, where it learns from one: its layers, with their channels. */
    readonly target?: Pick<Backbone, 'layers' | 'channels'>;
  };
  loss: PyramidContext;
  score: PyramidContext;
}
interface PyramidContext extends PartContext {
  /** Those of the pyramids that it will be given. */
  readonly layers: readonly string[];
}
export type ContextOf<K extends PartKind> = K extends keyof PartContexts ? PartContexts[K] : PartContext;

/**
 * Creates the part that is in a slot, as often as it is called.
 * @param context what is to be different from the context of the part that has the slot; what that one does not have is needed.
 * @throws ConfigurationError where what was created is no part of its kind, or does not give what was asked of it.
 */
export interface Make<K extends PartKind = PartKind> {
  (context?: Partial<ContextOf<K>>): Promise<PartKinds[K]>;
  /** The part's name. */
  readonly type: string;
  /** Where it is in the document, for messages: `$.model.student`. */
  readonly path: string;
}

/**
 * An implementation that experiments can name: `{"type": name, ...options}`.
 *
 * `options` holds the JSON Schema of each option, or a {@link Slot}, by its name; every option has a `description`, and a `default`
 * unless it is in `required` (a slot may have neither where it has `like`). Nothing else is accepted. An option that holds a path
 * says `format: 'path'`: it is resolved against the working directory before the part sees it.
 */
export interface Part<K extends PartKind = PartKind> {
  readonly kind: K;
  /** Lower case words joined by `-`, `+` or `_`: `distance+variance`, `wide_resnet50_2`. */
  readonly name: string;
  /** One sentence: what it is. */
  readonly summary: string;
  /** Where it comes from: the equation or paper. */
  readonly reference?: string;
  readonly options?: Readonly<Record<string, JsonSchema | Slot>>;
  readonly required?: readonly string[];
  /**
   * Of a dataset that has an option `category`: the categories that there are where the other options say, in a stable order, for
   * benchmarks, messages and completion. Null where there is one without a name.
   * @throws ConfigurationError where the folder is not laid out as it should be.
   */
  // biome-ignore lint/suspicious/noExplicitAny: as for `create`.
  categories?(options: any): Promise<readonly string[] | null>;
  // biome-ignore lint/suspicious/noExplicitAny: the options' type is the part's own; the schema has checked them.
  create(options: any, context: ContextOf<K>): PartKinds[K] | Promise<PartKinds[K]>;
}

/** A preset over parts: what `--method NAME` fills in below the user's own document. */
export interface Method {
  readonly name: string;
  readonly summary: string;
  readonly reference?: string;
  /** A partial experiment document. */
  readonly preset: Readonly<Record<string, unknown>>;
  /** What goes above the preset on the built-in sample, which is small: a partial experiment document. */
  readonly sample?: Readonly<Record<string, unknown>>;
}
