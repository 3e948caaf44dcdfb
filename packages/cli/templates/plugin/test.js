// @ts-check
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { checkConformance, tf } from '@adfw/core';
import { cosineLoss } from '@adfw/method-stfpm';
import { builtInPlugins, useEngine } from '@adfw/runner';
import plugin, { focalLoss } from './my-variant.js';

before(() => useEngine('onnxruntime'));

// Schemas, defaults and descriptions; shapes and gradients of every part; a tiny fit of every method; save and load.
test('it is a sound plugin', () => checkConformance(plugin, { plugins: builtInPlugins }));

// What only you know of your formula: a special case, a value by hand.
test("with a focus of 1 it is STFPM's loss", async () => {
  const pyramid = (/** @type {number} */ seed) => {
    const layer1 = tf.randomNormal([2, 4, 3, 8], 0, 1, 'float32', seed);
    return { layer1: /** @type {tf.Tensor4D} */ (layer1) };
  };
  const [teacher, student] = [pyramid(1), pyramid(2)];
  const [ours] = await focalLoss(1)(teacher, student).data();
  const [theirs] = await cosineLoss('sum')(teacher, student).data();
  assert.ok(Math.abs(ours - theirs) < 1e-5 * theirs, `${ours} instead of ${theirs}`);
});
