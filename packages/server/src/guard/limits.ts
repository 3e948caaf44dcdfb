/** What a server takes at most; everything it holds for requests is bounded by these. */
import { ConfigurationError } from '@adfw/core';

export interface Limits {
  /** Images that wait or are being worked on; requests beyond it are answered with 429. */
  readonly queue: number;
  /** Images that are scored at once. */
  readonly batch: number;
  /** How long an image waits for others to be scored with, while nothing is being scored, in milliseconds; may be 0. */
  readonly batchDelay: number;
  /** Bytes of a request's body. */
  readonly bodyBytes: number;
  /** Bytes of all bodies together that are being received or worked on; requests beyond it are answered with 429. */
  readonly allBodyBytes: number;
  /** Images of one request. */
  readonly images: number;
  /** Pixels of an image, by its header: what is larger is not decoded. */
  readonly pixels: number;
  /** Until a request is answered, in seconds. */
  readonly timeout: number;
}

const MEBIBYTE = 2 ** 20;

export const defaultLimits: Limits = {
  queue: 64,
  batch: 8,
  batchDelay: 2,
  bodyBytes: 32 * MEBIBYTE,
  allBodyBytes: 256 * MEBIBYTE,
  images: 16,
  pixels: 50_000_000,
  timeout: 30,
};

/**
 * The limits with the defaults for what is left out. What one request may have fits into what all may have, or it would be refused
 * for ever: `queue` and `allBodyBytes` may be raised to that.
 * @throws ConfigurationError that names the limit which is not a number that it can be.
 */
export function resolveLimits(given: Partial<Limits> = {}): Limits {
  const limits = { ...defaultLimits, ...given };
  for (const [name, value] of Object.entries(limits)) {
    const mayBeFractional = name === 'timeout' || name === 'batchDelay';
    const least = name === 'batchDelay' ? 0 : mayBeFractional ? 0.001 : 1;
    if (!(value >= least) || !Number.isFinite(value) || (!mayBeFractional && !Number.isInteger(value)))
      throw new ConfigurationError(
        `The limit "${name}" must be a${mayBeFractional ? '' : ' whole'} number from ${least} on; found ${value}.`,
      );
  }
  return {
    ...limits,
    queue: Math.max(limits.queue, limits.images),
    allBodyBytes: Math.max(limits.allBodyBytes, limits.bodyBytes),
  };
}
