/**
 * The safetensors format: eight bytes with the length of a JSON header, the header (of each tensor its type, shape and place),
 * and then the numbers. See https://github.com/huggingface/safetensors. Knows bytes, not files.
 */
import { DataError } from '../contracts/errors.js';
import { bfloat16ToFloat32, float16ToFloat32 } from './half-precision.js';

interface ArrayOf {
  F64: Float64Array;
  F32: Float32Array;
  I64: BigInt64Array;
  I32: Int32Array;
  U8: Uint8Array;
  BOOL: Uint8Array;
}

/** Of each type the array that holds it; the length of `data` is the product of `shape`. */
export type SafetensorsTensor = {
  [Type in keyof ArrayOf]: {
    readonly dtype: Type;
    readonly shape: readonly number[];
    readonly data: ArrayOf[Type];
  };
}[keyof ArrayOf];

/** What can be written: also 16-bit floating point numbers, as bit patterns ({@link float32ToFloat16}). */
export type WrittenTensor =
  | SafetensorsTensor
  | { readonly dtype: 'F16'; readonly shape: readonly number[]; readonly data: Uint16Array };

export interface Safetensors {
  readonly tensors: Readonly<Record<string, SafetensorsTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

const arrayTypes = {
  F64: Float64Array,
  F32: Float32Array,
  I64: BigInt64Array,
  I32: Int32Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

/** Types that are widened to F32 when they are read. */
const halfTypes = { F16: float16ToFloat32, BF16: bfloat16ToFloat32 } as const;

const writtenTypes = { ...arrayTypes, F16: Uint16Array } as const;
const readTypes = { ...arrayTypes, F16: Uint16Array, BF16: Uint16Array } as const;
type ReadType = keyof typeof readTypes;

/** The format's own limit, in bytes. */
const LONGEST_HEADER = 100_000_000;

/**
 * Reads what {@link serializeSafetensors}, PyTorch and others have written. F16 and BF16 become F32.
 *
 * @param source what the bytes are, for error messages: the file's name.
 * @returns tensors whose data may share memory with `bytes`.
 * @throws DataError for anything that the format does not allow, saying where it is.
 */
export function parseSafetensors(bytes: Uint8Array, source = 'safetensors data'): Safetensors {
  const fail = (what: string): never => {
    throw new DataError(`${source} is not a valid safetensors file: ${what}.`);
  };
  if (bytes.length < 8) fail(`it has ${bytes.length} bytes, and the length of its header alone takes 8`);
  const headerLength = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (headerLength > LONGEST_HEADER)
    fail(`its first 8 bytes promise a header of ${headerLength} bytes, ${LONGEST_HEADER} are allowed`);
  if (headerLength > bytes.length - 8)
    fail(
      `its header should be ${headerLength} bytes long, but only ${bytes.length - 8} follow; it may be truncated`,
    );

  const { __metadata__: metadata = {}, ...entries } = parseHeader(bytes.subarray(8, 8 + headerLength), fail);
  if (!isRecord(metadata) || Object.values(metadata).some((value) => typeof value !== 'string'))
    return fail('"__metadata__" in its header is not an object of strings');

  const data = bytes.subarray(8 + headerLength);
  const places = Object.entries(entries).map(([name, entry]) => parsePlace(name, entry, fail));
  checkPlaces(places, data.length, fail);
  return {
    tensors: Object.fromEntries(places.map((place) => [place.name, readTensor(place, data)])),
    metadata: metadata as Record<string, string>,
  };
}

interface Place {
  name: string;
  dtype: ReadType;
  shape: number[];
  begin: number;
  end: number;
}

type Fail = (what: string) => never;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseHeader(bytes: Uint8Array, fail: Fail): Record<string, unknown> {
  let text = '';
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (error) {
    fail(`its header is not JSON (${(error as Error).message})`);
  }
  if (!isRecord(header)) return fail('its header is not a JSON object');
  const repeated = repeatedKey(text);
  if (repeated !== undefined) fail(`its header names ${JSON.stringify(repeated)} twice`);
  return header;
}

/** The first key that an object of the (valid) JSON text has twice; `JSON.parse` silently keeps the last. */
function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < json.length; at++) {
    if (json[at] === '{') open.push(new Set());
    else if (json[at] === '}') open.pop();
    else if (json[at] === '"') {
      const start = at;
      for (at++; json[at] !== '"'; at++) if (json[at] === '\\') at++;
      let next = at + 1;
      while (' \t\r\n'.includes(json[next] ?? '-')) next++;
      if (json[next] !== ':') continue;
      const key = JSON.parse(json.slice(start, at + 1)) as string;
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

function parsePlace(name: string, entry: unknown, fail: Fail): Place {
  const tensor = `tensor ${JSON.stringify(name)}`;
  if (!isRecord(entry)) return fail(`the header's entry of ${tensor} is not an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string' || !Object.hasOwn(readTypes, dtype))
    return fail(
      `${tensor} has the type ${JSON.stringify(dtype)}; supported are ${Object.keys(readTypes).join(', ')}`,
    );
  if (!Array.isArray(shape) || !shape.every(isCount))
    return fail(`the shape of ${tensor} is not a list of numbers from 0`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    return fail(`the data_offsets of ${tensor} are not two numbers from 0`);
  const [begin, end] = offsets as [number, number];
  const type = dtype as ReadType;
  const size = shape.reduce((product, length) => product * length, readTypes[type].BYTES_PER_ELEMENT);
  if (end - begin !== size)
    fail(
      `${tensor}, ${type} [${shape.join(', ')}], takes ${size} bytes, but its data_offsets are [${begin}, ${end}]`,
    );
  return { name, dtype: type, shape, begin, end };
}

/** Every byte belongs to exactly one tensor. */
function checkPlaces(places: readonly Place[], length: number, fail: Fail): void {
  let next = 0;
  for (const { name, begin, end } of [...places].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    const tensor = `tensor ${JSON.stringify(name)}`;
    if (begin < next) fail(`${tensor} begins at byte ${begin} of the data, inside the tensor before it`);
    if (begin > next) fail(`bytes ${next} to ${begin} of the data, before ${tensor}, belong to no tensor`);
    if (end > length)
      fail(`${tensor} ends at byte ${end} of the data, which has ${length} bytes; it may be truncated`);
    next = end;
  }
  if (next < length) fail(`${length - next} bytes follow its last tensor`);
}

function readTensor({ dtype, shape, begin, end }: Place, data: Uint8Array): SafetensorsTensor {
  const Type = readTypes[dtype];
  const size = Type.BYTES_PER_ELEMENT;
  const start = data.byteOffset + begin;
  const values =
    start % size === 0
      ? new Type(data.buffer as ArrayBuffer, start, (end - begin) / size)
      : new Type(Uint8Array.from(data.subarray(begin, end)).buffer);
  return (
    dtype === 'F16' || dtype === 'BF16'
      ? { dtype: 'F32', shape, data: halfTypes[dtype](values as Uint16Array) }
      : { dtype, shape, data: values }
  ) as SafetensorsTensor;
}

/**
 * Writes tensors so that equal tensors and metadata give equal bytes, whatever order they come in: by the size of their
 * elements, largest first (which aligns them all), then by name.
 *
 * @throws DataError for a tensor whose shape does not fit its data.
 */
export function serializeSafetensors(
  tensors: Readonly<Record<string, WrittenTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const sorted = Object.entries(tensors).sort(
    ([nameA, a], [nameB, b]) =>
      b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT || (nameA < nameB ? -1 : 1),
  );
  const entries = Object.keys(metadata).length ? [`"__metadata__":${sortedJson(metadata)}`] : [];
  let end = 0;
  for (const [name, { dtype, shape, data }] of sorted) {
    if (name === '__metadata__')
      throw new DataError('A tensor cannot be called "__metadata__" in a safetensors file.');
    if (!(data instanceof writtenTypes[dtype]) || data.length !== shape.reduce((a, b) => a * b, 1))
      throw new DataError(
        `Tensor ${JSON.stringify(name)}, ${dtype} [${shape.join(', ')}], cannot be written from ${data.constructor.name} of ${data.length}.`,
      );
    const begin = end;
    end += data.byteLength;
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`);
  const headerLength = Math.ceil(json.length / 8) * 8;

  const bytes = new Uint8Array(8 + headerLength + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(' '.charCodeAt(0), 8, 8 + headerLength);
  bytes.set(json, 8);
  let position = 8 + headerLength;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), position);
    position += data.byteLength;
  }
  return bytes;
}

const sortedJson = (metadata: Readonly<Record<string, string>>): string =>
  `{${Object.keys(metadata)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`)
    .join(',')}}`;
