import { describe, expect, it } from 'vitest';
import { DataError } from '../contracts/errors.js';
import { float32ToFloat16 } from './half-precision.js';
import { parseSafetensors, type SafetensorsTensor, serializeSafetensors } from './safetensors.js';

const tensors: Record<string, SafetensorsTensor> = {
  weight: { dtype: 'F32', shape: [2, 3], data: Float32Array.of(1.5, -0, 3e38, Number.NaN, 5, 6) },
  steps: { dtype: 'I64', shape: [], data: BigInt64Array.of(-(2n ** 63n)) },
  labels: { dtype: 'I32', shape: [3], data: Int32Array.of(-1, 0, 2 ** 31 - 1) },
  pixels: { dtype: 'U8', shape: [1, 3], data: Uint8Array.of(0, 128, 255) },
  mask: { dtype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) },
  exact: { dtype: 'F64', shape: [1], data: Float64Array.of(Math.PI) },
  empty: { dtype: 'F32', shape: [4, 0], data: new Float32Array(0) },
};

/** A file with the given header, and `length` bytes of data. */
function file(header: unknown, length = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const place = (begin: number, end: number) => ({
  dtype: 'F32',
  shape: [(end - begin) / 4],
  data_offsets: [begin, end],
});

describe('safetensors', () => {
  it('gives back what was written', () => {
    const metadata = { format: 'adfw', 'with "quotes"': 'ünïcode' };
    const read = parseSafetensors(serializeSafetensors(tensors, metadata));
    expect(read.tensors).toEqual(tensors);
    expect(read.metadata).toEqual(metadata);
  });

  it('writes the same bytes whatever the order', () => {
    const reversed = Object.fromEntries(Object.entries(tensors).reverse());
    expect(serializeSafetensors(reversed, { b: '2', a: '1' })).toEqual(
      serializeSafetensors(tensors, { a: '1', b: '2' }),
    );
  });

  it('aligns every tensor, so that reading copies nothing', () => {
    const bytes = serializeSafetensors(tensors);
    for (const { data } of Object.values(parseSafetensors(bytes).tensors)) {
      expect(data.buffer).toBe(bytes.buffer);
    }
  });

  it('reads from any position of a larger buffer', () => {
    const bytes = serializeSafetensors(tensors);
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect(parseSafetensors(larger.subarray(3)).tensors).toEqual(tensors);
    // A Buffer's `slice` does not copy as an array's does.
    expect(parseSafetensors(Buffer.from(larger.buffer).subarray(3)).tensors).toEqual(tensors);
  });

  it('writes 16-bit floats, which are read as 32-bit ones', () => {
    const data = float32ToFloat16(Float32Array.of(1.5, -0.25, 1 / 3));
    const bytes = serializeSafetensors({
      half: { dtype: 'F16', shape: [3], data },
      steps: tensors.steps as SafetensorsTensor,
    });
    expect(parseSafetensors(bytes).tensors).toEqual({
      half: { dtype: 'F32', shape: [3], data: Float32Array.of(1.5, -0.25, 1365 / 4096) },
      steps: tensors.steps,
    });
    expect(bytes.length % 8).toBe(6);
  });

  it('widens 16-bit floats exactly', () => {
    const bits = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);
    const bytes = file(
      {
        half: { dtype: 'F16', shape: [6], data_offsets: [0, 12] },
        brain: { dtype: 'BF16', shape: [3], data_offsets: [12, 18] },
      },
      18,
    );
    bytes.set(
      bits(0x3c00, 0xc000, 0x0001, 0x7bff, 0xfc00, 0x7e00, 0x3f80, 0xc2f7, 0x7f80),
      bytes.length - 18,
    );
    const read = parseSafetensors(bytes).tensors;
    expect(read.half).toEqual({
      dtype: 'F32',
      shape: [6],
      data: Float32Array.of(1, -2, 2 ** -24, 65504, Number.NEGATIVE_INFINITY, Number.NaN),
    });
    expect(read.brain?.data).toEqual(Float32Array.of(1, -123.5, Number.POSITIVE_INFINITY));
  });

  it('refuses to write a tensor whose shape does not fit its data', () => {
    const data = new Float32Array(5);
    expect(() => serializeSafetensors({ w: { dtype: 'F32', shape: [2, 3], data } })).toThrow(
      'Tensor "w", F32 [2, 3], cannot be written from Float32Array of 5',
    );
  });

  it.each([
    ['no header length', new Uint8Array(5), 'it has 5 bytes'],
    [
      'a length beyond the file',
      file({}).subarray(0, 9),
      'its header should be 2 bytes long, but only 1 follow',
    ],
    ['a huge header length', new Uint8Array(64).fill(255), 'promise a header of'],
    ['no JSON', file('not json'), 'its header is not JSON'],
    ['no UTF-8', file('{"\xff').fill(0xff, 10), 'its header is not JSON'],
    ['a list for a header', file('[]'), 'its header is not a JSON object'],
    ['metadata that are not strings', file({ __metadata__: { a: 1 } }), '"__metadata__" in its header'],
    ['an entry that is no object', file({ w: 3 }), 'entry of tensor "w" is not an object'],
    [
      'an unknown type',
      file({ w: { dtype: 'F8', shape: [], data_offsets: [0, 1] } }, 1),
      'tensor "w" has the type "F8"; supported are F64, F32',
    ],
    [
      'a name that objects inherit as type',
      file({ w: { dtype: 'toString', shape: [], data_offsets: [0, 1] } }, 1),
      'the type "toString"',
    ],
    [
      'a negative length in a shape',
      file({ w: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, 4),
      'shape of tensor "w"',
    ],
    [
      'a shape too large to count',
      file({ w: { dtype: 'F32', shape: [2 ** 52, 2 ** 52, 0.5], data_offsets: [0, 4] } }, 4),
      'shape of tensor "w"',
    ],
    [
      'an overflowing shape',
      file({ w: { dtype: 'U8', shape: [2 ** 32, 2 ** 32], data_offsets: [0, 0] } }),
      'takes 18446744073709552000 bytes',
    ],
    [
      'offsets that are not numbers',
      file({ w: { dtype: 'F32', shape: [1], data_offsets: ['0', '4'] } }, 4),
      'data_offsets of tensor "w"',
    ],
    [
      'a shape that does not fit its offsets',
      file({ w: { dtype: 'F32', shape: [3], data_offsets: [0, 8] } }, 8),
      'tensor "w", F32 [3], takes 12 bytes, but its data_offsets are [0, 8]',
    ],
    [
      'offsets outside',
      file({ w: place(0, 8) }, 4),
      'ends at byte 8 of the data, which has 4 bytes; it may be truncated',
    ],
    [
      'overlapping tensors',
      file({ a: place(0, 8), b: place(4, 12) }, 12),
      'tensor "b" begins at byte 4 of the data, inside',
    ],
    [
      'a hole between tensors',
      file({ a: place(0, 4), b: place(8, 12) }, 12),
      'bytes 4 to 8 of the data, before tensor "b"',
    ],
    ['bytes after the last tensor', file({ a: place(0, 4) }, 7), '3 bytes follow its last tensor'],
    [
      'a tensor named twice',
      file(`{"a":${JSON.stringify(place(0, 4))}, "\\u0061" :${JSON.stringify(place(0, 4))}}`, 4),
      'names "a" twice',
    ],
    [
      'a key of an entry named twice',
      file('{"a":{"dtype":"F32","dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1),
      'names "dtype" twice',
    ],
  ])('refuses %s, saying where', (_, bytes, message) => {
    const read = () => parseSafetensors(bytes, 'weights.safetensors');
    expect(read).toThrow(DataError);
    expect(read).toThrow('weights.safetensors is not a valid safetensors file: ');
    expect(read).toThrow(message);
  });

  it('treats names that JavaScript objects inherit like any other', () => {
    const read = parseSafetensors(file('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1));
    expect(Object.keys(read.tensors)).toEqual(['__proto__']);
  });

  it('answers every truncation with a DataError', () => {
    const bytes = serializeSafetensors(tensors, { some: 'metadata' });
    for (let length = 0; length < bytes.length; length++)
      expect(() => parseSafetensors(bytes.slice(0, length)), `${length} bytes`).toThrow(DataError);
  });

  it('answers every changed bit with tensors or a DataError', () => {
    const bytes = serializeSafetensors(tensors, { some: 'metadata' });
    let refused = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = bytes.slice();
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      try {
        parseSafetensors(changed);
      } catch (error) {
        expect(error, `bit ${bit}`).toBeInstanceOf(DataError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(bytes.length);
  });

  it('survives a header that is one long string or deeply nested', () => {
    expect(() => parseSafetensors(file(`{"a":"${'\\n'.repeat(15_000_000)}"}`))).toThrow(DataError);
    expect(() => parseSafetensors(file('['.repeat(1_000_000)))).toThrow(DataError);
    expect(() => parseSafetensors(file(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`))).toThrow(
      DataError,
    );
  });
});
