/**
 * Resizing as Pillow does it, which torchvision's `Resize` and most tools of the field go through: the same pixels in, the
 * same pixels out. libvips' own bilinear enlarging is shifted by a part of a pixel, and its reducing averages whole blocks
 * first.
 */

import type { Size } from '../contracts/size.js';
import { wasm } from './resize.wasm.js';

/** Bits behind the point of a weight. */
const PRECISION = 22;

/**
 * Pixels resized bilinearly with half-pixel centres; where it gets smaller, the triangle is widened by the scale, which
 * averages over all that an output pixel covers (antialiasing). Rows first, then columns, rounded to 8 bits after each: equal
 * to Pillow's `resize(size, BILINEAR)` to the last bit (Pillow 13 turns the order round for tall images: then within 1).
 * @param data `[height, width, 3]`, 0 to 255.
 * @returns `[target.height, target.width, 3]`; `data` itself where the size is already right.
 */
export function resizeBilinear(data: Uint8Array, { height, width }: Size, target: Size): Uint8Array {
  if (height === target.height && width === target.width) return data;
  const [rowLength, resizedLength] = [width * 3, target.width * 3];
  const acrossTable = triangleTable(width, target.width, 3);
  const downTable = triangleTable(height, target.height, resizedLength);
  const bandRows = Math.max(2, 2 * Math.floor(BAND / 2 / rowLength));
  // Of the last row of `resized` the one below is read, with a weight of 0.
  const layout = layOut({
    across: acrossTable.byteLength,
    down: downTable.byteLength,
    band: bandRows * rowLength,
    resized: (height + 1) * resizedLength,
    result: target.height * resizedLength,
  });
  const { memory, rows, columns } = kernelWith(layout.end);
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(bytesOf(acrossTable), layout.across);
  bytes.set(bytesOf(downTable), layout.down);

  if (width === target.width) bytes.set(data, layout.resized);
  else
    for (let y = 0; y < height; y += bandRows) {
      const count = Math.min(bandRows, height - y);
      bytes.set(data.subarray(y * rowLength, (y + count) * rowLength), layout.band);
      const to = layout.resized + y * resizedLength;
      rows(layout.band, to, count, rowLength, layout.across, target.width);
    }
  if (height === target.height) return bytes.slice(layout.resized, layout.resized + height * resizedLength);
  columns(layout.resized, layout.result, resizedLength, layout.down, target.height);
  return bytes.slice(layout.result, layout.result + target.height * resizedLength);
}

/**
 * The weights of a one-dimensional resize: output `o` is the sum over inputs `i` of `max(0, 1 - |i + 1/2 - centre(o)| / radius)`,
 * divided by the sum of these.
 * @param stride bytes from an input to the next.
 * @returns a table as resize.wat reads it.
 */
function triangleTable(inputs: number, outputs: number, stride: number): Int32Array {
  const scale = inputs / outputs;
  const radius = Math.max(1, scale);
  const most = Math.ceil(radius) * 2 + 2;
  const table = new Int32Array(outputs * (2 + most));
  const weights = new Float64Array(most);
  let at = 0;
  for (let output = 0; output < outputs; output++) {
    const center = (output + 0.5) * scale;
    const start = Math.max(0, Math.floor(center - radius + 0.5));
    const count = Math.min(inputs, Math.floor(center + radius + 0.5)) - start;
    let total = 0;
    for (let i = 0; i < count; i++) {
      weights[i] = Math.max(0, 1 - Math.abs(start + i + 0.5 - center) / radius);
      total += weights[i] as number;
    }
    const fixed = (i: number) =>
      i < count ? Math.floor(((weights[i] as number) / total) * 2 ** PRECISION + 0.5) : 0;
    const pairs = Math.ceil(count / 2);
    table[at++] = start * stride;
    table[at++] = 8 + 8 * pairs;
    for (let i = 0; i < 2 * pairs; i += 2) {
      const [left, right] = [fixed(i), fixed(i + 1)];
      table[at++] = (left >> LOW_BITS) | ((right >> LOW_BITS) << 16);
      table[at++] = (left & LOW_MASK) | ((right & LOW_MASK) << 16);
    }
  }
  return table.subarray(0, at);
}

/** The bits of a weight that resize.wat multiplies apart from the others. */
const LOW_BITS = 11;
const LOW_MASK = 2 ** LOW_BITS - 1;

/** Bytes of rows that are resized at a time: what is copied is still in the processor's cache when it is read. */
const BAND = 2 ** 17;

/** What is read and written beyond the end of something. */
const BEYOND = 16;

/** Where each of some things of so many bytes lies in memory, and where the last one ends. */
function layOut<Name extends string>(sizes: Record<Name, number>): Record<Name | 'end', number> {
  let end = 0;
  const places: Record<string, number> = {};
  for (const [name, size] of Object.entries<number>(sizes)) {
    places[name] = end;
    end += Math.ceil((size + BEYOND) / BEYOND) * BEYOND;
  }
  return { ...places, end } as Record<Name | 'end', number>;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Int32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** What resize.wat exports. */
interface Kernel {
  readonly memory: WebAssembly.Memory;
  rows(from: number, to: number, rows: number, rowLength: number, table: number, outputs: number): void;
  columns(from: number, to: number, rowLength: number, table: number, outputs: number): void;
}

const PAGE = 2 ** 16;

/** Memory that grew beyond is not kept. */
const MOST_KEPT = 2 ** 24;

let compiled: WebAssembly.Module | undefined;
let kept: Kernel | undefined;

/** The kernel, with at least so many bytes of memory. */
function kernelWith(bytes: number): Kernel {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(wasm), (digit) => digit.charCodeAt(0)));
  const kernel = kept ?? (new WebAssembly.Instance(compiled).exports as unknown as Kernel);
  const missing = bytes - kernel.memory.buffer.byteLength;
  if (missing > 0) kernel.memory.grow(Math.ceil(missing / PAGE));
  kept = bytes <= MOST_KEPT ? kernel : undefined;
  return kernel;
}

/**
 * Pixels resized to the nearest neighbour, half-pixel centres, so that no value appears that was not there.
 * @param data `[height, width]`.
 * @returns `[target.height, target.width]`.
 */
export function resizeNearest<T extends Uint8Array | Int32Array>(
  data: T,
  { height, width }: Size,
  target: Size,
): T {
  const result = new (data.constructor as new (length: number) => T)(target.height * target.width);
  for (let y = 0, to = 0; y < target.height; y++) {
    const row = Math.floor(((y + 0.5) * height) / target.height) * width;
    for (let x = 0; x < target.width; x++, to++)
      result[to] = data[row + Math.floor(((x + 0.5) * width) / target.width)] as number;
  }
  return result;
}
