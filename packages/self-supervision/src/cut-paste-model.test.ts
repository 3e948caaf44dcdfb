import '@tensorflow/tfjs-backend-cpu';
import { checkConformance, type GatherStage, memoryBudget, tf } from '@adfw/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { classificationLoss, cutPastePart, gradCam } from './cut-paste-model.js';
import { plugin } from './index.js';

beforeAll(() => tf.setBackend('cpu'));

describe('classificationLoss', () => {
  it('is −mean log softmax of the class that the place in the batch says', () => {
    const logits = tf.tensor2d([2, 0, 1, 0, 0, 3, 1, 1], [4, 2]);
    const right = [2 - 0, 1 - 0, 3 - 0, 0].map((margin) => Math.log(1 + Math.exp(-margin)));
    const mean = right.reduce((sum, value) => sum + value, 0) / 4;
    expect(classificationLoss(logits).dataSync()[0]).toBeCloseTo(mean, 5);
  });
});

describe('gradCam', () => {
  it('has the gradient that tfjs computes', () => {
    const maps = tf.randomNormal<tf.Rank.R4>([2, 3, 4, 5], 0, 1, 'float32', 1);
    const mean = tf.randomNormal<tf.Rank.R1>([5], 0, 1, 'float32', 2);
    const whitening = tf.randomNormal<tf.Rank.R2>([5, 5], 0, 1, 'float32', 3);
    const squaredDistance = (vectors: tf.Tensor2D) => {
      const length = tf.sqrt(tf.sum(tf.square(vectors), 1, true));
      return tf.sum<tf.Scalar>(tf.square(tf.matMul(tf.sub(tf.div(vectors, length), mean), whitening)));
    };
    const gradient = tf.grad((vectors) => squaredDistance(vectors as tf.Tensor2D))(tf.mean(maps, [1, 2]));
    const right = tf.relu(tf.sum(tf.mul(maps, tf.reshape(gradient, [2, 1, 1, 5])), -1)).dataSync();
    const [found] = gradCam({ layer: maps }, ['layer'], { mean, whitening }) as [tf.Tensor3D];
    expect(found.shape).toEqual([2, 3, 4]);
    found.dataSync().forEach((value, at) => {
      expect(value).toBeCloseTo(right[at] as number, 3);
    });
  });
});

it('refuses one image before anything is trained', async () => {
  const options = Object.fromEntries(
    Object.entries(cutPastePart.options ?? {}).map(([name, option]) => [name, option.default]),
  );
  const variable = () => tf.tidy(() => tf.variable(tf.zeros([1])));
  const backbone = Object.assign(
    async () => ({
      layers: ['layer4'],
      channels: { layer4: 2 },
      parameters: { weight: variable() },
      statistics: {},
      features: () => ({ layer4: tf.zeros<tf.Rank.R4>([1, 1, 1, 2]) }),
      dispose() {},
    }),
    { type: 'fake', path: '$.model.backbone' },
  );
  const optimizer = async () => ({ step() {}, state: () => ({}), restore() {}, dispose() {} });
  const given = { ...options, backbone, head: [2], training: { epochs: 1, optimizer } };
  const context = { seed: 1, imageSize: { height: 32, width: 32 } };
  const model = await cutPastePart.create(given, context);
  const [first] = model.stages as [GatherStage];
  const nothing = { [Symbol.asyncIterator]: () => Promise.reject(new Error('looked')) as never };
  const gathered = (total: number) => first.gather(nothing, { total, seed: 1, budget: memoryBudget(0) });
  await expect(gathered(1)).rejects.toThrow('at least 2 nominal images');
  await gathered(2);
  // On one position the Gaussian's gradient has no part along the features: the map would be 0.
  await expect(cutPastePart.create({ ...given, localization: 'grad-cam' }, context)).rejects.toThrow(
    'a single position',
  );
});

it('the plugin conforms', async () => {
  const training = { epochs: 4, optimizer: { type: 'sgd', learningRate: 0.05 } };
  const small = { head: [8], headEpochs: 1, training };
  await checkConformance(plugin, {
    parts: {
      'model/cut-paste': [
        { options: { ...small, localization: 'grad-cam' } },
        { options: { ...small, variant: 'binary' } },
        { options: { ...small, variant: 'scar' } },
      ],
    },
    methods: { cutpaste: { model: small } },
  });
});
