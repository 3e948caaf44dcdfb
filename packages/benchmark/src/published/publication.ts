import type { QuantityId } from '../measures.js';

/** The numbers of one method in one publication. */
export interface PublishedResults {
  /** A word for the heading of a column: `thesis`. */
  readonly source: string;
  /** What the publication calls the method. */
  readonly method: string;
  readonly citation: string;
  /** The partial experiment that makes another one this method. */
  readonly identity: unknown;
  /** The partial experiment of the other settings that the publication states. */
  readonly settings: unknown;
  readonly quantities: Partial<Record<QuantityId, PublishedQuantity>>;
}

export interface PublishedQuantity {
  /** Where they stand: `table 6.1, p. 54`. */
  readonly where: string;
  /** By category, with the names of MVTec AD's folders. */
  readonly values: Readonly<Record<string, number>>;
}
