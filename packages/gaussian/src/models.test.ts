import '@tensorflow/tfjs-backend-cpu';
import {
  ConfigurationError,
  type DetectedImage,
  detectorOf,
  fit,
  type ImageSource,
  type Model,
  memoryBudget,
  namedRandom,
  type RgbImage,
  tf,
} from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { plugin } from './index.js';
import { makePoolingBackbone } from './pooling-backbone.test.fixture.js';

beforeAll(() => tf.setBackend('cpu'));

const size = { height: 32, width: 40 };

async function create(name: string, options: object): Promise<Model> {
  const part = plugin.parts?.find((own) => own.name === name);
  const defaults = Object.entries(part?.options ?? {}).map(([key, option]) => [key, option.default]);
  return (await part?.create(
    {
      ...Object.fromEntries(defaults),
      backbone: makePoolingBackbone,
      layers: ['layer1', 'layer2'],
      ...options,
    },
    { seed: 1, imageSize: size },
  )) as Model;
}

/** A grey ramp whose brightness differs, with noise; a defect is a dark square in it. */
function image(index: number, defect = false): RgbImage {
  const random = namedRandom(index, 'image');
  const shift = 20 * random();
  const data = Uint8Array.from({ length: size.height * size.width * 3 }, (_, at) => {
    const [y, x] = [Math.floor(at / 3 / size.width), Math.floor(at / 3) % size.width];
    if (defect && y >= 8 && y < 16 && x >= 24 && x < 32) return 20;
    return 80 + 3 * y + shift + 10 * random();
  });
  return { ...size, data };
}

async function fitted(name: string, options: object, count = 24): Promise<Model> {
  const model = await create(name, options);
  const train: ImageSource = {
    length: count,
    size: [size.height, size.width],
    image: async (index) => image(index),
  };
  await fit(
    model,
    { train, heldOut: { ...train, length: 0 } },
    { batchSize: 5, seed: 1, budget: memoryBudget(2 ** 20) },
  );
  return model;
}

const where = ({ map }: DetectedImage): [y: number, x: number] => {
  const at = (map as Float32Array).indexOf(Math.max(...(map as Float32Array)));
  return [Math.floor(at / size.width), at % size.width];
};

describe.each([
  ['gaussian', {}],
  ['gaussian', { dimensions: 2, smoothing: 0 }],
  ['mahalanobis', {}],
  ['dfm', { pooling: 1 }],
  ['dfm', { score: 'likelihood', variance: 0.5, pooling: 1 }],
  ['dfkde', { components: 2 }],
  ['one-class-svm', {}],
  ['one-class-svm', { normalize: 'none' }],
  ['one-class-svm', { pooled: false }],
  ['one-class-svm', { boundary: 'sphere', kernel: 'linear', normalize: 'none' }],
])('%s with %j', (name, options) => {
  it('scores a defect above images like those it was fitted to, and says where it is', async () => {
    const model = await fitted(name, options);
    const [defect, ...nominal] = (await detectorOf(model).detect([
      image(50, true),
      ...[51, 52, 53].map((n) => image(n)),
    ])) as [DetectedImage, ...DetectedImage[]];
    for (const { score } of nominal) expect(defect.score).toBeGreaterThan(score);
    if (defect.map) {
      const [y, x] = where(defect);
      expect(y).toBeGreaterThanOrEqual(8);
      expect(y).toBeLessThan(16);
      expect(x).toBeGreaterThanOrEqual(24);
      expect(x).toBeLessThan(32);
    }
    model.dispose();
  });
});

describe('gaussian', () => {
  it('refuses covariances that would not fit into memory, before it is fitted', async () => {
    const backbone = Object.assign(
      async () => ({
        ...(await makePoolingBackbone({ layers: ['layer1'] })),
        channels: { layer1: 600 },
        features: () => ({ layer1: tf.zeros<tf.Rank.R4>([1, 56, 56, 600]) }),
      }),
      { type: 'wide', path: '$.model.backbone' },
    );
    const creating = create('gaussian', { backbone, layers: ['layer1'], dimensions: 550 });
    await expect(creating).rejects.toThrow(ConfigurationError);
    await expect(creating).rejects.toThrow(
      'dimensions is 550: the covariances of 3136 positions would take 3.5 GiB, and a model may take 1.0 GiB; take at most 292 dimensions',
    );
  });

  it('can be fitted to one image', async () => {
    const model = await fitted('gaussian', {}, 1);
    const [same, defect] = await detectorOf(model).detect([image(0), image(0, true)]);
    expect(same?.score).toBeCloseTo(0, 5);
    expect(defect?.score).toBeGreaterThan(1);
    model.dispose();
  });

  it('says what it costs', async () => {
    const model = await create('gaussian', { dimensions: 4 });
    expect(model.cost?.()).toEqual({ parameters: 80 * 4 * 5, multiplyAdds: 80 * 4 * 5 });
  });
});
