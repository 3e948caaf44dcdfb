/** The bytes of a pickle, read from first to last. */
import { DataError } from '@adfw/core';

/** Each reads a value at the position and goes on behind it, and throws a DataError where the bytes end before. */
export interface PickleBytes {
  uint8(): number;
  /** Little endian, as all integers. */
  uint16(): number;
  uint32(): number;
  int32(): number;
  /** In two's complement: a number where it is exact, else a bigint. */
  integer(length: number): number | bigint;
  /** Big endian. */
  float64(): number;
  text(length: number): string;
  /** Up to the next end of a line, which is read, too. */
  line(): string;
  /** How many bytes have been read. */
  position(): number;
  /** @throws DataError that names the file and the position. */
  fail(what: string): never;
}

/** @param source the file's name, for error messages. */
export function pickleBytes(bytes: Uint8Array, source: string): PickleBytes {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let position = 0;

  const fail: (what: string) => never = (what) => {
    throw new DataError(`${source} cannot be read: ${what} (byte ${position} of its pickle).`);
  };
  /** Goes on behind this many bytes, and says where they begin. */
  const take = (count: number): number => {
    const start = position;
    if (count > bytes.length - start) fail('it ends in the middle of a value; it may be truncated');
    position += count;
    return start;
  };
  const text = (length: number): string => {
    const start = take(length);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, position));
    } catch {
      return fail('a string is not UTF-8');
    }
  };

  return {
    uint8: () => view.getUint8(take(1)),
    uint16: () => view.getUint16(take(2), true),
    uint32: () => view.getUint32(take(4), true),
    int32: () => view.getInt32(take(4), true),
    integer(length) {
      const start = take(length);
      return littleEndian(bytes.subarray(start, position));
    },
    float64: () => view.getFloat64(take(8), false),
    text,
    line() {
      const end = bytes.indexOf(0x0a, position);
      if (end < 0) fail('it ends in the middle of a name; it may be truncated');
      const value = text(end - position);
      position += 1;
      return value;
    },
    position: () => position,
    fail,
  };
}

function littleEndian(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index--)
    value = (value << 8n) | BigInt(bytes[index] as number);
  const integer = BigInt.asIntN(bytes.length * 8, value);
  return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
}
