/** The region of interest of an experiment, from its document and the file that this names. */
import {
  ConfigurationError,
  DataError,
  type Frame,
  imageSizeOf,
  maskInFrame,
  polygonMask,
  type ResolvedExperiment,
  resizeNearest,
  type Size,
  shownSize,
} from '@adfw/core';
import { badImageRemedy, imageDimensions, readBytes, readMask } from '@adfw/images';

/** How images come to a model. */
export interface ImageGeometry {
  /** With the shape that images must have, where a region is one of theirs. */
  readonly frame: Frame;
  /** The region, `[height, width]` of the frame in rows, 1 inside and 0 outside; null for all of it. */
  readonly inside: Uint8Array | null;
}

/**
 * @throws DataError that names the file of the region where that is no image; ConfigurationError where the region has no pixel of what
 * the model is shown.
 */
export async function readGeometry(experiment: Pick<ResolvedExperiment, 'images'>): Promise<ImageGeometry> {
  const { region = null } = experiment.images;
  const frame = imageSizeOf(experiment);
  if (region === null) return { frame, inside: null };
  const { shape, maskOf } = typeof region === 'string' ? await fileRegion(region) : polygonRegion(region);
  const shown = shownSize(shape ?? frame, frame);
  const inside = maskInFrame(maskOf(shown), shown, frame);
  if (!inside.includes(1))
    throw new ConfigurationError(
      `$.images.region${typeof region === 'string' ? `, ${region},` : ''} covers no pixel of images at ${frame.height}x${frame.width}${frame.fit === 'crop' ? ', of which a part is cut away' : ''}: nothing would be looked at.`,
    );
  return { frame: { ...frame, ...(shape && { shape }) }, inside };
}

interface Region {
  /** Of the images that it is a region of; null where it fits all. */
  readonly shape: Size | null;
  maskOf(size: Size): Uint8Array;
}

async function fileRegion(path: string): Promise<Region> {
  const name = `${path}, the region of interest ($.images.region),`;
  const shape = await readBytes(path, name)
    .then((bytes) => imageDimensions(bytes, name))
    .catch(withoutRemedy);
  const { height, width } = shape;
  const { data } = await readMask(path, { height, width }).catch(withoutRemedy);
  return { shape: { height, width }, maskOf: (size) => resizeNearest(data, shape, size) };
}

/** No other image would do. */
function withoutRemedy(error: unknown): never {
  if (!(error instanceof DataError)) throw error;
  throw new DataError(error.message.replace(badImageRemedy, ''), { cause: error });
}

function polygonRegion({
  polygon,
  of,
}: Exclude<ResolvedExperiment['images']['region'], string | null | undefined>): Region {
  const shape = of ? { height: of[0], width: of[1] } : null;
  return { shape, maskOf: (size) => polygonMask(polygon, shape ?? { height: 1, width: 1 }, size) };
}
