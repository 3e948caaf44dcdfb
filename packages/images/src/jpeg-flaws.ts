/**
 * Whether a JPEG that its decoder warns of has all its pixels. The decoder treats what is harmless (odd parameters, stray bytes) and
 * what is not (blocks that are missing, codes that are none) alike, names but the first, and mixes up the messages of images that are
 * decoded at the same time. So the compressed data are gone through: every block of every scan must be there.
 */

interface Component {
  readonly id: number;
  readonly across: number;
  readonly down: number;
  /** Blocks in a row, and rows of them, that a scan of this component alone has. */
  readonly blocks: readonly [across: number, down: number];
  /** Blocks in a row, those included that only fill up the last unit. */
  readonly stride: number;
  /** Of each coefficient, how many of its lowest bits are still to come; -1 where no scan had it. */
  readonly missingBits: Int8Array;
  /** A bit a coefficient: whether it is known not to be zero. Of progressive files. */
  readonly nonZero: Uint8Array;
}

interface Frame {
  readonly isProgressive: boolean;
  readonly components: readonly Component[];
  /** Units, of a block or several of each component, in a row and in a column. */
  readonly units: readonly [across: number, down: number];
}

/** The number of codes up to each length, and what the codes stand for. */
interface HuffmanTable {
  readonly counts: Uint8Array;
  readonly symbols: Uint8Array;
}

class Incomplete extends Error {}

/**
 * @param bytes of a JPEG file.
 * @returns what is odd about it though no pixel is missing; null where pixels are missing or damaged, or it is of a kind that is not
 * gone through (arithmetic coding, 12 bits). Empty where nothing is odd: what the decoder warns of is then not known.
 */
export function jpegFlaws(bytes: Uint8Array): string[] | null {
  try {
    return [...readSegments(bytes)];
  } catch (error) {
    if (error instanceof Incomplete) return null;
    throw error;
  }
}

const [SOF0, SOF1, SOF2, DHT, SOI, EOI, SOS, DRI, APP0, APP14] = [
  0xc0, 0xc1, 0xc2, 0xc4, 0xd8, 0xd9, 0xda, 0xdd, 0xe0, 0xee,
];

function readSegments(bytes: Uint8Array): Set<string> {
  const flaws = new Set<string>();
  const tables = new Map<number, HuffmanTable>();
  let frame: Frame | null = null;
  let restartInterval = 0;
  let at = 2;
  for (let isAfterScan = false; ; ) {
    const marker = nextMarker(bytes, at, isAfterScan);
    if (marker === null || marker.code === EOI) {
      if (!frame || !isComplete(frame)) throw new Incomplete();
      if (marker === null) flaws.add('no end marker');
      return flaws;
    }
    if (marker.skipped > 0) flaws.add('stray bytes between its parts');
    at = marker.end;
    isAfterScan = marker.code === SOS;
    const length = at + 2 > bytes.length ? 0 : ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    const segment = bytes.subarray(at + 2, at + length);
    if (length < 2 || at + length > bytes.length || marker.code === SOI) throw new Incomplete();
    at += length;
    if (marker.code === DHT) readTables(segment, tables);
    else if (marker.code === DRI) restartInterval = word(segment, 0);
    else if (marker.code === SOF0 || marker.code === SOF1 || marker.code === SOF2)
      frame = readFrame(segment, marker.code === SOF2);
    else if (marker.code >= SOF0 && marker.code < SOI) throw new Incomplete();
    else if (marker.code === APP0 && textAt(segment, 0, 4) === 'JFIF' && segment[5] !== 1)
      flaws.add('an unknown version of JFIF');
    // Adobe's segment says how colours were transformed: 0 not, 1 to YCbCr, 2 to YCCK.
    else if (marker.code === APP14 && textAt(segment, 0, 5) === 'Adobe' && (segment[11] ?? 0) > 2)
      flaws.add('an unknown transform of colours');
    else if (marker.code === SOS) {
      if (!frame) throw new Incomplete();
      const scan = readScanHeader(segment, frame);
      if (scan.isOdd) flaws.add('odd parameters of a scan');
      at = readScan(bytes, at, { frame, tables, restartInterval, ...scan });
    }
  }
}

const byte = (segment: Uint8Array, at: number): number => {
  const value = segment[at];
  if (value === undefined) throw new Incomplete();
  return value;
};
const word = (segment: Uint8Array, at: number): number => (byte(segment, at) << 8) | byte(segment, at + 1);

/**
 * The next marker, and how many bytes lie before it that belong to nothing; null at the end of the file.
 * @throws Incomplete where there are such bytes behind a scan and they are no padding: blocks may have been in them. Before the end
 * marker the decoder does not mind them either.
 */
function nextMarker(
  bytes: Uint8Array,
  from: number,
  isAfterScan: boolean,
): { code: number; end: number; skipped: number } | null {
  const isMarker = (at: number) => bytes[at] === 0xff && bytes[at + 1] !== 0 && bytes[at + 1] !== 0xff;
  let at = from;
  while (at + 1 < bytes.length && !isMarker(at)) at++;
  const isEnd = at + 1 >= bytes.length;
  const skipped = bytes.subarray(from, isEnd ? bytes.length : at).filter((value) => value !== 0xff);
  const code = isEnd ? null : (bytes[at + 1] as number);
  if (isAfterScan && code !== EOI && skipped.some((value) => value !== 0)) throw new Incomplete();
  return code === null ? null : { code, end: at + 2, skipped: skipped.length };
}

const textAt = (segment: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...segment.subarray(at, at + length));

function readTables(segment: Uint8Array, tables: Map<number, HuffmanTable>): void {
  for (let at = 0; at < segment.length; ) {
    const counts = segment.subarray(at + 1, at + 17);
    const length = counts.reduce((sum, count) => sum + count, 0);
    const symbols = segment.subarray(at + 17, at + 17 + length);
    if (counts.length < 16 || symbols.length < length) throw new Incomplete();
    tables.set(byte(segment, at), { counts, symbols });
    at += 17 + length;
  }
}

function readFrame(segment: Uint8Array, isProgressive: boolean): Frame {
  const [height, width] = [word(segment, 1), word(segment, 3)];
  const specs = Array.from({ length: byte(segment, 5) }, (_, i) => {
    const sampling = byte(segment, 7 + 3 * i);
    return { id: byte(segment, 6 + 3 * i), across: sampling >> 4, down: sampling & 15 };
  });
  const [most, deepest] = [
    Math.max(...specs.map(({ across }) => across)),
    Math.max(...specs.map(({ down }) => down)),
  ];
  const isSound = specs.every(({ across, down }) => across > 0 && down > 0);
  if (byte(segment, 0) !== 8 || height === 0 || width === 0 || specs.length === 0 || !isSound)
    throw new Incomplete();
  const units = [Math.ceil(width / (8 * most)), Math.ceil(height / (8 * deepest))] as const;
  const components = specs.map(({ id, across, down }): Component => {
    const stride = units[0] * across;
    return {
      id,
      across,
      down,
      blocks: [
        Math.ceil(Math.ceil((width * across) / most) / 8),
        Math.ceil(Math.ceil((height * down) / deepest) / 8),
      ],
      stride,
      missingBits: new Int8Array(64).fill(-1),
      nonZero: new Uint8Array(isProgressive ? stride * units[1] * down * 8 : 0),
    };
  });
  return { isProgressive, components, units };
}

/** Whether all bits of all coefficients were in a scan. */
const isComplete = ({ components }: Frame): boolean =>
  components.every(({ missingBits }) => missingBits.every((missing) => missing === 0));

interface ScanHeader {
  readonly parts: readonly { component: Component; direct: number; alternating: number }[];
  /** Coefficients of the scan, in the order of the zigzag. */
  readonly first: number;
  readonly last: number;
  /** It adds a bit to coefficients that are known. */
  readonly isRefinement: boolean;
  readonly isOdd: boolean;
}

function readScanHeader(segment: Uint8Array, { components, isProgressive }: Frame): ScanHeader {
  const count = byte(segment, 0);
  const parts = Array.from({ length: count }, (_, i) => {
    const component = components.find(({ id }) => id === byte(segment, 1 + 2 * i));
    if (!component) throw new Incomplete();
    const tables = byte(segment, 2 + 2 * i);
    // Tables of coefficients that are no mean have numbers from 16 on.
    return { component, direct: tables >> 4, alternating: 16 + (tables & 15) };
  });
  const [first, last, bits] = [1, 2, 3].map((i) => byte(segment, 2 * count + i)) as [number, number, number];
  const [high, low] = [bits >> 4, bits & 15];
  if (count === 0) throw new Incomplete();
  if (!isProgressive) {
    for (const { component } of parts) component.missingBits.fill(0);
    // Zeros are what is written by who has no use for them; other numbers are of a byte that is missing or too many.
    if (first !== 0 || bits !== 0 || (last !== 63 && last !== 0)) throw new Incomplete();
    return { parts, first: 0, last: 63, isRefinement: false, isOdd: last === 0 };
  }
  const isOfMeans = first === 0;
  if (last > 63 || last < first || (isOfMeans ? last !== 0 : count !== 1)) throw new Incomplete();
  for (const { component } of parts) {
    const { missingBits } = component;
    if (!isOfMeans && missingBits[0] === -1) throw new Incomplete();
    for (let k = first; k <= last; k++) {
      if (Math.max(missingBits[k] as number, 0) !== high) throw new Incomplete();
      missingBits[k] = low;
    }
  }
  return { parts, first, last, isRefinement: high > 0, isOdd: false };
}

interface Scan extends ScanHeader {
  readonly frame: Frame;
  readonly tables: ReadonlyMap<number, HuffmanTable>;
  readonly restartInterval: number;
}

/**
 * Goes through the blocks of a scan.
 * @returns where its data end.
 * @throws Incomplete where a block is not there, or its codes are none.
 */
function readScan(bytes: Uint8Array, start: number, scan: Scan): number {
  const { frame, parts, restartInterval } = scan;
  const bits = bitReader(bytes, start);
  const readers = parts.map(({ component, direct, alternating }) => ({
    component,
    read: blockReader(bits, component, scan, scan.tables.get(direct), scan.tables.get(alternating)),
  }));
  const isAlone = parts.length === 1;
  const [across, down] = isAlone ? (parts[0] as (typeof parts)[number]).component.blocks : frame.units;
  const units = across * down;
  let endsAt = restartInterval || units;
  for (let unit = 0; unit < units; unit++) {
    if (unit === endsAt) {
      bits.restart((unit / restartInterval - 1) % 8);
      for (const { read } of readers) read.restart();
      endsAt += restartInterval;
    }
    const [column, row] = [unit % across, Math.floor(unit / across)];
    for (const { component, read } of readers) {
      if (isAlone) read.block(row * component.stride + column);
      else
        for (let y = 0; y < component.down; y++)
          for (let x = 0; x < component.across; x++)
            read.block((row * component.down + y) * component.stride + column * component.across + x);
    }
  }
  return bits.end();
}

type BitReader = ReturnType<typeof bitReader>;

function bitReader(bytes: Uint8Array, start: number) {
  let at = start;
  let current = 0;
  let left = 0;

  function bit(): number {
    if (left === 0) {
      current = bytes[at++] ?? 0xff;
      // A byte of ones is followed by a zero, or it is a marker; beyond the end of the file it is one.
      if (current === 0xff && bytes[at++] !== 0) throw new Incomplete();
      left = 8;
    }
    left -= 1;
    return (current >> left) & 1;
  }

  function number(length: number): number {
    let value = 0;
    for (let i = 0; i < length; i++) value = (value << 1) | bit();
    return value;
  }

  function symbol(table: HuffmanTable | undefined): number {
    if (!table) throw new Incomplete();
    const { counts, symbols } = table;
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 0; length < 16; length++) {
      code |= bit();
      const count = counts[length] as number;
      if (code - first < count) return symbols[index + code - first] as number;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Incomplete();
  }

  /** Where the next byte is; bits that are left over are ones, or zeros. */
  function end(): number {
    const rest = current & ((1 << left) - 1);
    if (rest !== 0 && rest !== (1 << left) - 1) throw new Incomplete();
    return at;
  }

  return {
    bit,
    number,
    symbol,
    /** To behind the marker that a stretch of units is followed by. */
    restart(index: number): void {
      const marker = nextMarker(bytes, end(), true);
      if (marker?.code !== 0xd0 + index) throw new Incomplete();
      at = marker.end;
      left = 0;
    },
    end,
  };
}

/** Reads the bits of one block after another, and remembers of them what later scans depend on. */
function blockReader(
  bits: BitReader,
  { nonZero }: Component,
  { frame, first, last, isRefinement }: Scan,
  directTable: HuffmanTable | undefined,
  table: HuffmanTable | undefined,
) {
  /** Blocks that follow without any of the coefficients. */
  let emptyBlocks = 0;
  const isSet = (index: number) => ((nonZero[index >> 3] as number) >> (index & 7)) & 1;
  const set = (index: number) => {
    nonZero[index >> 3] = (nonZero[index >> 3] as number) | (1 << (index & 7));
  };
  const direct = () => bits.number(bits.symbol(directTable));

  function sequential(): void {
    direct();
    for (let k = 1; k <= 63; k++) {
      const symbol = bits.symbol(table);
      const size = symbol & 15;
      if (size === 0 && symbol !== 0xf0) return;
      k += symbol >> 4;
      if (k > 63) throw new Incomplete();
      bits.number(size);
    }
  }

  /** Coefficients of which nothing is known yet. */
  function firstBits(block: number): void {
    if (emptyBlocks > 0) {
      emptyBlocks -= 1;
      return;
    }
    for (let k = first; k <= last; k++) {
      const symbol = bits.symbol(table);
      const [run, size] = [symbol >> 4, symbol & 15];
      if (size === 0 && run < 15) {
        emptyBlocks = (1 << run) + bits.number(run) - 1;
        return;
      }
      k += run;
      if (k > last) throw new Incomplete();
      if (size > 0) {
        bits.number(size);
        set(block * 64 + k);
      }
    }
  }

  /** A bit for each coefficient that is known not to be zero, and those that are not zero only now. */
  function furtherBits(block: number): void {
    let k = first;
    while (emptyBlocks === 0 && k <= last) {
      const symbol = bits.symbol(table);
      let run = symbol >> 4;
      const size = symbol & 15;
      if (size > 1) throw new Incomplete();
      if (size === 0 && run < 15) {
        emptyBlocks = (1 << run) + bits.number(run);
        break;
      }
      if (size === 1) bits.bit();
      for (; k <= last; k++) {
        if (isSet(block * 64 + k)) bits.bit();
        else if (run-- === 0) break;
      }
      if (size === 1) {
        if (k > last) throw new Incomplete();
        set(block * 64 + k);
      }
      k += 1;
    }
    if (emptyBlocks === 0) return;
    for (; k <= last; k++) if (isSet(block * 64 + k)) bits.bit();
    emptyBlocks -= 1;
  }

  const block = !frame.isProgressive
    ? sequential
    : first > 0
      ? isRefinement
        ? furtherBits
        : firstBits
      : isRefinement
        ? () => bits.bit()
        : direct;
  return {
    block: block as (block: number) => void,
    restart(): void {
      emptyBlocks = 0;
    },
  };
}
