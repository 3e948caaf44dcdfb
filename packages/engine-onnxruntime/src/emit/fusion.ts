import type { Emitter } from './emitter.js';

/**
 * How the consumer of an operand can be computed in the same pass as the operand, instead of after it.
 * @typeParam Operand `Operand`, which has this as a part.
 */
export interface Fusion<Operand> {
  /** It is source · slope + offset for each channel: further such maps compose. Names of `[C]` tensors; null is 1 and 0. */
  readonly perChannel?: {
    readonly source: Operand;
    readonly slope: string | null;
    readonly offset: string | null;
  };
  /** It is a convolution, which can give result · slope + offset instead; only where nothing else needs the operand. */
  readonly withMap?: (slope: string | null, offset: string | null) => Operand;
  /** Adds a tensor to it; `dear` where that repeats a convolution unless nothing else needs the operand. */
  readonly withSum?: { readonly dear: boolean; write(sum: Operand): Operand };
  /** Gives max(x, 0); `dear` likewise. */
  readonly withRelu?: { readonly dear: boolean; write(): Operand };
  /** It is an image put together from smaller ones, to which others of that kind can be added before. */
  readonly phases?: Phases<Operand>;
}

/** Whether a fusion may be used: it costs little, or its operand is not computed otherwise. */
export const affordable = ({ dear }: { readonly dear: boolean }, of: { readonly shared: boolean }): boolean =>
  !(dear && of.shared);

/** An image whose pixels (s·i + a, s·j + b) are pixel (i, j) of phase (a, b); null where they are zero. */
export interface Phases<Operand> {
  readonly strides: readonly [number, number];
  readonly images: readonly (PhaseImage | null)[];
  join(emitter: Emitter, images: readonly (PhaseImage | null)[]): Operand;
}
/** Writes the phase, with another tensor added in the same pass. */
export type PhaseImage = (emitter: Emitter, sum: string | null) => string;
