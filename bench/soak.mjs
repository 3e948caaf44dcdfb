// Trains for many steps and fails when memory grows: what is resident after step 20 must be enough for all that follow.
//   node --expose-gc bench/soak.mjs [steps=500] [batch=8] [size=64]

import { setTimeout } from 'node:timers/promises';
import { sgd, tf, trainStep } from '@adfw/core';
import { cosineLoss } from '@adfw/distillation';
import { engineVersion } from '@adfw/engine-onnxruntime';
import { createResNet } from '@adfw/networks';

const [steps = 500, batch = 8, size = 64] = process.argv.slice(2).map(Number);
await tf.setBackend('onnxruntime');
console.log(engineVersion());

const layers = ['layer1', 'layer2', 'layer3'];
const teacher = createResNet('resnet18', { layers, seed: 1, frozen: true });
const loss = cosineLoss('sum');
const learners = [2, 3].map((seed) => {
  const student = createResNet('resnet18', { layers, seed });
  return {
    parameters: student.parameters,
    optimizer: sgd({ learningRate: 0.01, momentum: 0.9, weightDecay: 1e-4 }),
    loss: ({ images, features }, mode) => loss(features, student.features(images, mode)),
  };
});

/** Twice, with a turn of the event loop between: what holds buffers outside of JavaScript's heap goes in the second round. */
async function collectGarbage() {
  for (let round = 0; round < 2; round++) {
    globalThis.gc();
    await setTimeout(20);
  }
}

let allowed = 0;
for (let step = 0; step <= steps; step++) {
  // New images and new teacher features each step, as in a training that keeps nothing.
  const images = tf.randomUniform([batch, size, size, 3], -1, 1, 'float32', step);
  const features = tf.tidy(() => teacher.features(images, 'eval'));
  for (const learner of learners) {
    const { total } = trainStep(learner, { images, features }, { rate: 1, clipNorm: null });
    await total.data();
    total.dispose();
  }
  tf.dispose([images, features]);
  if (step === 20 || step % 100 === 0) {
    await collectGarbage();
    const { rss } = process.memoryUsage();
    console.log(`step ${step}: ${(rss / 1e6).toFixed(0)} MB, ${tf.memory().numTensors} tensors`);
    // Memory comes back to the system in pieces: a tenth more is not a leak.
    if (step === 20) allowed = rss * 1.1;
    if (step > 20 && rss > allowed) {
      console.error(`Memory grew from ${(allowed / 1.1e6).toFixed(0)} MB at step 20.`);
      process.exit(1);
    }
  }
}
