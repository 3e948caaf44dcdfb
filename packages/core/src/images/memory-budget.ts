import { ConfigurationError } from '../contracts/errors.js';

/** Bytes that caches may hold between them. */
export interface MemoryBudget {
  /** Takes `bytes` out of what is left, or leaves it alone and returns false where that is too little. */
  take(bytes: number): boolean;
  /** Of what was taken and is not kept any more. */
  giveBack(bytes: number): void;
}

export function memoryBudget(bytes: number): MemoryBudget {
  let left = bytes;
  return {
    take(wanted) {
      if (wanted > left) return false;
      left -= wanted;
      return true;
    },
    giveBack(bytes) {
      left += bytes;
    },
  };
}

const units: Record<string, number> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
};

/**
 * Bytes of an amount of memory written as in `2GiB`, `500 MB` or `0`.
 * @throws ConfigurationError for anything else.
 */
export function parseMemory(amount: string): number {
  const [, number, unit = 'B'] = /^\s*(\d+(?:\.\d+)?)\s*([KMG]i?B|B)?\s*$/.exec(amount) ?? [];
  if (number === undefined)
    throw new ConfigurationError(
      `"${amount}" is not an amount of memory: write a number and a unit, as in 2GiB or 500MB.`,
    );
  return Math.floor(Number(number) * (units[unit] as number));
}
