import type { Random } from '@adfw/core';

/** Reflectance `[size, size, 3]` in rows, RGB, about 0 to 1: what a material looks like in even light. */
export type Surface = Float32Array;

/** A damaged surface; outside the mask it is as before. */
export interface Damage {
  readonly surface: Surface;
  /** `[size, size]`: 1 where there is a defect. */
  readonly mask: Uint8Array;
}

/**
 * A material, with all that varies from one piece of it to the next.
 * @typeParam Piece what tells one piece from another, drawn at random: offsets, threads, grain.
 */
export interface Texture<Piece = unknown> {
  readonly summary: string;
  piece(random: Random): Piece;
  /** @param size height and width in pixels; the part of the piece in view does not depend on it. */
  render(piece: Piece, size: number): Surface;
  /** Kinds of defect by name. Each gives what it turns a rendered piece into. */
  readonly defects: Readonly<
    Record<string, (piece: Piece, surface: Surface, size: number, random: Random) => Damage>
  >;
}

/** Keeps the piece's type to the texture: its defects get the pieces that it drew. */
export const defineTexture = <Piece>(texture: Texture<Piece>): Texture => texture as Texture;
