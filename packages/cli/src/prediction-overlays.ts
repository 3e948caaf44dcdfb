/** Pictures of predictions. */
import { mkdir } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import {
  type DetailedPrediction,
  drawOverlay,
  type ModelManifest,
  overlayNames,
  writeFile,
} from '@adfw/runner';

/**
 * Draws predictions into a folder, under the paths that the images have below the folder they share.
 * @returns what draws one and gives its file.
 */
export function predictionOverlays(
  folder: string,
  images: readonly string[],
  { mapRange }: Pick<ModelManifest, 'mapRange'>,
): (prediction: DetailedPrediction) => Promise<string> {
  const shared = sharedFolder(images);
  const titles = images.map((image) => relative(shared, resolve(image)).split(sep).join('/'));
  const names = overlayNames(titles.map((id) => ({ id })));
  const indexOf = new Map(images.map((image, index) => [image, index]));
  return async ({ image, pixels, map, score, threshold }) => {
    const index = indexOf.get(image) as number;
    const file = join(folder, names[index] as string);
    await mkdir(dirname(file), { recursive: true });
    const png = await drawOverlay({
      title: titles[index] as string,
      image: pixels,
      map,
      score,
      threshold,
      // A model that was scored on nothing has no range to compare with.
      mapRange: mapRange ?? rangeOf(map),
    });
    await writeFile(file, png);
    return file;
  };
}

/** The deepest folder that all files lie in. */
function sharedFolder(files: readonly string[]): string {
  const folders = files.map((file) => dirname(resolve(file)).split(sep));
  const [first = [], ...others] = folders;
  const differs = first.findIndex((name, depth) => others.some((other) => other[depth] !== name));
  return (differs === -1 ? first : first.slice(0, differs)).join(sep) || sep;
}

function rangeOf(values: Float32Array): { min: number; max: number } {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}
