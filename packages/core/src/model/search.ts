/** The loop of a model's {@link Search}. */
import {
  concat,
  reshape,
  slice,
  type Tensor,
  type Tensor1D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core';
import type { RgbImage } from '../contracts/dataset.js';
import { DataError } from '../contracts/errors.js';
import type { Detection, Model, Search } from '../contracts/model.js';
import type { Seen } from '../contracts/seen.js';
import type { Tensors } from '../contracts/stateful.js';
import { disposeSeen, seeImages } from '../fitting/see.js';
import { imageRandom } from '../images/named-random.js';
import { apply, type ImageFunction } from '../tensors/apply.js';
import { prefixed, withPrefix } from '../tensors/stateful.js';
import { turns } from './turns.js';

export interface SearchOptions {
  /** Called after each step. */
  readonly onStep?: () => void;
  /** Ends the search after the step under way. */
  readonly signal?: AbortSignal | undefined;
}

/** Searches, and then detects: the values of the scores and, where the model has any, of the maps, of one image. */
export type Searcher = (image: RgbImage, options: SearchOptions) => Promise<Float32Array[]>;

/** @throws DataError where a search ends in what is not finite; the signal's reason. */
export function searcherOf(model: Model, search: Search): Searcher {
  const programs = new Map<string, Programs>();
  return async (image, { onStep, signal }) => {
    signal?.throwIfAborted();
    const start = await begin(model, search, image);
    const key = JSON.stringify(start.shapes);
    const { step, detect } = programs.get(key) ?? programsOf(model, search, start.shapes);
    programs.set(key, { step, detect });
    const given = lengthOf(start.shapes.seen);
    const values = start.values;
    const shape = [1, 1, 1, values.length] as const;
    const turn = turns();
    for (let n = 0; n < search.steps; n++) {
      const [found] = (await apply(step, values, shape)) as [Float32Array];
      values.set(found, given);
      onStep?.();
      await turn();
      signal?.throwIfAborted();
    }
    if (!values.every(Number.isFinite))
      throw new DataError(
        `The search for what explains an image diverged: what it found in ${search.steps} steps is not finite. Let its steps be smaller, or fit the model again.`,
      );
    return apply(detect, values, shape);
  };
}

type Shapes = Readonly<Record<string, number[]>>;

/** What is seen of an image, and where the search is: the tensors of both by name, and their values one after another. */
interface Start {
  readonly shapes: { readonly seen: Shapes; readonly at: Shapes };
  readonly values: Float32Array<ArrayBuffer>;
}

async function begin(model: Model, search: Search, image: RgbImage): Promise<Start> {
  const seen = seeImages(model, [image]);
  try {
    let shapes: Start['shapes'] = { seen: {}, at: {} };
    const flat = tidy(() => {
      const given = namedOf(seen);
      const at = search.begin(seen, imageRandom(search.seed, image));
      shapes = { seen: shapesOf(given), at: shapesOf(at) };
      return flattened([...Object.values(given), ...Object.values(at)]);
    });
    try {
      return { shapes, values: new Float32Array(await flat.data()) };
    } finally {
      flat.dispose();
    }
  } finally {
    disposeSeen(seen);
  }
}

interface Programs {
  /** To the values of where the search then is. */
  readonly step: ImageFunction;
  readonly detect: ImageFunction;
}

/** Functions of one tensor, `[1, 1, 1, L]`, that holds all: an engine can repeat them. */
function programsOf(model: Model, search: Search, { seen, at }: Start['shapes']): Programs {
  const read = (values: Tensor4D) => {
    const flat = reshape(values, [values.size]) as Tensor1D;
    return { seen: seenOf(named(flat, seen, 0)), at: named(flat, at, lengthOf(seen)) };
  };
  return {
    step(values) {
      const { seen, at: before } = read(values);
      const after = search.step(seen, before);
      const [wanted, found] = [at, shapesOf(after)].map((shapes) => JSON.stringify(sorted(shapes)));
      if (found !== wanted)
        throw new TypeError(
          `A step of a search gives tensors of the names and shapes that it is given: ${wanted} were, and ${found} came back.`,
        );
      return [flattened(Object.keys(at).map((name) => after[name] as Tensor))];
    },
    detect(values) {
      const { seen, at } = read(values);
      const { scores, maps }: Detection = model.detect(seen, at);
      return maps ? [scores, maps] : [scores];
    },
  };
}

const namedOf = ({ images, features }: Seen): Tensors => ({ images, ...prefixed(features, 'features') });
const seenOf = (tensors: Tensors): Seen => ({
  images: tensors.images as Tensor4D,
  features: withPrefix(tensors, 'features') as Seen['features'],
});

const shapesOf = (tensors: Tensors): Shapes =>
  Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
const sorted = (shapes: Shapes) =>
  Object.fromEntries(Object.entries(shapes).sort(([one], [other]) => (one < other ? -1 : 1)));
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, side) => product * side, 1);
const lengthOf = (shapes: Shapes): number =>
  Object.values(shapes).reduce((sum, shape) => sum + sizeOf(shape), 0);

const flattened = (tensors: readonly Tensor[]): Tensor1D =>
  concat(tensors.map((tensor) => reshape(tensor, [tensor.size]))) as Tensor1D;

/** @param from where in `flat` the first one begins. */
function named(flat: Tensor1D, shapes: Shapes, from: number): Tensors {
  let begin = from;
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const size = sizeOf(shape);
      const tensor = reshape(slice(flat, begin, size), shape);
      begin += size;
      return [name, tensor];
    }),
  );
}
