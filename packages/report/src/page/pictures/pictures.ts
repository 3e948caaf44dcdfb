/** Reads the pictures of an image out of the page, where they lie as text until they are asked for. */
import { gradientUnfiltered } from '../../maps/gradient-filter.js';
import type { PackedMap, Picture } from '../../report-document.js';

export interface DecodedMap {
  readonly width: number;
  readonly height: number;
  /** How many of its pixels are as wide and as high as the image. */
  readonly span: PackedMap['span'];
  readonly values: Uint8Array;
  readonly highest: number;
}

export interface DecodedPicture {
  /** Height and width of the image as the model saw it. */
  readonly size: Picture['size'];
  readonly image: ImageBitmap | null;
  readonly mask: DecodedMap | null;
  readonly maps: readonly (DecodedMap | null)[];
  /** Of each map 1 where it has a score; null where it has one everywhere. */
  readonly scored: readonly (DecodedMap | null)[];
}

/** @returns null where the page has none. */
export async function readPicture(index: number): Promise<DecodedPicture | null> {
  const source = await pictureElement(index);
  if (!source) return null;
  const { size, image, mask, maps, scored } = JSON.parse(source.textContent ?? '') as Picture;
  const unpackAll = (packed: readonly (PackedMap | null)[]) =>
    Promise.all(packed.map((map) => map && unpackMap(map)));
  const [decoded, decodedMask, decodedMaps, decodedScored] = await Promise.all([
    image === null ? null : createImageBitmap(new Blob([bytesOf(image)], { type: 'image/webp' })),
    mask && unpackMap(mask),
    unpackAll(maps),
    unpackAll(scored),
  ]);
  return { size, image: decoded, mask: decodedMask, maps: decodedMaps, scored: decodedScored };
}

/** Pictures are the last thing in the file: while it is still being read, one may not be there yet. */
async function pictureElement(index: number): Promise<HTMLElement | null> {
  const find = () => document.getElementById(`picture-${index}`);
  const found = find();
  // Of the last one that is there the text may not be complete.
  if (document.readyState !== 'loading' || found?.nextElementSibling) return found;
  await new Promise((done) => document.addEventListener('DOMContentLoaded', done, { once: true }));
  return find();
}

async function unpackMap({ width, height, span, data }: PackedMap): Promise<DecodedMap> {
  const inflated = new Blob([bytesOf(data)]).stream().pipeThrough(new DecompressionStream('deflate'));
  const filtered = new Uint8Array(await new Response(inflated).arrayBuffer());
  const values = gradientUnfiltered(filtered, width);
  let highest = 0;
  for (const value of values) if (value > highest) highest = value;
  return { width, height, span, values, highest };
}

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
