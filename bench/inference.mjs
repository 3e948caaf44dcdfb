// Features of ResNet-18's layers 1-3, as a frozen teacher and as a trained student score images: milliseconds an image.
//   node bench/inference.mjs [size=224]

import { createResNet } from '@adfw/backbone-resnet';
import { tf } from '@adfw/core';
import { configure } from '@adfw/engine-onnxruntime';

const [size = 224] = process.argv.slice(2).map(Number);
if (process.env.PROFILE) configure({ profile: process.env.PROFILE });
await tf.setBackend('onnxruntime');
const layers = ['layer1', 'layer2', 'layer3'];
for (const architecture of (process.env.ARCH ?? 'resnet18').split(','))
  for (const frozen of [true, false]) {
    const network = createResNet(architecture, { layers, seed: 1, frozen });
    for (const batch of [1, 32]) {
      const images = tf.randomNormal([batch, size, size, 3], 0, 1, 'float32', 1);
      const times = [];
      for (let i = 0; i < (batch === 1 ? 30 : 6); i++) {
        const start = performance.now();
        const scores = tf.tidy(() =>
          Object.values(network.features(images, 'eval')).map((x) => tf.max(tf.sum(tf.square(x), -1))),
        );
        await scores[0].data();
        times.push((performance.now() - start) / batch);
        tf.dispose(scores);
      }
      times.sort((a, b) => a - b);
      console.log(
        `${architecture} ${frozen ? 'frozen' : 'trained'}, batch ${batch}: median ${times[times.length >> 1].toFixed(1)} ms an image, best ${times[0].toFixed(1)}`,
      );
      images.dispose();
    }
    network.dispose();
  }
tf.removeBackend('onnxruntime');
