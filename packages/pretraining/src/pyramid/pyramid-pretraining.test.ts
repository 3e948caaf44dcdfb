import { type Backbone, type TrainStage, tf } from '@adfw/core';
import { createResNet } from '@adfw/networks';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { pyramidPretraining } from './pyramid-pretraining.js';

const training = { steps: 1, recordEvery: 1, learningRate: 0.001 };

beforeAll(() => tf.setBackend('cpu'));

/** A network whose only layer gives these vectors, one a position, whatever the images. */
const giving = (vectors: number[][]): Backbone => ({
  layers: ['layer1'],
  channels: { layer1: (vectors[0] as number[]).length },
  parameters: {},
  statistics: {},
  features: () => ({ layer1: tf.tensor4d([[vectors]]) }),
  dispose: () => {},
});

const lossOf = (teacher: number[][], student: number[][]): number => {
  const task = pyramidPretraining({
    teacher: giving(teacher),
    student: giving(student),
    cropSize: 32,
    ...training,
  });
  const images = tf.zeros<tf.Rank.R4>([1, 32, 32, 3]);
  const [stage] = task.stages as [TrainStage];
  const features = task.backbone?.features(images, 'eval') ?? {};
  const loss = stage.learners[0]?.loss({ images, features }, 'train', () => 0, 1) as Record<
    string,
    tf.Scalar
  >;
  return loss.layer1?.dataSync()[0] as number;
};

describe('the loss of a layer', () => {
  // Of the chosen channels, 0 and 2, the means are 2 and 3: they vary by 4 + 1 at either position, 10 in all.
  const teacher = [
    [4, 9, 4, 9],
    [0, 9, 2, 9],
  ];

  it('is 0 where each channel is the one of the teacher that it stands for', () => {
    expect(
      lossOf(teacher, [
        [4, 4],
        [0, 2],
      ]),
    ).toBe(0);
  });

  it('is the share of the variation within the image that is not explained, a tenth being added to it', () => {
    const mean = [
      [2, 3],
      [2, 3],
    ];
    expect(lossOf(teacher, mean)).toBeCloseTo(10 / 11, 6);
    expect(
      lossOf(teacher, [
        [4, 4],
        [2, 2],
      ]),
    ).toBeCloseTo(4 / 11, 6);
  });

  it('does not change where both networks give the same, scaled', () => {
    const student = [
      [2, 5],
      [1, 1],
    ];
    const scaled = (vectors: number[][]) => vectors.map((vector) => vector.map((value) => 10 * value));
    expect(lossOf(scaled(teacher), scaled(student))).toBeCloseTo(lossOf(teacher, student), 5);
  });
});

describe('the distillation of a pyramid', () => {
  const layers = ['layer1', 'layer2'];
  const network = (width: number, seed: number, frozen = false) =>
    createResNet('resnet18', { layers, width, seed, calibrated: frozen, frozen });

  it('gives the weights in the layout of their file', async () => {
    const task = pyramidPretraining({
      teacher: network(6, 1, true),
      student: network(3, 2),
      cropSize: 32,
      ...training,
    });
    const weights = await task.weights();
    expect(weights['conv1.weight']?.shape).toEqual([3, 3, 7, 7]);
    expect(weights['layer2.0.conv1.weight']?.shape).toEqual([6, 3, 3, 3]);
    expect(weights['bn1.running_mean']?.shape).toEqual([3]);
    task.dispose();
  });

  it('refuses a network that is wider than its teacher', () => {
    expect(() =>
      pyramidPretraining({ teacher: network(3, 1, true), student: network(6, 2), cropSize: 32, ...training }),
    ).toThrow('has 6 channels in layer1, and the teacher only 3: make it narrower.');
  });
});
