import type { RgbImage } from '../contracts/dataset.js';
import type { Size } from '../contracts/size.js';
import { NO_SCORE } from '../images/image-fit.js';
import type { ImageSource } from '../images/image-source.js';
import {
  type SyntheticDefect,
  type SyntheticDefectKind,
  syntheticDefect,
  syntheticDefectKinds,
} from '../images/synthetic-defects.js';
import { auroc, pixelAuroc } from '../metrics/auroc.js';
import { pixelsInMemory } from '../metrics/pixels/pixels.js';
import { type Detector, type SearchProgress, scoreImages } from './detector.js';

/** How well a detector finds defects that were drawn into nominal images. */
export interface SyntheticEvaluation {
  /** Nominal images that defects were drawn into. */
  readonly images: number;
  /** The mean over the kinds. */
  readonly imageAuroc: number;
  /** The mean over the kinds; it varies less, since there are far more pixels than images. Null for a model without maps. */
  readonly pixelAuroc: number | null;
  readonly kinds: Readonly<Record<SyntheticDefectKind, SyntheticMeasures>>;
}

interface SyntheticMeasures {
  readonly pixelAuroc: number | null;
  readonly imageAuroc: number;
}

/** What more images cost, they do not tell. */
const MOST_IMAGES = 40;
/** Of larger maps every second pixel is looked at in both directions, or every third, and so on. */
const LARGEST_SIDE = 256;

/**
 * What nominal images alone can tell of a detector: {@link syntheticDefect} draws one defect of each kind into each image. How well these
 * are found is no measure of how well real ones are; but of two settings on the same images the one that finds them better
 * mostly finds real ones better, too, also where their losses cannot be compared (docs/training.md).
 * @param images nominal, none of them trained on; of more than 40 the first 40 are taken.
 * @returns null where there are none.
 */
export async function evaluateSynthetic(
  detector: Detector,
  images: ImageSource,
  options: {
    readonly batchSize: number;
    /** Of the defects. */
    readonly seed: number;
    /** Of an image, in rows, 1 where it counts and 0 where not; null where all does. Each defect has a pixel inside. */
    readonly inside?: (image: Size) => Uint8Array | null;
    /** @param search for the next image, of a detector that searches. */
    readonly onProgress?: (done: number, total: number, search?: SearchProgress) => void;
    readonly signal?: AbortSignal;
  },
): Promise<SyntheticEvaluation | null> {
  const { seed, inside = () => null, onProgress, ...scoring } = options;
  const unscored: number[] = [];
  const length = Math.min(MOST_IMAGES, images.length);
  if (length === 0) return null;
  const thinned: Size[] = [];
  const total = length * (1 + syntheticDefectKinds.length);
  let done = 0;
  const onSearch = (search: SearchProgress) => onProgress?.(done, total, search);
  const scored = async (image: (index: number) => Promise<RgbImage>) => {
    const scores: number[] = [];
    const maps: Float32Array[] = [];
    const source = { length, size: images.size, image };
    for await (const { index, size, score, map } of scoreImages(detector, source, {
      ...scoring,
      onSearch,
    })) {
      scores.push(score);
      onProgress?.(++done, total);
      thinned[index] = thinnedSize(size);
      if (!map) continue;
      const thinnedMap = thin(map, size);
      unscored[index] = thinnedMap.filter((value) => value === NO_SCORE).length;
      maps.push(thinnedMap);
    }
    return { scores, maps };
  };
  const nominal = await scored((index) => images.image(index));
  const clean = nominal.maps.map((map) => new Uint8Array(map.length));
  const labels = Array.from({ length: 2 * length }, (_, index) => (index < length ? 0 : 1));
  const kinds: Partial<Record<SyntheticDefectKind, SyntheticMeasures>> = {};
  for (const kind of syntheticDefectKinds) {
    const masks: Uint8Array[] = [];
    const defective = await scored(async (index) => {
      const nominal = await images.image(index);
      const region = inside(nominal);
      const { image, mask } = defectInside(nominal, region, kind, seed, index);
      const counted = region ? mask.map((pixel, at) => pixel & (region[at] as number)) : mask;
      masks[index] = thin(counted, image);
      return image;
    });
    kinds[kind] = {
      pixelAuroc:
        // In an image of a few pixels a defect may lie between them.
        nominal.maps.length > 0 && masks.some((mask) => mask.includes(1))
          ? await pixelAuroc({
              ...pixelsInMemory(
                [...nominal.maps, ...defective.maps],
                [...clean, ...masks],
                [...thinned, ...thinned],
              ),
              unscored: (index) => unscored[index % length] as number,
            })
          : null,
      imageAuroc: auroc([...nominal.scores, ...defective.scores], labels),
    };
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const measures = Object.values(kinds);
  const byPixel = measures.flatMap(({ pixelAuroc }) => pixelAuroc ?? []);
  return {
    images: length,
    pixelAuroc: byPixel.length > 0 ? mean(byPixel) : null,
    imageAuroc: mean(measures.map(({ imageAuroc }) => imageAuroc)),
    kinds: kinds as SyntheticEvaluation['kinds'],
  };
}

const MOST_TRIES = 50;

/** Others are drawn until one has a pixel inside. */
function defectInside(
  image: RgbImage,
  inside: Uint8Array | null,
  kind: SyntheticDefectKind,
  seed: number,
  index: number,
): SyntheticDefect {
  let defect = syntheticDefect(image, kind, seed, `${index}`);
  for (let attempt = 1; inside && attempt < MOST_TRIES; attempt++) {
    if (defect.mask.some((pixel, at) => pixel === 1 && inside[at] === 1)) break;
    defect = syntheticDefect(image, kind, seed, `${index}/${attempt}`);
  }
  return defect;
}

/** Every n-th pixel of every n-th row, so that no side is longer than {@link LARGEST_SIDE}. */
function thin<T extends Float32Array | Uint8Array>(map: T, { height, width }: Size): T {
  const step = thinningStep({ height, width });
  if (step === 1) return map;
  return map.filter(
    (_, index) => (index % width) % step === 0 && Math.floor(index / width) % step === 0,
  ) as typeof map;
}

const thinningStep = ({ height, width }: Size): number => Math.ceil(Math.max(height, width) / LARGEST_SIDE);

function thinnedSize(size: Size): Size {
  const step = thinningStep(size);
  return { height: Math.ceil(size.height / step), width: Math.ceil(size.width / step) };
}
