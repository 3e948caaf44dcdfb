/** The pictures of a run's report, drawn while the run has its images and maps in memory: nothing is read and decoded again. */
import { normalizedName } from '@adfw/core';
import type { RunWatch } from '@adfw/runner';
import { scoreLevels } from '../maps/score-levels.js';
import type { Picture } from '../report-document.js';
import { imagePictures, mapPictures, pictureSides } from './pictures.js';

export interface RunPictures {
  /** For the run; its pictures are drawn a few at a time, and it waits where it is faster. */
  readonly watch: RunWatch;
  /** By the image's id, when the run is complete; {@link normalizedName} tells ids apart. */
  all(): Promise<ReadonlyMap<string, Picture>>;
}

/** Pictures that are drawn at once, in libvips' threads. */
const AT_ONCE = 4;

export function runPictures(): RunPictures {
  const images = new Map<string, Awaited<ReturnType<typeof imagePictures>>>();
  const maps = new Map<string, Awaited<ReturnType<typeof mapPictures>>>();
  const drawing = new Set<Promise<void>>();
  let total = 0;
  const draw = async (work: () => Promise<void>): Promise<void> => {
    const done = work().finally(() => drawing.delete(done));
    drawing.add(done);
    // Who waits for all of them is told of an error.
    done.catch(() => undefined);
    if (drawing.size >= AT_ONCE) await Promise.race(drawing);
  };
  return {
    watch: {
      image: ({ id, image, mask, ...watched }) => {
        ({ total } = watched);
        const masked = mask && { width: image.width, height: image.height, data: mask.data };
        return draw(async () => {
          images.set(normalizedName(id), await imagePictures(image, masked, pictureSides(total, 1)));
        });
      },
      map: ({ id, map, size, scale, threshold }) => {
        // The map is the run's, and may be another one when it has gone on.
        const drawn = mapPictures(
          { ...size, data: map },
          scoreLevels(scale, threshold),
          pictureSides(total, 1),
          scale,
        );
        return draw(async () => {
          maps.set(normalizedName(id), await drawn);
        });
      },
    },
    async all() {
      await Promise.all(drawing);
      return new Map(
        [...images].map(([id, image]) => {
          const { map = null, scored = null } = maps.get(id) ?? {};
          return [id, { ...image, maps: [map], scored: [scored] }];
        }),
      );
    },
  };
}
