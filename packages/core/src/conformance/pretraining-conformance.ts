/** What must hold for a pretraining: a tiny one lowers its loss, goes on where it was interrupted, and gives finite weights. */
import { memory } from '@tensorflow/tfjs-core';
import type { Trial } from '../contracts/kind.js';
import type { Pretraining } from '../contracts/model.js';
import { checkLearnable, tinyImage, trainImages } from './learnable-conformance.js';
import { whereNotFinite } from './reading.js';
import { attempt } from './trial.js';

export async function checkPretraining({ create, imageSize, report }: Trial<'pretraining'>): Promise<void> {
  const before = memory().numTensors;
  const created: Pretraining[] = [];
  try {
    const images = Array.from({ length: trainImages + 1 }, (_, index) => tinyImage(index, imageSize));
    const createOne = async () => {
      const one = await create();
      created.push(one);
      return one;
    };
    const fitted = await checkLearnable(createOne, images, report);
    const weights = Object.entries(await attempt(report, 'weights()', () => fitted.weights()));
    if (weights.length === 0) report('must give the weights of what was trained; weights() gave none');
    const odd = weights.find(([, { shape, data }]) => shape.reduce((a, b) => a * b, 1) !== data.length);
    if (odd)
      report(`must give as many numbers as a shape holds; those of ${odd[0]} are ${odd[1].data.length}`);
    const notFinite = whereNotFinite(
      Object.fromEntries(weights.map(([name, { shape, data }]) => [name, { shape, values: data }])),
    );
    if (notFinite !== undefined) report(`must give finite weights; found ${notFinite}`);
  } finally {
    for (const one of created) one.dispose();
  }
  const left = memory().numTensors - before;
  if (left > 0) report(`must dispose of all its tensors in dispose(); ${left} were left`);
}
