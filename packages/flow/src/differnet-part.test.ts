import { type Backbone, type ContextOf, type Make, type Model, sgd, type Training, tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { differNetPart } from './differnet-part.js';

beforeAll(() => tf.setBackend('cpu'));

const disposed = vi.fn();
/** Gives the upper left corner of an image back. */
const corner: Backbone = {
  layers: ['corner'],
  channels: { corner: 3 },
  parameters: {},
  statistics: {},
  features: (images) => ({ corner: tf.slice(images, [0, 0, 0, 0], [images.shape[0], 2, 2, 3]) }),
  dispose: disposed,
};
const make = <K extends 'backbone' | 'optimizer'>(type: string, value: () => unknown): Make<K> =>
  Object.assign(async () => value(), { type, path: '$' }) as unknown as Make<K>;

function create(options: object): Promise<Model> {
  const training: Partial<Training> = {
    epochs: 1,
    optimizer: make('sgd', () => sgd({ learningRate: 0.1, momentum: 0, weightDecay: 0 })),
  };
  const given = { layers: ['corner'], scales: 2, views: 3, rotation: 180, steps: 2, hidden: 4, clamp: 3 };
  const context: ContextOf<'model'> = { seed: 3, imageSize: { height: 8, width: 10 } };
  return differNetPart.create(
    { backbone: make('corner', () => corner), training, ...given, ...options },
    context,
  ) as Promise<Model>;
}
const images = () => tf.randomNormal<tf.Rank.R4>([4, 8, 10, 3], 0, 1, 'float32', 2);

describe('DifferNet', () => {
  it('scores an image by the mean of z² over all its views, and has no map', async () => {
    const model = await create({});
    const features = model.backbone?.features(images(), 'eval') ?? {};
    const { scores, maps } = model.detect({ images: images(), features });
    expect(maps).toBeNull();
    // Before it has learnt, z are the pooled features in another order.
    const views = Object.values(features).map((view) => tf.mean(tf.square(view), [1, 2, 3]).dataSync());
    expect(views).toHaveLength(3);
    scores.dataSync().forEach((score, image) => {
      const sum = views.reduce((total, view) => total + (view[image] as number), 0);
      expect(score).toBeCloseTo(sum / 3, 5);
    });
  });

  it('turns copies as far as it is asked to, and the image itself never', async () => {
    const [one, other] = [await create({}), await create({ rotation: 10 })];
    const of = ({ backbone }: Model, view: string) => backbone?.features(images(), 'eval')[view]?.dataSync();
    expect(of(one, 'view0')).toEqual(of(other, 'view0'));
    expect(of(one, 'view1')).not.toEqual(of(other, 'view1'));
  });

  it('refuses images that are too small, and leaves no network behind', async () => {
    disposed.mockClear();
    await expect(create({ scales: 5 })).rejects.toThrow('Images of 8x10 cannot be seen at 5 sizes');
    expect(disposed).toHaveBeenCalledOnce();
  });
});
