// A step of training as `distill` takes it: a batch is put together from images and from the teacher's features, which were
// computed once, before the first epoch; then forward, backward and an SGD step of each student. PyTorch's public
// implementations run the teacher in each step instead. The rows `…/student-only` leave it out there as well.
import { distill, memoryBudget } from '@adfw/core';
import { composeMethod, noise } from '../composition.mjs';
import { trainingOperations } from '../convolutions.mjs';

const [batch, size] = [32, 224];

const row = (method, studentOnly) => ({
  name: `train-step/${method}${studentOnly ? '/student-only' : ''}`,
  what: `a step, batch ${batch}, ${size}x${size}`,
  peer: { task: 'train-step', method, batch, size, given_features: studentOnly },
  async measure(turn) {
    const composition = await composeMethod(method);
    const { teacher, students, loss, createOptimizer } = composition;
    const images = noise(batch, size);
    const source = { length: batch, size: [size, size], image: async (index) => images[index] };
    const stop = new AbortController();
    let seconds = 0;
    await distill({
      teacher,
      students,
      loss,
      optimizers: await Promise.all(students.map((_, index) => createOptimizer(index))),
      train: source,
      validation: { ...source, length: 0 },
      epochs: Number.MAX_SAFE_INTEGER,
      batchSize: batch,
      seed: 1,
      budget: memoryBudget(2 ** 30),
      signal: stop.signal,
      // An epoch is one step; after it the peer has its turn.
      onProgress: (event) => {
        if (event.type === 'epoch') seconds = batch / event.record.imagesPerSecond;
      },
      checkpoints: {
        load: async () => null,
        save: async () => {
          if (!(await turn(seconds * 1000))) stop.abort();
        },
      },
    }).catch((error) => {
      if (!stop.signal.aborted) throw error;
    });
    return batch * students.reduce((all, student) => all + trainingOperations(student, size), 0);
  },
});

export const rows = ['stfpm', 'fvv', 'simple-student'].flatMap((method) => [
  row(method, false),
  row(method, true),
]);
