// A step of training as a run takes it: a batch is put together from images and from the teacher's features, which were
// computed once, before the first epoch; then forward, backward and a step of the optimizer for each student. PyTorch's public
// implementations run the teacher in each step instead. The rows `…/student-only` leave it out there as well. A flow learns like a
// student, from the features of a network that is not trained: `…/features-given` leaves that out. An autoencoder has none.
import { frozenFeatures, imagesTensor, memoryBudget, tf, trainStep } from '@adfw/core';
import { composeMethod, learnersOf, noise } from '../composition.mjs';
import { trainingOperations } from '../convolutions.mjs';

const [batch, size] = [32, 224];
const step = { rate: 1, clipNorm: null };

const row = (method, givenFeatures = '') => ({
  name: `train-step/${method}${givenFeatures}`,
  what: `a step, batch ${batch}, ${size}x${size}`,
  peer: { task: 'train-step', method, batch, size, given_features: givenFeatures !== '' },
  async measure(turn) {
    const composition = await composeMethod(method, size);
    const { model } = composition;
    const learners = learnersOf(composition);
    const images = noise(batch, size);
    const indices = [...images.keys()];
    const source = { length: batch, size: [size, size], image: async (index) => images[index] };
    const kept = await frozenFeatures(model, source, { batchSize: batch, budget: memoryBudget(2 ** 30) });
    const buffer = { pixels: new Float32Array(0) };
    let ms;
    do {
      const start = performance.now();
      const features = await kept.batch(indices, images);
      const seen = { images: imagesTensor(images, model.normalization, buffer), features };
      const losses = learners.map((learner) => trainStep(learner, seen, step).total);
      tf.dispose(seen);
      for (const loss of losses) await loss.data();
      ms = performance.now() - start;
      tf.dispose(losses);
    } while (await turn(ms));
    // How large maps are is known of networks like the teacher alone.
    if (!model.backbone) return null;
    return batch * learners.reduce((all, learner) => all + trainingOperations(learner, size), 0);
  },
});

export const rows = [
  ...['stfpm', 'fvv', 'simple-student'].flatMap((method) => [row(method), row(method, '/student-only')]),
  row('fastflow'),
  row('fastflow', '/features-given'),
  row('autoencoder'),
];
