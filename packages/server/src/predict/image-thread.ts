/**
 * What runs in the threads of the pool (`image-threads.ts`): everything that takes longer than a millisecond or two and is not
 * scoring, which has a thread of its own.
 */
import {
  DataError,
  type ImageReading,
  NO_SCORE,
  outlineRings,
  type RgbImage,
  type Ring,
  ShapeError,
  type ValueRange,
  valueRange,
} from '@adfw/core/plain';
import {
  badImageRemedy,
  type Frame,
  IMAGE_FORMAT_LIST,
  imageDimensions,
  imageFormat,
  readImage,
  type Size,
} from '@adfw/images';

export interface DecodeTask {
  readonly bytes: Uint8Array;
  /** What the image is called in errors. */
  readonly name: string;
  /** What the model takes. */
  readonly size: Frame;
  /** As the model has learnt to read files. */
  readonly reading?: ImageReading | undefined;
  readonly maxPixels: number;
}

export interface DecodedPhoto {
  /** Resized for the model. */
  readonly pixels: RgbImage;
  /** Of the image as it was sent. */
  readonly sent: Size;
}

/** An error as data: a class does not survive the way between threads. */
export interface ImageFault {
  readonly status: 413 | 415 | 422;
  readonly code: 'unsupported-image' | 'damaged-image' | 'other-shape' | 'too-many-pixels';
  readonly message: string;
}

/** Nothing is decoded before the header has said that the image has few enough pixels. */
export async function decode({
  bytes,
  name,
  size,
  reading,
  maxPixels,
}: DecodeTask): Promise<DecodedPhoto | { fault: ImageFault }> {
  if (imageFormat(bytes) === null)
    return fault(415, 'unsupported-image', `${name} is not ${IMAGE_FORMAT_LIST}.`);
  try {
    const sent = await imageDimensions(bytes, name, { page: reading?.page ?? null });
    if (!(sent.height > 0 && sent.width > 0))
      return fault(422, 'damaged-image', `${name} has no pixels: ${sent.width}x${sent.height}.`);
    if (sent.height * sent.width > maxPixels)
      return fault(
        413,
        'too-many-pixels',
        `${name} has ${sent.width}x${sent.height} pixels, and this server takes ${maxPixels} at most. Send a smaller one.`,
      );
    const pixels = await readImage(bytes, size, { name, reading });
    // A copy: a view would take all of the buffer that it is of along to the other thread.
    return { pixels: { ...pixels, data: new Uint8Array(pixels.data) }, sent };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    const code = error instanceof ShapeError ? 'other-shape' : 'damaged-image';
    return fault(422, code, error.message.replace(badImageRemedy, ''));
  }
}

const fault = (status: ImageFault['status'], code: ImageFault['code'], message: string) => ({
  fault: { status, code, message },
});

export interface MapTask {
  /** `[height, width]` in rows. */
  readonly map: Float32Array;
  readonly size: Size;
  readonly threshold: number | null;
  /** Scores at the ends of the colour scale; null for those of this map. */
  readonly mapRange: ValueRange | null;
}

export interface OverlayTask extends MapTask {
  readonly title: string;
  readonly pixels: RgbImage;
  readonly score: number;
}

/** The picture that `adfw predict --out` draws, as a PNG file. */
export async function overlay({
  title,
  pixels,
  map,
  score,
  threshold,
  mapRange,
}: OverlayTask): Promise<Uint8Array> {
  const { drawOverlay } = await import('@adfw/runner');
  return new Uint8Array(await drawOverlay({ title, image: pixels, map, score, threshold, mapRange }));
}

/** The map alone in the colours of the overlay, a pixel a value, as a PNG file; transparent where it has no score. */
export async function heatMap({ map, size, threshold, mapRange }: MapTask): Promise<Uint8Array> {
  const [{ colorScale, scoreColors }, { default: sharp }] = await Promise.all([
    import('@adfw/runner'),
    import('sharp'),
  ]);
  const { min, max } = mapRange ?? valueRange([map]);
  const colors = scoreColors(map, colorScale(min, max, threshold ?? Number.POSITIVE_INFINITY));
  const picture = sharp(colors, { raw: { ...size, channels: 3 } });
  if (map.includes(NO_SCORE)) {
    const opacity = Uint8Array.from(map, (score) => (score === NO_SCORE ? 0 : 255));
    picture.joinChannel(Buffer.from(opacity), { raw: { ...size, channels: 1 } });
  }
  return new Uint8Array(await picture.png().toBuffer());
}

export interface OutlineTask {
  readonly map: Float32Array;
  readonly size: Size;
  readonly threshold: number;
  /** Of the image in whose pixels the outline is wanted. */
  readonly sent: Size;
}

/** Where the map is as high as the threshold, in pixels of the image that was sent ({@link outlineRings}). */
export const outline = ({ map, size, threshold, sent }: OutlineTask): Ring[] =>
  outlineRings(map, size, threshold, sent);
