/** The built-in dataset: pictures of materials, made when they are asked for, so that a first run needs no data. */
import {
  DataError,
  type Dataset,
  type Mask,
  namedRandom,
  type Part,
  type Random,
  type RgbImage,
  resizeBilinear,
  resizeMask,
  type Sample,
  shownSize,
} from '@adfw/core';
import { photograph } from './photograph.js';
import type { Damage, Texture } from './texture.js';
import { fabric } from './textures/fabric.js';
import { metal } from './textures/metal.js';
import { wood } from './textures/wood.js';

const textures = { fabric, metal, wood } as const satisfies Record<string, Texture>;

export interface SampleOptions {
  readonly category: keyof typeof textures;
  readonly train: number;
  readonly testNominal: number;
  readonly testDefective: number;
  readonly seed: number;
}

export const sampleDataset: Part<'dataset'> = {
  kind: 'dataset',
  name: 'sample',
  summary: 'Generated pictures of fabric, metal or wood with defects and exact masks; needs no files.',
  options: {
    category: {
      enum: Object.keys(textures),
      default: 'fabric',
      description: `The material: ${Object.entries(textures).map(describeTexture).join('; ')}.`,
    },
    train: {
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 64,
      description: 'How many nominal images there are to train on.',
    },
    testNominal: {
      type: 'integer',
      minimum: 0,
      maximum: 10_000,
      default: 24,
      description: 'How many nominal images there are to test with.',
    },
    testDefective: {
      type: 'integer',
      minimum: 0,
      maximum: 10_000,
      default: 24,
      description: 'How many defective images there are to test with, of each kind as many.',
    },
    seed: {
      type: 'integer',
      minimum: 0,
      maximum: 2 ** 32 - 1,
      default: 0,
      description: 'Another seed gives other images; the seed of the experiment changes none.',
    },
  },
  categories: async () => Object.keys(textures),
  create: createSampleDataset,
};

/**
 * A dataset whose images are computed from their id and `seed`: the same on every machine, in any order, none kept in memory.
 * Nominal images differ in the piece of material, how it lies, the light and the sensor's noise; defects in kind, place, size
 * and contrast, some hardly visible.
 */
export function createSampleDataset(options: SampleOptions): Dataset {
  const { category, seed } = options;
  const texture: Texture = textures[category];
  const train = nominal('train', options.train);
  const test = [...defective(texture, options.testDefective), ...nominal('test', options.testNominal)];
  const known = new Set([...train, ...test].map(({ id }) => id));
  const make = (sample: Sample, side: number) => {
    if (!known.has(sample.id)) throw new DataError(`The sample dataset has no sample ${sample.id}.`);
    return makePiece(texture, sample, side, namedRandom(seed, `${category}/${sample.id}`));
  };
  return {
    name: 'sample',
    category,
    train,
    test,
    skipped: 0,
    // They are square; of another shape they are what resizing makes of square ones.
    async image(sample: Sample, frame): Promise<RgbImage> {
      const size = shownSize({ height: 1, width: 1 }, frame);
      const side = Math.max(size.height, size.width);
      const random = namedRandom(seed, `${category}/${sample.id}/camera`);
      const { data } = photograph(make(sample, side).surface, side, random);
      return { ...size, data: resizeBilinear(data, { height: side, width: side }, size) };
    },
    async mask(sample, size): Promise<Mask> {
      const side = Math.max(size.height, size.width);
      const { mask } = make(sample, side);
      return { ...size, data: resizeMask(mask, { height: side, width: side }, size).data };
    },
  };
}

/** The piece of material on a sample's picture, damaged where the sample is defective. */
function makePiece(texture: Texture, { defect, label }: Sample, size: number, random: Random): Damage {
  const piece = texture.piece(random);
  const surface = texture.render(piece, size);
  const damage = label === 1 ? texture.defects[defect] : undefined;
  return damage ? damage(piece, surface, size, random) : { surface, mask: new Uint8Array(size * size) };
}

const nominal = (split: 'train' | 'test', count: number): Sample[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `${split}/good/${number(index)}`,
    label: 0,
    defect: 'good',
  }));

/** The kinds take turns, so that each has as many or one more. */
function defective(texture: Texture, count: number): Sample[] {
  const kinds = Object.keys(texture.defects);
  return kinds.flatMap((defect, kind) =>
    Array.from({ length: Math.ceil((count - kind) / kinds.length) }, (_, index) => ({
      id: `test/${defect}/${number(index)}`,
      label: 1 as const,
      defect,
    })),
  );
}

const number = (index: number): string => String(index).padStart(3, '0');

function describeTexture([name, { summary, defects }]: [string, Texture]): string {
  return `${name} (${summary}, ${Object.keys(defects).join(' or ')})`;
}
