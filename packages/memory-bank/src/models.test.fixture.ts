import {
  type Backbone,
  type ContextOf,
  fit,
  type ImageSource,
  type Make,
  type Model,
  memoryBudget,
  namedRandom,
  type RgbImage,
  tf,
} from '@adfw/core';
import { plugin } from './index.js';

/** Layer n is the mean colour of squares of 2ⁿ⁺¹ pixels, nothing of it is learnt. */
const makePooling: Make<'backbone'> = Object.assign(
  async ({ layers = [] }: Partial<ContextOf<'backbone'>> = {}): Promise<Backbone> => ({
    layers,
    channels: Object.fromEntries(layers.map((layer) => [layer, 3])),
    parameters: {},
    statistics: {},
    features: (images) =>
      Object.fromEntries(
        layers.map((layer) => {
          const side = 2 ** (Number(layer.slice(-1)) + 1);
          return [layer, tf.avgPool(images, side, side, 'valid')];
        }),
      ),
    dispose() {},
  }),
  { type: 'pooling', path: '$.model.backbone' },
);

export const size = { height: 32, width: 40 };

/** A model of this package on that backbone. */
export async function create(name: string, options: object): Promise<Model> {
  const part = plugin.parts?.find((own) => own.name === name);
  const defaults = Object.entries(part?.options ?? {}).map(([key, option]) => [key, option.default]);
  const given = { ...Object.fromEntries(defaults), backbone: makePooling, ...options };
  return (await part?.create(given, { seed: 1, imageSize: size })) as Model;
}

/** A grey ramp of another brightness each, with noise; a defect is a dark square in it, at 8 to 15 from the top, 24 to 31 from the left. */
export function image(index: number, defect = false): RgbImage {
  const random = namedRandom(index, 'image');
  const shift = 20 * random();
  const data = Uint8Array.from({ length: size.height * size.width * 3 }, (_, at) => {
    const [y, x] = [Math.floor(at / 3 / size.width), Math.floor(at / 3) % size.width];
    if (defect && y >= 8 && y < 16 && x >= 24 && x < 32) return 20;
    return 80 + 3 * y + shift + 10 * random();
  });
  return { ...size, data };
}

export interface Fitted {
  readonly model: Model;
  readonly notes: readonly string[];
}

export async function fitted(
  name: string,
  options: object,
  { count = 12, memory = 2 ** 24 }: { count?: number; memory?: number } = {},
): Promise<Fitted> {
  const model = await create(name, options);
  const train: ImageSource = {
    length: count,
    size: [size.height, size.width],
    image: async (index) => image(index),
  };
  const notes: string[] = [];
  await fit(
    model,
    { train, heldOut: { ...train, length: 0 } },
    {
      batchSize: 5,
      seed: 1,
      budget: memoryBudget(memory),
      onProgress: (event) => event.type === 'note' && notes.push(event.message),
    },
  );
  return { model, notes };
}
