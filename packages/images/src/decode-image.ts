/**
 * Image files to pixels of the size they were stored in. All but BMP go through libvips (sharp), whose prebuilt
 * binaries lack it: it goes through Rust's image-rs (@napi-rs/image): of six decoders tried on the files of bmpsuite it
 * was the only one right for every depth from 1 to 32 bits, palettes, run lengths and rows stored top down.
 */
import { readFile } from 'node:fs/promises';
import { DataError, dropAlpha, frameCount, type RgbImage, type Size } from '@adfw/core/plain';
import { IMAGE_FORMAT_LIST, imageFormat } from './image-format.js';
import { choosePage, type PageChoice, tiffPage } from './image-pages.js';
import { jpegFlaws } from './jpeg-flaws.js';

/** Pixels `[height, width, channels]` in rows: sRGB or sRGB and alpha, 0 to 255 or, 16 bits deep, 0 to 65535. */
export interface DecodedImage extends Size {
  readonly channels: 3 | 4;
  readonly data: Uint8Array | Uint16Array;
  /** As {@link RgbImage.remarks}. */
  readonly remarks: readonly string[];
}

export interface DecodeOptions extends PageChoice {
  /** Take the samples as they are, where an embedded colour profile would change them: always, or those of more than 8 bits. */
  readonly ignoreProfile?: boolean | 'above-8-bits';
}

/** More is taken for a damaged header, or an attack: 16384 x 16384. */
const MAX_PIXELS = 2 ** 28;

/**
 * @param name what the file is called in errors.
 * @throws DataError that names the file when there is none, or it cannot be read.
 */
export async function readBytes(path: string, name = path): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(name, fileFault(error), error);
  }
}

/**
 * The pixels of an image file: grey, palette, CMYK and other colours become sRGB, by the embedded profile where there is one;
 * EXIF orientation is applied. Of a TIFF with more channels than its colours have, the others are dropped.
 * @param name what the image is called in errors: its path.
 * @throws DataError that names the image where it is empty, none of the formats, too large, damaged or cut off, where its samples
 * or colours are of a kind that is not read, and where it has not the page that is asked for.
 */
export async function decodeImage(
  bytes: Uint8Array,
  name: string,
  { ignoreProfile = false, ...choice }: DecodeOptions = {},
): Promise<DecodedImage> {
  const format = formatOf(bytes, name);
  if (format === 'BMP') return decodeBmp(bytes, name, choice);
  const { depth, page, icc, space } = await readHeader(bytes, name, format, choice);
  const is16Bit = depth === 'ushort';
  const ignoreIcc = ignoreProfile === 'above-8-bits' ? is16Bit : ignoreProfile;
  if (depth !== 'uchar' && !is16Bit)
    throw unreadable(
      name,
      `its samples are of type ${depth}, and which of them are black and white is not known: save it with unsigned ones of 8 or 16 bits`,
    );
  const decode = async (
    failOn: 'warning' | 'error' | 'none',
    remarks: readonly string[] = [],
  ): Promise<DecodedImage> => {
    const { default: sharp } = await import('sharp');
    const pixels = sharp(bytes, {
      failOn,
      limitInputPixels: MAX_PIXELS,
      limitInputChannels: false,
      ignoreIcc,
      autoOrient: true,
      ...page,
    }).toColourspace(is16Bit ? 'rgb16' : 'srgb');
    // Where colours have 16 bits, sharp takes a profile for one to Display P3.
    if (icc && space === 'rgb16' && !ignoreIcc) pixels.withIccProfile('srgb');
    const { data, info } = await pixels
      .raw({ depth: is16Bit ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info as { width: number; height: number; channels: number };
    const samples = is16Bit
      ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)
      : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return channels === 3 || channels === 4
      ? { width, height, channels, data: samples, remarks }
      : { width, height, channels: 3, data: firstThree(samples, channels), remarks };
  };
  try {
    // Half a JPEG decodes with a mere warning, and so does one with garbage inside. For the others, warnings are about
    // unknown tags and the like.
    return await decode(format === 'JPEG' ? 'warning' : 'error');
  } catch (error) {
    const flaws = format === 'JPEG' ? (jpegFlaws(bytes) ?? []) : [];
    if (flaws.length === 0) throw unreadable(name, decoderFault(error), error);
    return decode('none', [`JPEG files with ${flaws.join(', ')}, though no pixel is missing`]).catch(() => {
      throw unreadable(name, decoderFault(error), error);
    });
  }
}

/**
 * Height and width of an image file from its header, EXIF orientation applied; no pixel is decoded.
 * @param name what the image is called in errors.
 * @throws DataError as `decodeImage`, but for images that are too large.
 */
export const imageDimensions = async (
  bytes: Uint8Array,
  name: string,
  choice: PageChoice = {},
): Promise<Size> => (await imagePose(bytes, name, choice)).shown;

/** How an image lies in its file. */
export interface ImagePose {
  /** The size of the pixels in the file. */
  readonly stored: Size;
  /** Their size as they are shown: turned by EXIF. */
  readonly shown: Size;
  /** The EXIF orientation: 1 where nothing is turned or mirrored, to 8. */
  readonly orientation: number;
}

/** What {@link imageDimensions} reads, and what EXIF has to do with it. */
export async function imagePose(
  bytes: Uint8Array,
  name: string,
  choice: PageChoice = {},
): Promise<ImagePose> {
  const format = formatOf(bytes, name);
  if (format === 'BMP') {
    const size = bmpDimensions(bytes, name, choice);
    return { stored: size, shown: size, orientation: 1 };
  }
  const { height, width, autoOrient, orientation = 1 } = await readHeader(bytes, name, format, choice);
  const shown = { height: autoOrient.height, width: autoOrient.width };
  return { stored: { height, width }, shown, orientation };
}

function formatOf(bytes: Uint8Array, name: string): string {
  if (bytes.length === 0) throw unreadable(name, 'it is empty');
  const format = imageFormat(bytes);
  if (format === null) throw unreadable(name, notAnImage);
  return format;
}

/**
 * What the decoder says of an image without decoding it; not of a BMP, which it does not read.
 * @throws DataError that names the image where its header is damaged.
 */
export async function readMetadata(bytes: Uint8Array, name: string, page: { page?: number } = {}) {
  // Loaded when the first image comes along, as it takes a tenth of a second: commands that only list parts read none.
  const { default: sharp } = await import('sharp');
  return sharp(bytes, { failOn: 'none', limitInputPixels: false, limitInputChannels: false, ...page })
    .metadata()
    .catch((error: unknown) => {
      throw unreadable(name, decoderFault(error), error);
    });
}

/** A header, and `page` as the decoder is to be told. */
async function readHeader(bytes: Uint8Array, name: string, format: string, choice: PageChoice) {
  const metadata = (page: { page?: number }) => readMetadata(bytes, name, page);
  if (format === 'TIFF') {
    const page = pageOf(name, tiffPage(bytes, choice));
    return { ...(await metadata(page)), page };
  }
  const header = await metadata({});
  const count = format === 'PNG' ? frameCount(bytes) : (header.pages ?? 1);
  const page = pageOf(name, choosePage(count, 'frame', choice));
  if (!page.page) return { ...header, page };
  if (format === 'PNG')
    throw unreadable(name, 'it is animated, and of such a PNG only the first frame can be read');
  return { ...(await metadata(page)), page };
}

function pageOf(name: string, found: ReturnType<typeof choosePage>): { page?: number } {
  if ('fault' in found) throw unreadable(name, found.fault);
  return found;
}

function bmpDimensions(bytes: Uint8Array, name: string, choice: PageChoice): Size {
  pageOf(name, choosePage(1, 'page', choice));
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.byteLength < 26) throw unreadable(name, 'it is cut off within its header');
  // The header of OS/2, 12 bytes long, has numbers of 16 bits. A height below zero says that rows are stored top down.
  const size =
    header.getUint32(14, true) === 12
      ? { width: header.getUint16(18, true), height: header.getUint16(20, true) }
      : { width: header.getInt32(18, true), height: Math.abs(header.getInt32(22, true)) };
  return size;
}

async function decodeBmp(bytes: Uint8Array, name: string, choice: PageChoice): Promise<DecodedImage> {
  const { height, width } = bmpDimensions(bytes, name, choice);
  if (height * width > MAX_PIXELS) throw unreadable(name, pixelLimitFault);
  // Loaded when the first BMP comes along: most datasets have none.
  const { Transformer } = await import('@napi-rs/image');
  const pixels = await new Transformer(bytes).rawPixels().catch((error: unknown) => {
    throw unreadable(name, decoderFault(error), error);
  });
  // The fourth byte of a pixel is alpha to some programs and left zero by others.
  const hasFourthByte = pixels.length === height * width * 4;
  const data = hasFourthByte ? dropAlpha(pixels) : new Uint8Array(pixels);
  return { height, width, channels: 3, data, remarks: [] };
}

function firstThree<Samples extends Uint8Array | Uint16Array>(samples: Samples, channels: number): Samples {
  const result = samples.slice(0, (samples.length / channels) * 3) as Samples;
  for (let to = 0, from = 0; to < result.length; to += 3, from += channels) {
    result[to] = samples[from] as number;
    result[to + 1] = samples[from + 1] as number;
    result[to + 2] = samples[from + 2] as number;
  }
  return result;
}

export const unreadable = (name: string, fault: string, cause?: unknown): DataError =>
  new DataError(`${name} cannot be read as an image: ${fault}.${remedy}`, { cause });

/** What every error about a single file ends with. */
export const remedy = ' Replace it, or leave such images out with --skip-bad-images.';

const notAnImage = `it is not ${IMAGE_FORMAT_LIST}, or its header is damaged`;

const pixelLimitFault = 'its header claims more pixels than 16384x16384, so it is damaged or far too large';

function fileFault(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'there is no such file, or it links to none';
  if (code === 'EACCES' || code === 'EPERM') return 'permission is denied';
  if (code === 'EISDIR') return 'it is a folder';
  return message;
}

/** What a decoder says, without its name and all lines but the first. */
function decoderFault(error: unknown): string {
  const message = (error as Error).message;
  if (/pixel limit|memory limit|too large/i.test(message)) return pixelLimitFault;
  if (/unsupported image format/.test(message)) return notAnImage;
  // The decoder has one list of messages for all images that it decodes at a time: this one's may be gone.
  if (/unknown error|failOn/i.test(message)) return 'it is damaged or cut off';
  const [line = ''] = message.split('\n');
  const detail = line.replace(/^(\w+: |Input buffer has |Decode image failed )+/, '').replace(/[:.\s]+$/, '');
  return `it is damaged or cut off (${detail})`;
}
