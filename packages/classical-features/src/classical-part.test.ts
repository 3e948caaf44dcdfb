import '@tensorflow/tfjs-backend-cpu';
import { readFileSync } from 'node:fs';
import { checkConformance, tf } from '@adfw/core';
import { plugin as gaussian } from '@adfw/gaussian';
import { beforeAll, describe, expect, it } from 'vitest';
import { classicalPart } from './classical-part.js';
import { colourHistograms } from './colour-histograms.js';
import { plugin } from './index.js';
import { orientedGradients } from './oriented-gradients.js';

beforeAll(() => tf.setBackend('cpu'));

const expected: Readonly<Record<string, readonly number[]>> = JSON.parse(
  readFileSync(new URL('../fixtures/expected.json', import.meta.url), 'utf8'),
);

/** The same numbers as those of make_fixture.py. */
const wave = (length: number, phase: number) =>
  Float32Array.from({ length }, (_, n) => ((3 * n * n + 7 * n + 31 * phase) % 1009) / 1009);

const image = () => tf.tensor4d(wave(19 * 26 * 3, 1), [1, 19, 26, 3]);

function expectClose(found: tf.Tensor, name: string): void {
  const right = expected[name] as readonly number[];
  const values = found.dataSync();
  expect(values.length).toBe(right.length);
  const worst = right.reduce((most, value, i) => Math.max(most, Math.abs(value - (values[i] as number))), 0);
  expect(worst).toBeLessThan(2e-6);
}

describe('orientedGradients', () => {
  it("gives scikit-image's histograms of colours, of which the strongest gradient counts", () => {
    const found = orientedGradients(image(), { cell: 6, block: 2, orientations: 9 });
    expect(found.shape).toEqual([1, 2, 3, 36]);
    expectClose(found, 'hog');
  });

  it('and of grey images, with a bin that begins at the vertical', () => {
    const gray = tf.tile(tf.tensor4d(wave(256, 2), [1, 16, 16, 1]), [1, 1, 1, 3]);
    expectClose(orientedGradients(gray, { cell: 8, block: 1, orientations: 6 }), 'gray');
  });

  it('of an image of one colour are 0', () => {
    const found = orientedGradients(tf.ones([1, 16, 16, 3]), { cell: 8, block: 2, orientations: 9 });
    expect(tf.max(found).dataSync()[0]).toBe(0);
  });
});

describe('colourHistograms', () => {
  it("gives NumPy's shares", () => {
    const found = colourHistograms(image(), 6, 4);
    expect(found.shape).toEqual([1, 3, 4, 12]);
    expectClose(found, 'colour');
  });

  it('counts each pixel once, at the ends of the range too', () => {
    const found = colourHistograms(tf.tensor4d([0, 0.5, 1, 1], [1, 2, 2, 1]), 2, 4);
    expect([...found.dataSync()]).toEqual([0.25, 0.125, 0.125, 0.5]);
  });
});

describe('classical', () => {
  const context = { seed: 1, layers: ['hog'], frozen: true };
  const options = { cell: 8, block: 2, orientations: 9, bins: 8 };

  it('cannot be trained, and has two layers', () => {
    expect(() => classicalPart.create(options, { ...context, frozen: false })).toThrow('nothing to train');
    expect(() => classicalPart.create(options, { ...context, layers: ['layer1'] })).toThrow(
      'has no layer "layer1"; its layers are hog and colour',
    );
  });

  it('says that an image is too small', async () => {
    const backbone = await classicalPart.create(options, context);
    expect(() => backbone.features(tf.zeros([1, 12, 20, 3]), 'eval')).toThrow(
      'Images of 12x20 are smaller than a block of 16x16 pixels',
    );
  });

  it('keeps what a plugin promises', () =>
    checkConformance(plugin, {
      plugins: [gaussian],
      parts: { 'backbone/classical': { layers: ['hog', 'colour'], frozen: [true] } },
    }));
});
