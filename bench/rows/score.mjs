// Scoring: from 8-bit images in memory to anomaly maps and image scores.
import { distillationDetector, freeze, imageScore } from '@adfw/core';
import { composeMethod, noise } from '../composition.mjs';
import { forwardOperations } from '../convolutions.mjs';

const size = 224;

const row = (method, batch) => ({
  name: `score/${method}/${batch}`,
  what: `${batch === 1 ? 'an image' : `${batch} images`}, ${size}x${size}`,
  peer: { task: 'score', method, batch, size },
  async measure(turn) {
    const { teacher, students, score } = await composeMethod(method);
    const networks = [teacher, ...students];
    for (const { parameters, statistics } of networks)
      for (const variable of Object.values({ ...parameters, ...statistics })) freeze(variable);
    const detector = distillationDetector(teacher, students, score);
    const images = noise(batch, size);
    let ms;
    do {
      const start = performance.now();
      (await detector.anomalyMaps(images)).map(imageScore);
      ms = performance.now() - start;
    } while (await turn(ms));
    return batch * networks.reduce((all, network) => all + forwardOperations(network, size), 0);
  },
});

export const rows = ['stfpm', 'fvv', 'simple-student'].flatMap((method) => [row(method, 1), row(method, 32)]);
