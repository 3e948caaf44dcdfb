import { fit, type Learner, memoryBudget, type Pretraining, type TrainStage, tf } from '@adfw/core';
import { createPatchDescriptors, describePatches, patchNetwork } from '@adfw/method-uninformed-students';
import { createResNet } from '@adfw/networks';
import '@adfw/engine-onnxruntime';
import { beforeAll, describe, expect, it } from 'vitest';
import { generatedImages } from '../generated-images.js';
import { inFullBatches } from '../images.js';
import { compactnessLoss } from './compactness-loss.js';
import { type DescriptorOptions, descriptorPretraining } from './descriptor-pretraining.js';
import { tripletLoss } from './triplet-loss.js';

beforeAll(() => tf.setBackend('onnxruntime'));

const teacher = () =>
  createResNet('resnet18', { layers: ['layer1'], width: 2, seed: 3, calibrated: true, frozen: true });

const base: DescriptorOptions = {
  patchSize: 17,
  width: 2,
  descriptorLength: 4,
  tripletWeight: 1,
  compactnessWeight: 1,
  margin: 1,
  seed: 5,
  steps: 40,
  recordEvery: 10,
  learningRate: 0.01,
};
const learnerOf = ({ stages: [stage] }: Pretraining) => (stage as TrainStage).learners[0] as Learner;
const lossOf = (task: Pretraining, images: tf.Tensor4D) =>
  learnerOf(task).loss({ images, features: {} }, 'train', () => 0, 1) as Record<string, tf.Scalar>;
const taskOf = (options: Partial<DescriptorOptions> = {}): Pretraining =>
  descriptorPretraining({
    ...base,
    distillation: { teacher: teacher(), size: 32, weight: 1 },
    ...options,
  });

const batch = (): tf.Tensor4D => tf.randomNormal([6, 17, 17, 3], 0, 1, 'float32', 1);

const termsOf = (task: Pretraining, images: tf.Tensor4D): Record<string, number> =>
  tf.tidy(() =>
    Object.fromEntries(
      Object.entries(lossOf(task, images)).map(([name, term]) => [name, term.dataSync()[0] as number]),
    ),
  );

describe('descriptorPretraining', () => {
  it('computes the terms of eq. 4.11 from descriptors, decoder and large network', () => {
    const task = taskOf();
    const images = batch();
    const found = termsOf(task, images);
    tf.tidy(() => {
      const network = patchNetwork(17, { width: 2, descriptorLength: 4 });
      const descriptors = describePatches(network, learnerOf(task).parameters, images);
      const anchors = tf.slice2d(descriptors, [0, 0], [3, 4]);
      const positives = tf.slice2d(descriptors, [3, 0], [3, 4]);
      const negatives = tf.gather(anchors, [1, 2, 0]);
      expect(found.triplet).toBeCloseTo(
        tripletLoss(anchors, positives, negatives, 1).dataSync()[0] as number,
        4,
      );
      expect(found.compactness).toBeCloseTo(compactnessLoss(anchors).dataSync()[0] as number, 4);
      const { 'decoder.weight': matrix, 'decoder.bias': bias } = learnerOf(task).parameters;
      const decoded = tf.add(tf.matMul(anchors, matrix as tf.Tensor2D), bias as tf.Tensor);
      const large = teacher().features(
        tf.image.resizeBilinear(tf.slice4d(images, [0, 0, 0, 0], [3, 17, 17, 3]), [32, 32], false, true),
        'eval',
      ).layer1 as tf.Tensor4D;
      const distances = tf.sum(tf.squaredDifference(decoded, tf.mean(large, [1, 2])), 1);
      expect(found.distillation).toBeCloseTo(tf.mean(distances).dataSync()[0] as number, 4);
    });
  });

  it('weights its terms, and leaves out those without weight', () => {
    const images = batch();
    const all = termsOf(taskOf(), images);
    const weighted = termsOf(
      taskOf({
        distillation: { teacher: teacher(), size: 32, weight: 2 },
        tripletWeight: 0,
        compactnessWeight: 3,
      }),
      images,
    );
    expect(Object.keys(weighted)).toEqual(['distillation', 'compactness']);
    expect(weighted.distillation).toBeCloseTo(2 * (all.distillation as number), 4);
    expect(weighted.compactness).toBeCloseTo(3 * (all.compactness as number), 4);
    const task = descriptorPretraining(base);
    expect(Object.keys(termsOf(task, images))).toEqual(['triplet', 'compactness']);
    expect(Object.keys(learnerOf(task).parameters).filter((name) => name.startsWith('decoder'))).toEqual([]);
  });

  it.each(['patch17.conv1.weight', 'patch17.conv4.bias', 'decoder.weight', 'decoder.bias'])(
    'has the gradient of %s that finite differences have',
    (name) => {
      const task = taskOf();
      const images = batch();
      const variable = learnerOf(task).parameters[name] as tf.Variable;
      const before = variable.clone();
      const loss = () => tf.addN(Object.values(lossOf(task, images))) as tf.Scalar;
      const gradient = tf.variableGrads(loss, [variable]).grads[variable.name] as tf.Tensor;
      // Along the gradient the slope is its length.
      const length = tf.norm(gradient).dataSync()[0] as number;
      const step = 1e-3 / length;
      const at = (by: number): number => {
        variable.assign(tf.tidy(() => tf.add(before, tf.mul(gradient, by / length))));
        return loss().dataSync()[0] as number;
      };
      expect(length).toBeGreaterThan(0);
      expect((at(step) - at(-step)) / (2 * step) / length).toBeCloseTo(1, 2);
    },
  );

  it('learns, and gives weights that the backbone reads', async () => {
    const task = taskOf({ compactnessWeight: 0.1 });
    const images = inFullBatches(generatedImages({ count: 8, size: 48, seed: 1 }), 8);
    const history = await fit(
      task,
      { train: images, heldOut: { ...images, length: 0 } },
      { batchSize: 8, seed: 1, budget: memoryBudget(0) },
    );
    const losses = history.map(({ loss }) => loss.network as number);
    expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] as number));
    const state = await task.weights();
    expect(Object.keys(state)).toEqual(
      [1, 2, 3, 4].flatMap((n) => [`patch17.conv${n}.weight`, `patch17.conv${n}.bias`]),
    );
    const read = createPatchDescriptors({
      layers: ['patch17'],
      width: 2,
      descriptorLength: 4,
      stride: 1,
      seed: 9,
      state,
    });
    for (const [name, variable] of Object.entries(read.parameters))
      expect(variable.dataSync()).toEqual(learnerOf(task).parameters[name]?.dataSync());
  });
});
