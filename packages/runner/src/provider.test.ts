/**
 * STFPM on WebGPU against the CPU, where WebGPU starts: training and anomaly maps. For a machine without a GPU see
 * `packages/engine-onnxruntime/src/session/provider.test.ts`.
 */
import {
  backboneState,
  ConfigurationError,
  detectorOf,
  freezeAll,
  fromMaps,
  joined,
  type Model,
  networkState,
  onBackbone,
  type RgbImage,
  restoreState,
  sgd,
  tf,
} from '@adfw/core';
import { layerwiseScore } from '@adfw/distillation';
import { OnnxRuntimeBackend } from '@adfw/engine-onnxruntime';
import { cosineLoss, distance } from '@adfw/method-stfpm';
import { createResNet } from '@adfw/networks';
import { describe, expect, it } from 'vitest';
import { useEngine } from './engine.js';

const refusal = await useEngine('onnxruntime', { provider: 'webgpu' }).then(
  () => null,
  (error: Error) => error,
);
const isMissing = refusal !== null && !/computes wrong values/.test(refusal.message);
if (isMissing) console.warn(`STFPM is not tested on WebGPU here. ${refusal.message}`);

it('that cannot be had is a wrong configuration', () => {
  if (refusal) expect(refusal).toBeInstanceOf(ConfigurationError);
  else expect(tf.getBackend()).toBe('onnxruntime');
});

const layers = ['layer1', 'layer2', 'layer3'];
const [batch, size, width] = [6, 32, 8];

describe.skipIf(isMissing)('STFPM on WebGPU', () => {
  it('takes the steps and gives the maps that it does on the CPU', async () => {
    expect(refusal).toBeNull();
    const found = await trainAndScore('onnxruntime');
    tf.registerBackend('on-cpu', () => new OnnxRuntimeBackend({ provider: 'cpu' }));
    tf.copyRegisteredKernels('onnxruntime', 'on-cpu');
    const expected = await trainAndScore('on-cpu');

    // After the second step a ReLU whose input is near 0 may go another way, and what follows is amplified.
    expected.losses.forEach((loss, step) => {
      expect((found.losses[step] as number) / loss).toBeCloseTo(1, step < 2 ? 5 : 3);
    });
    for (const [name, values] of Object.entries(expected.weights))
      expect(relativeDistance(found.weights[name] as Float32Array, values), name).toBeLessThan(1e-3);
    expected.maps.forEach((map, image) => {
      expect(relativeDistance(found.maps[image] as Float32Array, map), `map ${image}`).toBeLessThan(1e-4);
    });
  });
});

/** The losses of four steps; the student's weights and the maps of two images after the first one. */
async function trainAndScore(backend: string) {
  await tf.setBackend(backend);
  const teacher = createResNet('resnet18', { layers, seed: 1, width, frozen: true });
  const student = createResNet('resnet18', { layers, seed: 2, width });
  const pixels = Array.from({ length: batch }, (_, seed) => [...picture(seed).data]).flat();
  const images = tf.tidy(() =>
    tf.sub(tf.div(tf.tensor4d(pixels, [batch, size, size, 3]), 64), 2),
  ) as tf.Tensor4D;
  const target = teacher.features(images, 'eval');
  const loss = cosineLoss('sum');
  const optimizer = sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 1e-4 });
  const step = async (): Promise<number> => {
    const { value, grads } = tf.variableGrads(
      () => loss(target, student.features(images, 'train')),
      Object.values(student.parameters),
    );
    const gradients = Object.entries(student.parameters).map(([name, variable]) => [
      name,
      grads[variable.name],
    ]);
    optimizer.step(student.parameters, Object.fromEntries(gradients));
    return (await value.data())[0] as number;
  };

  const losses = [await step()];
  const weights: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(backboneState(student)))
    weights[name] = (await tensor.data<'float32'>()).slice();
  const copy = createResNet('resnet18', { layers, seed: 3, width });
  restoreState(copy, backboneState(student));
  const score = layerwiseScore(distance);
  const model: Model = {
    ...onBackbone(teacher, joined({ student0: networkState(copy) })),
    stages: [],
    detect: ({ images, features }) =>
      fromMaps(score.anomalyMap(features, [copy.features(images, 'eval')], [size, size])),
  };
  freezeAll(model);
  const detected = await detectorOf(model).detect([picture(7), picture(8)]);
  const maps = detected.map(({ map }) => map as Float32Array);
  for (let more = 0; more < 3; more++) losses.push(await step());
  return { losses, weights, maps };
}

/** Pixels that look random, and are the same for a seed. */
function picture(seed: number): RgbImage {
  let state = seed + 1;
  const data = Uint8Array.from({ length: size * size * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return { width: size, height: size, data };
}

function relativeDistance(actual: Float32Array, expected: Float32Array): number {
  let [difference, norm] = [0, 0];
  expected.forEach((value, i) => {
    difference += ((actual[i] as number) - value) ** 2;
    norm += value ** 2;
  });
  return norm === 0 ? difference : Math.sqrt(difference / norm);
}
