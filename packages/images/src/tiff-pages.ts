/** What the directories of a TIFF say of its pages: libvips tells neither how samples are to be taken nor which pages are previews. */

/** A page of a TIFF. */
export interface TiffPage {
  /** Samples a pixel. */
  readonly samples: number;
  /** Of every sample; 0 where they differ. */
  readonly bits: number;
  /** How samples are to be taken: 0 and 1 grey, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr, 8 LAB, ... */
  readonly photometric: number;
  /** Samples of a kind lie together, instead of those of a pixel. */
  readonly isPlanar: boolean;
  readonly isTiled: boolean;
  /** A smaller copy of another image of the file, or a mask of its transparency. */
  readonly isPreview: boolean;
}

const TAG = {
  subfileType: 254,
  oldSubfileType: 255,
  bits: 258,
  photometric: 262,
  samples: 277,
  planar: 284,
  tileWidth: 322,
} as const;

/** Sizes in bytes of the types that whole numbers are stored in: BYTE, SHORT, LONG, IFD, LONG8, IFD8. */
const NUMBER_SIZES: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 13: 4, 16: 8, 18: 8 };

/**
 * The pages of a TIFF in their order, without what hangs on them (SubIFDs).
 * @param bytes of the file, or the first of them: what lies beyond is taken for the end of the list.
 */
export function tiffPages(bytes: Uint8Array): TiffPage[] {
  const reader = tiffReader(bytes);
  const pages: TiffPage[] = [];
  const seen = new Set<number>();
  for (let at = reader.offset(reader.isBig ? 8 : 4); at !== undefined && at !== 0 && !seen.has(at); ) {
    seen.add(at);
    const directory = reader.directory(at);
    if (directory === undefined) break;
    pages.push(toPage(directory.fields));
    at = directory.next;
  }
  return pages;
}

type Fields = ReadonlyMap<number, readonly number[]>;

function toPage(fields: Fields): TiffPage {
  const first = (tag: number) => fields.get(tag)?.[0];
  const bits = fields.get(TAG.bits) ?? [1];
  const subfileType = first(TAG.subfileType) ?? 0;
  const [reducedCopy, transparencyMask] = [1, 4];
  return {
    samples: first(TAG.samples) ?? 1,
    bits: bits.every((each) => each === bits[0]) ? (bits[0] as number) : 0,
    photometric: first(TAG.photometric) ?? 1,
    isPlanar: first(TAG.planar) === 2,
    isTiled: fields.has(TAG.tileWidth),
    isPreview: (subfileType & (reducedCopy | transparencyMask)) !== 0 || first(TAG.oldSubfileType) === 2,
  };
}

/** Reads numbers in the file's byte order; undefined where they lie beyond its end. */
function tiffReader(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = bytes[0] === 0x49;
  const number = (at: number, size: number): number | undefined => {
    if (at + size > bytes.length) return undefined;
    if (size === 1) return view.getUint8(at);
    if (size === 2) return view.getUint16(at, isLittle);
    return size === 4 ? view.getUint32(at, isLittle) : Number(view.getBigUint64(at, isLittle));
  };
  const isBig = number(2, 2) === 43;
  // An entry is a tag, a type, how many values there are, and the values, or where they lie.
  const [offsetSize, countSize, entrySize] = isBig ? [8, 8, 20] : [4, 2, 12];
  const offset = (at: number) => number(at, offsetSize);

  function values(entry: number): readonly number[] {
    const size = NUMBER_SIZES[number(entry + 2, 2) ?? 0];
    const count = number(entry + 4, offsetSize);
    // Lists as long as where the strips lie are of no interest.
    if (size === undefined || count === undefined || count > 64) return [];
    const inPlace = entry + 4 + offsetSize;
    const from = size * count <= offsetSize ? inPlace : offset(inPlace);
    const found: number[] = [];
    for (let i = 0; i < count && from !== undefined; i++) {
      const value = number(from + i * size, size);
      if (value !== undefined) found.push(value);
    }
    return found;
  }

  function directory(at: number): { fields: Fields; next: number | undefined } | undefined {
    const count = number(at, countSize);
    if (count === undefined) return undefined;
    const wanted: readonly number[] = Object.values(TAG);
    const fields = new Map<number, readonly number[]>();
    const end = at + countSize + count * entrySize;
    if (end > bytes.length) return undefined;
    for (let entry = at + countSize; entry < end; entry += entrySize) {
      const tag = number(entry, 2) as number;
      if (wanted.includes(tag)) fields.set(tag, values(entry));
    }
    return { fields, next: offset(end) };
  }

  return { isBig, offset, directory };
}
