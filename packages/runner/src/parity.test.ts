/**
 * What PyTorch computed from fixed inputs, against what this computes: the teacher's features, and the first training steps of
 * both students. The files are in a folder `shared` beside the checkout; where it is missing, these tests are skipped.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Backbone, sgd, tf } from '@adfw/core';
import { createResNet, layerNames, loadWeights, type StateDict } from '@adfw/networks';
import '@adfw/engine-onnxruntime';
import { bottleneckChannels } from '@adfw/method-simple-student';
import { cosineLoss } from '@adfw/method-stfpm';
import { beforeAll, describe, expect, it } from 'vitest';
import { readTensors, relativeError, toHwio, toNhwc } from '../../networks/fixtures/read-fixture.js';

const shared = fileURLToPath(new URL('../../../../shared', import.meta.url));
const weights = join(shared, 'weights', 'resnet18-imagenet-layers123.safetensors');
const parity = (name: string) => join(shared, 'parity', `${name}.safetensors`);
const missing = [
  weights,
  ...['resnet18-features', 'train-steps-full-student', 'train-steps-simple-student'].map(parity),
].filter((path) => !existsSync(path));
if (missing.length) console.warn(`The comparison with PyTorch is skipped: ${missing.join(', ')} missing.`);

/**
 * How near the weights must be after five steps. Gradients jump where a ReLU or a maximum has a tie, and five large steps
 * amplify what rounding decides there: in conv1, at the far end, one version of PyTorch differs from another by 0.006.
 */
const tolerances = [
  ['conv1.weight', 0.02],
  ['layer1.0.conv1.weight', 1e-3],
  ['layer2.0.bn1.weight', 1e-3],
  ['layer3.1.bn2.running_mean', 1e-3],
  ['layer3.1.bn2.running_var', 1e-3],
] as const;

const layers = layerNames.slice(0, 3);

const teacher = async (): Promise<Backbone> =>
  createResNet('resnet18', { layers, seed: 0, frozen: true, state: (await loadWeights(weights)).state });

describe.skipIf(missing.length > 0)('parity with PyTorch', () => {
  beforeAll(() => tf.setBackend('onnxruntime'));

  it("gives the teacher's features", async () => {
    const expected = readTensors(parity('resnet18-features'));
    const network = await teacher();
    const pyramid = network.features(toNhwc(expected('input')), 'eval');
    for (const layer of layers)
      expect(await relativeError(pyramid[layer] as tf.Tensor4D, toNhwc(expected(layer))), layer).toBeLessThan(
        1e-3,
      );
    network.dispose();
    tf.dispose(pyramid);
  });

  it.each([
    ['full', {}],
    ['simple', { innerChannels: bottleneckChannels(64) }],
  ])('trains the %s student for five steps', async (name, options) => {
    const path = parity(`train-steps-${name}-student`);
    const expected = readTensors(path);
    const state = await initialState(path);
    const student = createResNet('resnet18', { layers, seed: 0, state, ...options });
    const images = toNhwc(expected('images'));
    const network = await teacher();
    const target = network.features(images, 'eval');
    const loss = cosineLoss('mean');
    const optimizer = sgd({ learningRate: 0.4, momentum: 0.9, weightDecay: 1e-4 });

    const variables = Object.values(student.parameters);
    const { data: losses } = expected('losses');
    for (const [step, expectedLoss] of losses.entries()) {
      const { value, grads } = tf.variableGrads(
        () => loss(target, student.features(images, 'train')),
        variables,
      );
      const gradients = Object.fromEntries(
        Object.entries(student.parameters).map(([key, variable]) => [key, grads[variable.name] as tf.Tensor]),
      );
      optimizer.step(student.parameters, gradients);
      const [found] = await value.data();
      expect(Math.abs((found as number) / expectedLoss - 1), `loss of step ${step + 1}`).toBeLessThan(1e-3);
      tf.dispose([value, ...Object.values(grads)]);
    }
    const after = { ...student.parameters, ...student.statistics };
    for (const [key, tolerance] of tolerances)
      expect(
        await relativeError(after[key] as tf.Tensor, toHwio(expected(`after5.${key}`))),
        key,
      ).toBeLessThan(tolerance);
    optimizer.dispose();
    tf.dispose([images, target]);
    student.dispose();
    network.dispose();
  });
});

/** The tensors `init.*` of a file of training steps. */
async function initialState(path: string): Promise<StateDict> {
  const { state } = await loadWeights(path, (name) => name.startsWith('init.'));
  return Object.fromEntries(
    Object.entries(state).map(([name, tensor]) => [name.slice('init.'.length), tensor]),
  );
}
