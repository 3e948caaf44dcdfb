/**
 * The `anomaly-maps/` folder: the anomaly map of each test image as data, for further analysis and for reports. A map is a grey
 * PNG of 16 bits, and `manifest.json` says which scores 0 and 65535 stand for, the same for all maps of a run:
 * score = min + (max - min) · value / 65535. Where a map has pixels without a score, `noScore` is 0 and they are, and `min` is a step lower.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DataError, NO_SCORE, normalizedName, type Sample, type ScoredImage, type Size } from '@adfw/core';
import { writeFile } from '../files/atomic-file.js';
import { overlayNames } from './overlay-names.js';

const FORMAT = 'adfw-anomaly-maps';
const VERSION = 1;
const MANIFEST = 'manifest.json';
const HIGHEST = 65535;

export interface AnomalyMapManifest {
  format: typeof FORMAT;
  version: typeof VERSION;
  /** The scores that 0 and 65535 stand for. */
  min: number;
  max: number;
  /** The value of pixels without a score; absent where all have one. */
  noScore?: 0;
  /** By the sample's id, the path below the folder, with `/`. */
  files: Record<string, string>;
}

/** The map of an image, or what reads it; null for an image without one. */
export interface ScoredMap extends Pick<ScoredImage, 'index'> {
  /** -Infinity where a pixel has no score. */
  readonly map: Float32Array | (() => Promise<Float32Array>) | null;
}

export interface AnomalyMaps {
  /** Of all maps, or of that of an image. */
  size: Size | ((index: number) => Size);
  /** In the order that {@link ScoredImage.index} counts in. */
  samples: readonly Pick<Sample, 'id'>[];
  scored: readonly ScoredMap[];
  /** Smallest and largest score on all maps. */
  range: { readonly min: number; readonly max: number };
  /** Whether a map has a pixel without a score. */
  hasUnscored?: boolean;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** Maps that libvips compresses at once, in threads of its own. */
const AT_ONCE = 4;
/** Filtering saves a fifth of the room; a higher level of compression costs time and saves nothing. */
const COMPRESSION = { adaptiveFiltering: true, compressionLevel: 3 };

/** Writes a PNG for each scored image that has a map, under the image's own path, and the manifest last. */
export async function writeAnomalyMaps(folder: string, maps: AnomalyMaps): Promise<void> {
  const { size, samples, scored, hasUnscored = false, onProgress, signal } = maps;
  const range = savedScale(maps.range, hasUnscored);
  const names = overlayNames(samples);
  const drawn = scored.flatMap(({ index, map }) => (map ? [{ index, map }] : []));
  const left = drawn.values();
  let done = 0;
  let failed = false;
  const write = async () => {
    for (const { index, map } of left) {
      if (failed) return;
      signal?.throwIfAborted();
      const file = join(folder, names[index] as string);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(
        file,
        await grey16(
          typeof map === 'function' ? await map() : map,
          typeof size === 'function' ? size(index) : size,
          range,
        ),
      );
      done++;
      onProgress?.(done, drawn.length);
    }
  };
  const writing = Array.from({ length: AT_ONCE }, () =>
    write().catch((error) => {
      failed = true;
      throw error;
    }),
  );
  await Promise.allSettled(writing);
  await Promise.all(writing);
  const manifest: AnomalyMapManifest = {
    format: FORMAT,
    version: VERSION,
    ...range,
    ...(hasUnscored && { noScore: 0 }),
    files: Object.fromEntries(
      drawn.map(({ index }) => [samples[index]?.id as string, names[index] as string]),
    ),
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The ends of the scale that maps are saved with. @param hasUnscored whether one has a pixel without a score. */
export const savedScale = (range: AnomalyMaps['range'], hasUnscored: boolean): AnomalyMaps['range'] =>
  hasUnscored ? aboveZero(range) : { min: range.min, max: range.max };

/** Scores as {@link readAnomalyMaps} gives them back. */
export function asSaved(scores: Float32Array, { min, max }: AnomalyMaps['range']): Float32Array {
  const steps = stepsOf(scores, { min, max });
  return scores.map((score, i) =>
    score === NO_SCORE ? NO_SCORE : min + ((max - min) * (steps[i] as number)) / HIGHEST,
  );
}

/** The range in which the lowest score is 1 of {@link HIGHEST} steps up. */
const aboveZero = ({ min, max }: AnomalyMaps['range']): AnomalyMaps['range'] => ({
  min: min - (max - min || 1) / (HIGHEST - 1),
  max,
});

function stepsOf(map: Float32Array, { min, max }: AnomalyMaps['range']): Uint16Array {
  const scale = max > min ? HIGHEST / (max - min) : 0;
  const values = new Uint16Array(map.length);
  for (let i = 0; i < map.length; i++)
    values[i] = map[i] === NO_SCORE ? 0 : Math.round(((map[i] as number) - min) * scale);
  return values;
}

async function grey16(
  map: Float32Array,
  { width, height }: Size,
  range: AnomalyMaps['range'],
): Promise<Buffer> {
  const { default: sharp } = await import('sharp');
  return sharp(stepsOf(map, range), { raw: { width, height, channels: 1 } })
    .toColourspace('grey16')
    .png(COMPRESSION)
    .toBuffer();
}

/** An anomaly map as it was saved: `height * width` scores in rows, each to 1/131070 of the run's range; -Infinity for none. */
export interface SavedAnomalyMap {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/**
 * The anomaly maps of a run, read one by one.
 * @returns null where the run saved none.
 * @throws DataError where the manifest is damaged.
 */
export async function readAnomalyMaps(folder: string): Promise<{
  readonly manifest: AnomalyMapManifest;
  /** null for an image that has none. @throws DataError that names the file where it is missing or damaged. */
  read(id: string): Promise<SavedAnomalyMap | null>;
} | null> {
  const path = join(folder, MANIFEST);
  if (!existsSync(path)) return null;
  const manifest = checkedManifest(path, await readFile(path, 'utf8'));
  const { min, max, noScore } = manifest;
  const files = new Map(Object.entries(manifest.files).map(([id, file]) => [normalizedName(id), file]));
  return {
    manifest,
    async read(id) {
      const name = files.get(normalizedName(id));
      if (name === undefined) return null;
      const file = join(folder, name);
      const { default: sharp } = await import('sharp');
      try {
        const { data, info } = await sharp(file)
          .toColourspace('grey16')
          .raw({ depth: 'ushort' })
          .toBuffer({ resolveWithObject: true });
        const values = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
        const scores = new Float32Array(values.length);
        for (let i = 0; i < scores.length; i++)
          scores[i] =
            values[i] === noScore ? NO_SCORE : min + ((max - min) * (values[i] as number)) / HIGHEST;
        return { width: info.width, height: info.height, data: scores };
      } catch (error) {
        throw new DataError(`The anomaly map ${file} cannot be read: ${(error as Error).message}.`, {
          cause: error,
        });
      }
    },
  };
}

function checkedManifest(path: string, text: string): AnomalyMapManifest {
  let manifest: AnomalyMapManifest;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw new DataError(`${path} is not JSON: ${(error as Error).message}.`, { cause: error });
  }
  if (manifest?.format !== FORMAT || manifest.version !== VERSION)
    throw new DataError(
      `${path} is not of this version: its format is ${manifest?.format} ${manifest?.version}, and ${FORMAT} ${VERSION} was expected.`,
    );
  return manifest;
}
