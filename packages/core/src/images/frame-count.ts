/** How many pictures an animated image file shows one after another, from its bytes alone: also in a browser, which shows the first. */

/**
 * @param bytes of a file of any kind.
 * @returns the number of frames of a GIF, a WebP or a PNG, at least 1; 1 for any other file.
 */
export function frameCount(bytes: Uint8Array): number {
  const begins = (text: string, at = 0) => textAt(bytes, at, text.length) === text;
  const frames = begins('GIF8')
    ? gifFrames(bytes)
    : begins('RIFF') && begins('WEBP', 8)
      ? webpFrames(bytes)
      : begins('PNG', 1)
        ? pngFrames(bytes)
        : 1;
  return Math.max(1, frames);
}

const textAt = (bytes: Uint8Array, at: number, length: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + length));

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Chunks: length, type, data, checksum. The one that says how many comes before the pixels. */
function pngFrames(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  for (let at = 8; at + 12 <= bytes.length; at += view.getUint32(at) + 12) {
    const type = textAt(bytes, at + 4, 4);
    if (type === 'acTL') return view.getUint32(at + 8);
    if (type === 'IDAT') return 1;
  }
  return 1;
}

/** Chunks: type, length, data, filled up to an even length. There is one a frame. */
function webpFrames(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  let frames = 0;
  for (let at = 12; at + 8 <= bytes.length; at += 8 + 2 * Math.ceil(view.getUint32(at + 4, true) / 2))
    if (textAt(bytes, at, 4) === 'ANMF') frames += 1;
  return frames;
}

/** After the header come extensions and pictures, each of blocks with a length before them, of which the last is empty. */
function gifFrames(bytes: Uint8Array): number {
  const [EXTENSION, PICTURE] = [0x21, 0x2c];
  const paletteLength = (flags = 0) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let frames = 0;
  for (let at = 13 + paletteLength(bytes[10]); at < bytes.length; ) {
    if (bytes[at] === PICTURE) {
      frames += 1;
      at += 11 + paletteLength(bytes[at + 9]);
    } else if (bytes[at] === EXTENSION) at += 2;
    else break;
    while (bytes[at]) at += (bytes[at] as number) + 1;
    at += 1;
  }
  return frames;
}
