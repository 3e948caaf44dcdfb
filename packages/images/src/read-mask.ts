import { DataError, type Mask, resizeMask, type Size } from '@adfw/core/plain';
import {
  type DecodedImage,
  decodeImage,
  type ImagePose,
  imagePose,
  readBytes,
  remedy,
} from './decode-image.js';
import { lossyFormat } from './lossy-format.js';

/**
 * A ground truth mask of exactly `size`, to the nearest neighbour, but that no defect vanishes ({@link resizeMask}). A pixel is
 * defective where any colour channel is not zero, however deep the samples; in a file of a lossy format, where one reaches half of the
 * mask's brightest value, at least 16. Fully transparent pixels are nominal.
 * @param path an image file of any kind {@link readImage} takes.
 * @param image the path of the image that is masked: shown, its size must be that of the mask.
 * @param page of the image, and of the mask where that has several.
 * @param saturationOf by which the mask of a single defect gets its saturation.
 * @returns pixels `[size.height, size.width]`, 1 defective, 0 nominal, and the unusual kinds that the mask is of.
 * @throws DataError that names the file, and the image, when it cannot be read, and the sizes when they differ.
 */
export async function readMask(
  path: string,
  size: Size,
  image?: string,
  page: number | null = null,
  saturationOf?: SaturationOf,
): Promise<Mask> {
  const name = image === undefined ? path : `${path}, the mask of ${image},`;
  const bytes = await readBytes(path, name);
  const choice = { page, onlyPageServes: true };
  const decoded = await decodeImage(bytes, name, { ignoreProfile: true, ...choice });
  const remarks = [...decoded.remarks];
  if (image !== undefined) {
    const poses = {
      mask: await imagePose(bytes, name, choice),
      image: await imagePose(await readBytes(image), image, { page }),
    };
    if (!isSame(poses.mask.shown, poses.image.shown))
      throw new DataError(
        `The mask ${path} is ${describe(poses.mask.shown)} pixels but its image ${image} is ${describe(poses.image.shown)}; ` +
          `${sizeFault(poses)}.${remedy}`,
      );
    if (isAmbiguous(poses)) remarks.push(AMBIGUOUS);
  }

  const { values, occurring } = brightness(decoded);
  const format = lossyFormat(bytes);
  if (format !== null)
    remarks.push(`Masks in a lossy format (${format}), defective from half of the brightest value on`);
  else if (occurring.filter((occurs) => occurs === 1).length > FEW_VALUES) remarks.push(SOFT);
  const least = format === null ? 1 : Math.max(FAINT, occurring.lastIndexOf(1) / 2);
  const inside = atLeast(least, values);
  const { data, saved } = resizeMask(inside, decoded, size);
  if (saved > 0)
    remarks.push(
      `Masks with defects that fall between the pixels at ${describe(size)}, kept as the pixels that they touch`,
    );
  const area = saturationOf ? countInside(inside) : 0;
  return {
    height: size.height,
    width: size.width,
    data,
    ...(remarks.length > 0 && { remarks }),
    ...(saturationOf &&
      area > 0 && {
        saturation: (saturationOf(occurring.lastIndexOf(1), area, name) / area) * countInside(data),
      }),
  };
}

/**
 * How many of the pixels of a defect count as all of it.
 * @param value the brightest of its mask.
 * @param area how many pixels it has, in the mask's own size.
 * @param name of the mask, for errors.
 */
export type SaturationOf = (value: number, area: number, name: string) => number;

const countInside = (mask: Uint8Array): number =>
  mask.reduce((count, pixel) => count + (pixel === 0 ? 0 : 1), 0);

/** What a lossy format makes of black stays below. */
const FAINT = 16;

/** Classes of defects that have grey values of their own are fewer. */
const FEW_VALUES = 16;

const SOFT = `Masks of more than ${FEW_VALUES} grey values, as soft edges or a lossy format leave them, of which all but zero are defective`;

const AMBIGUOUS =
  'Masks that EXIF turns otherwise than their images, of a size that fits either way, taken as drawn on the image as it is shown';

interface Poses {
  readonly mask: ImagePose;
  readonly image: ImagePose;
}

const isSame = (a: Size, b: Size): boolean => a.height === b.height && a.width === b.width;

const describe = ({ height, width }: Size): string => `${width}x${height}`;

/** Stored as well as shown they are of one size, though not turned alike: by half, mirrored, or square. */
const isAmbiguous = ({ mask, image }: Poses): boolean =>
  mask.orientation !== image.orientation && isSame(mask.stored, image.stored);

/** Why the sizes differ, and what is to be done. */
function sizeFault({ mask, image }: Poses): string {
  if (isSame(mask.stored, image.stored))
    return mask.orientation === 1
      ? `the image is turned by EXIF (orientation ${image.orientation}) and the mask, drawn on the pixels as they are stored, is not: turn it as the image is shown`
      : `the mask is turned by EXIF (orientation ${mask.orientation}) and the image ${image.orientation === 1 ? 'is not' : 'otherwise'}: store it as the image is shown`;
  if (isSame(mask.shown, { height: image.shown.width, width: image.shown.height }))
    return 'width and height are swapped: a mask lies as its image';
  return 'a mask has the size of its image';
}

/** The highest colour channel of each pixel, 0 where it is fully transparent; and for each value 1 where it occurs. */
function brightness({ height, width, channels, data }: DecodedImage) {
  const isDeep = data instanceof Uint16Array;
  const values = isDeep ? new Uint16Array(height * width) : new Uint8Array(height * width);
  const occurring = new Uint8Array(isDeep ? 65536 : 256);
  for (let pixel = 0, from = 0; pixel < values.length; pixel++, from += channels) {
    const isSeen = channels === 3 || data[from + 3] !== 0;
    const value = isSeen
      ? Math.max(data[from] as number, data[from + 1] as number, data[from + 2] as number)
      : 0;
    values[pixel] = value;
    occurring[value] = 1;
  }
  return { values, occurring };
}

/** What is not zero is inside. */
function atLeast(least: number, values: Uint8Array | Uint16Array): Uint8Array {
  if (least === 1 && values instanceof Uint8Array) return values;
  const result = new Uint8Array(values.length);
  for (let pixel = 0; pixel < result.length; pixel++)
    result[pixel] = (values[pixel] as number) >= least ? 1 : 0;
  return result;
}
