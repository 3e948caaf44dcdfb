/** What must hold for an augmentation: an image of the same size, the same for the same random numbers; what it is given stays as it was. */
import type { RgbImage } from '../contracts/dataset.js';
import type { Trial } from '../contracts/kind.js';
import { namedRandom } from '../images/named-random.js';
import { attempt, stop } from './trial.js';

export async function checkAugmentation({ create, imageSize, report }: Trial<'augmentation'>): Promise<void> {
  const augmentation = await create();
  const [height, width] = imageSize;
  const image = (): RgbImage => {
    const random = namedRandom(1, 'augmentation trial');
    return { height, width, data: Uint8Array.from({ length: height * width * 3 }, () => 256 * random()) };
  };
  for (const draw of ['first', 'second', 'third']) {
    const given = image();
    const once = () =>
      attempt(report, 'an augmentation', () => Promise.resolve(augmentation(given, namedRandom(1, draw))));
    const changed = await once();
    if (changed.width !== width || changed.height !== height || changed.data.length !== height * width * 3)
      stop(
        report,
        `must give an image of the same size, ${height}x${width}; found ${changed.height}x${changed.width} with ${changed.data.length} values`,
      );
    if (!isEqual(given.data, image().data)) stop(report, 'must not write to the image that it is given');
    if (!isEqual(changed.data, (await once()).data))
      stop(report, 'must give the same image for the same random numbers');
  }
}

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => a.every((value, i) => value === b[i]);
