// Scoring: from 8-bit images in memory to anomaly maps and image scores.
import { detectorOf, freezeAll } from '@adfw/core';
import { composeMethod, learnersOf, noise } from '../composition.mjs';
import { forwardOperations } from '../convolutions.mjs';

const size = 224;

const row = (method, batch) => ({
  name: `score/${method}/${batch}`,
  what: `${batch === 1 ? 'an image' : `${batch} images`}, ${size}x${size}`,
  peer: { task: 'score', method, batch, size },
  async measure(turn) {
    const composition = await composeMethod(method, size);
    const { model } = composition;
    freezeAll(model);
    const detector = detectorOf(model);
    const images = noise(batch, size);
    let ms;
    do {
      const start = performance.now();
      await detector.detect(images);
      ms = performance.now() - start;
    } while (await turn(ms));
    const networks = [model.backbone, ...learnersOf(composition)];
    return batch * networks.reduce((all, network) => all + forwardOperations(network, size), 0);
  },
});

export const rows = ['stfpm', 'fvv', 'simple-student'].flatMap((method) => [row(method, 1), row(method, 32)]);
