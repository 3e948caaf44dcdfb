import type { ContextOf, PartKind, PartKinds } from './part.js';

/** What JavaScript's `typeof` says of each member that a part must have; null is no object. */
export type Members = Readonly<Record<string, 'function' | 'object' | 'number' | 'string' | 'boolean'>>;

/**
 * A kind of part, as data: what is told of it, and what can be seen from outside of whatever is to be one. Plugins bring kinds of
 * their own in `kinds`; in TypeScript such a package also says what its parts are:
 *
 * ```ts
 * declare module '@adfw/core' {
 *   interface PartKinds { sampler: Sampler }
 * }
 * ```
 */
export interface Kind<K extends PartKind = PartKind> {
  /** Lower case words joined by `-`: `sampler`. */
  readonly name: K;
  /** Of several, as a heading: `Samplers`. */
  readonly title: string;
  /** What `create` must give: a function, or an object with these members. */
  readonly shape: 'function' | Members;
  /**
   * Where a part does not give what its context asked for, what it gives instead, as it follows the part's name: "must give the
   * layers that are asked for, …".
   */
  contextFault?(created: PartKinds[K], context: ContextOf<K>): string | undefined;
  /** What the conformance kit tries of each part of this kind: it reports what does not hold. Of core's kinds the kit has its own. */
  check?(trial: Trial<K>): void | Promise<void>;
}

/** Gives a kind written in TypeScript its type; it is returned in the form that {@link Plugin} takes. */
export const defineKind = <K extends PartKind>(kind: Kind<K>): Kind => kind as unknown as Kind;

/** Says what must hold and what was found instead, as it follows the part's name: "must give a scalar; found …". */
export type Report = (message: string) => void;

/** A part of a kind, and how the conformance kit tries it. */
export interface Trial<K extends PartKind = PartKind> {
  /** Those that are asked of a backbone, or given to a loss or score. */
  readonly layers: readonly string[];
  readonly imageSize: readonly [height: number, width: number];
  /** Whether a backbone is tried as one that is never trained, as one that is, or both. */
  readonly frozen: readonly boolean[];
  readonly minimalAtTeacher: boolean;
  /** Creates the part anew, with the trial's options; the context is a seed, the layers and the size, and what is given. */
  readonly create: (context?: Partial<ContextOf<K>>) => Promise<PartKinds[K]>;
  readonly report: Report;
}
