/** Pictures of predictions. */
import { mkdir } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import {
  checkFolderOf,
  createFolder,
  type DetailedPrediction,
  drawOverlay,
  isMarked,
  type ModelManifest,
  marked,
  notWritten,
  overlayNames,
  refuseReplacing,
  writeFile,
} from '@adfw/runner';

export interface PredictionOverlays {
  /** What will be written. */
  readonly files: readonly string[];
  /** Draws the picture of a prediction, and gives its file. @throws DataError where it cannot be written. */
  draw(prediction: DetailedPrediction): Promise<string>;
}

/** Pictures in a folder, under the paths that the images have below the folder they share. */
export function predictionOverlays(
  folder: string,
  images: readonly string[],
  { mapRange }: Pick<ModelManifest, 'mapRange'>,
): PredictionOverlays {
  const shared = sharedFolder(images);
  const titles = images.map((image) => relative(shared, resolve(image)).split(sep).join('/'));
  const files = overlayNames(titles.map((id) => ({ id }))).map((name) => join(folder, name));
  const indexOf = new Map(images.map((image, index) => [image, index]));
  return {
    files,
    async draw({ image, pixels, map, score, threshold }) {
      const index = indexOf.get(image) as number;
      const file = files[index] as string;
      const png = await drawOverlay({
        title: titles[index] as string,
        image: pixels,
        map,
        score,
        threshold,
        mapRange,
      });
      await mkdir(dirname(file), { recursive: true }).catch((error) => {
        throw notWritten(file, error);
      });
      await writeFile(file, marked(png));
      return file;
    },
  };
}

/**
 * That pictures may be written: the folder is made where it is not there.
 * @throws ConfigurationError where a picture would replace an image, or what is no picture of an earlier call.
 */
export async function prepareOverlays(
  folder: string,
  files: readonly string[],
  images: readonly string[],
): Promise<void> {
  await refuseReplacing(files, {
    ours: { are: 'picture that adfw predict has drawn', known: isMarked },
    inputs: { files: images, are: 'an image to score' },
    remedy: 'name another folder with --out',
  });
  await createFolder(folder);
  await checkFolderOf(join(folder, 'picture.png'));
}

/** The deepest folder that all files lie in. */
function sharedFolder(files: readonly string[]): string {
  const folders = files.map((file) => dirname(resolve(file)).split(sep));
  const [first = [], ...others] = folders;
  const differs = first.findIndex((name, depth) => others.some((other) => other[depth] !== name));
  return (differs === -1 ? first : first.slice(0, differs)).join(sep) || sep;
}
