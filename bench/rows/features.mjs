// The teacher's features of layers 1 to 3, read as numbers.
import { tf } from '@adfw/core';
import { createResNet } from '@adfw/networks';
import { forwardOperations } from '../convolutions.mjs';

const size = 224;

const row = (batch) => ({
  name: `features/resnet18/${batch}`,
  what: `${batch === 1 ? 'an image' : `${batch} images`}, ${size}x${size}`,
  peer: { task: 'features', batch, size },
  async measure(turn) {
    const teacher = createResNet('resnet18', {
      layers: ['layer1', 'layer2', 'layer3'],
      seed: 1,
      frozen: true,
    });
    const images = tf.randomNormal([batch, size, size, 3], 0, 1, 'float32', 1);
    let ms;
    do {
      const start = performance.now();
      const pyramid = teacher.features(images, 'eval');
      for (const features of Object.values(pyramid)) await features.data();
      ms = performance.now() - start;
      tf.dispose(pyramid);
    } while (await turn(ms));
    return batch * forwardOperations(teacher, size);
  },
});

export const rows = [row(1), row(32)];
