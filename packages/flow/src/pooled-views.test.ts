import { type Backbone, tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { pooledViews, viewAngles, viewRows } from './pooled-views.js';

beforeAll(() => tf.setBackend('cpu'));

/** Its layers are the image, and the largest number in it: what is pooled shows what it was given. */
const mirror = (): Backbone => ({
  layers: ['a', 'b'],
  channels: { a: 3, b: 1 },
  parameters: {},
  statistics: {},
  features: (images) => ({ a: images, b: tf.max<tf.Tensor4D>(images, [1, 2, 3], true) }),
  cost: ({ height, width }) => ({ parameters: 5, multiplyAdds: height * width }),
  dispose() {},
});
const size = { height: 8, width: 12 };
const images = () => tf.randomUniform<tf.Rank.R4>([2, 8, 12, 3], 0, 1, 'float32', 3);

describe('the views of an image', () => {
  it('are the image and copies that are turned by angles of the seed', () => {
    const angles = viewAngles(50, 90, 4);
    expect(angles[0]).toBe(0);
    expect(viewAngles(50, 90, 4)).toEqual(angles);
    expect(viewAngles(50, 90, 5)).not.toEqual(angles);
    expect(Math.min(...angles)).toBeLessThan(-45);
    expect(Math.max(...angles)).toBeGreaterThan(45);
    for (const angle of angles) expect(Math.abs(angle)).toBeLessThanOrEqual(90);
    expect(viewAngles(1, 90, 4)).toEqual([0]);
  });

  it('are the means of all layers at each size, one after another', () => {
    const given = images();
    const backbone = pooledViews(mirror(), { scales: 2, angles: [0] }, size);
    const { view0 } = backbone.features(given, 'eval');
    // Half the size is the mean of four pixels.
    const half = tf.avgPool(given, 2, 2, 'valid');
    const expected = [given, half].flatMap((at) => [tf.mean(at, [1, 2], true), tf.max(at, [1, 2, 3], true)]);
    expect(view0?.shape).toEqual([2, 1, 1, 8]);
    expect(backbone.channels).toEqual({ view0: 8 });
    tf.concat(expected, 3)
      .dataSync()
      .forEach((value, at) => {
        expect(view0?.dataSync()[at]).toBeCloseTo(value, 5);
      });
  });

  it('turned by half a turn are of the image upside down', () => {
    const given = images();
    // Sees one corner, so that it matters how the image lies.
    const corner = (x: tf.Tensor4D) => tf.slice(x, [0, 1, 1, 0], [x.shape[0], 3, 3, 3]);
    const network: Backbone = { ...mirror(), layers: ['a'], features: (x) => ({ a: corner(x) }) };
    const backbone = pooledViews(network, { scales: 1, angles: [0, 180] }, size);
    const { view0, view1 } = backbone.features(given, 'eval');
    // About the pixel right and below of the centre: what is turned has moved by a pixel.
    const turned = tf.slice(tf.reverse(given, [1, 2]), [0, 0, 0, 0], [2, 3, 3, 3]);
    tf.mean(turned, [1, 2])
      .dataSync()
      .forEach((value, at) => {
        expect(view1?.dataSync()[at]).toBeCloseTo(value, 5);
        expect(view0?.dataSync()[at]).not.toBeCloseTo(value, 3);
      });
  });

  it('are rows of the flow, view after view', () => {
    const backbone = pooledViews(mirror(), { scales: 1, angles: [0, 40, -70] }, size);
    const features = backbone.features(images(), 'eval');
    const rows = viewRows(features);
    expect(rows.shape).toEqual([6, 4]);
    expect([...rows.dataSync().slice(8, 16)]).toEqual([...(features.view1?.dataSync() ?? [])]);
  });

  it('cost what the network costs at each size, for each view', () => {
    const backbone = pooledViews(mirror(), { scales: 2, angles: [0, 40, -70] }, size);
    expect(backbone.cost?.(size)).toEqual({ parameters: 5, multiplyAdds: 3 * (96 + 24) });
  });

  it('are refused of images too small for them', () => {
    expect(() => pooledViews(mirror(), { scales: 5, angles: [0] }, size)).toThrow(
      'Images of 8x12 cannot be seen at 5 sizes',
    );
  });
});
