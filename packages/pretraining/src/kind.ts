import type { JsonSchema, PartContext } from '@adfw/core';
import type { PretrainingTask } from './task.js';

/** A kind of teacher that can be trained: what `adfw pretrain NAME` names. */
export interface PretrainingKind {
  readonly name: string;
  /** One sentence: what is trained, and how. */
  readonly summary: string;
  readonly reference?: string;
  /**
   * Its own options, beside those that all kinds have: the JSON Schema of each by its name, as for a part. Every option has a
   * `description`, and a `default` unless it is in `required`; one that names a file says `format: 'path'`.
   */
  readonly options: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  create(
    // biome-ignore lint/suspicious/noExplicitAny: the options' type is the kind's own; the schema has checked them.
    options: any,
    context: Pick<PartContext, 'seed' | 'report' | 'signal'>,
  ): Promise<PretrainingTask>;
}
