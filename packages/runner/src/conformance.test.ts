/** Every plugin that comes with adfw, checked as the conformance kit checks anybody's. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkConformance, type PartTrial, tf } from '@adfw/core';
import { createResNet, saveWeights } from '@adfw/networks';
import { plugin as pretraining } from '@adfw/pretraining';
import '@adfw/engine-onnxruntime';
import { afterAll, beforeAll, it } from 'vitest';
import { useEngine } from './engine.js';
import { builtInPlugins } from './plugins/plugins.js';

let folder: string;
beforeAll(async () => {
  await useEngine('onnxruntime');
  folder = await mkdtemp(join(tmpdir(), 'adfw-conformance-'));
  const large = createResNet('resnet18', { layers: ['layer1'], seed: 1, calibrated: true });
  await saveWeights(large, join(folder, 'large.safetensors'));
  large.dispose();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const smallResNet: PartTrial = { options: { width: 2, weights: 'random' }, imageSize: [16, 24] };
/** Deeper ones train as those two do: they are one network of other shapes. */
const deepResNet: PartTrial = { ...smallResNet, frozen: [true] };
const shortTraining = { steps: 8, recordEvery: 2, learningRate: 0.01 };
const smallPatches = { width: 2, descriptorLength: 4, stride: 16 };

/** What the defaults of parts would make large, or leave open. */
const trials = (): Record<string, PartTrial | PartTrial[]> => ({
  'backbone/resnet18': smallResNet,
  'backbone/resnet34': deepResNet,
  'backbone/resnet50': deepResNet,
  'backbone/wide_resnet50_2': deepResNet,
  'backbone/residual': smallResNet,
  'backbone/simple-student': smallResNet,
  // It decodes what another network saw.
  'backbone/reverse-distillation': { frozen: [false], options: { blocks: 1 } },
  'backbone/patch-descriptors': {
    options: smallPatches,
    layers: ['patch17'],
  },
  'loss/cosine': [{}, { options: { reduction: 'mean', vectors: 'maps' } }],
  'loss/l2': [{}, { options: { squared: false } }, { options: { normalize: true } }],
  'loss/l1': [{}, { options: { normalize: true } }],
  'loss/relation': [{}, { options: { normalize: false } }],
  'loss/response': [
    { layers: ['logits'] },
    // Cross-entropy wants the teacher's answer to be certain, not repeated.
    { layers: ['logits'], options: { alpha: 1 }, minimalAtTeacher: false },
  ],
  'score/distance': [{}, { options: { combine: 'mean', smoothing: 2 } }],
  'pretraining/pyramid': {
    options: {
      ...shortTraining,
      weights: join(folder, 'large.safetensors'),
      layers: ['layer1'],
      width: 4,
      cropSize: 32,
    },
  },
  'pretraining/descriptors': {
    options: { ...shortTraining, distillationWeight: 0, patchSize: 17, width: 2, descriptorLength: 4 },
  },
});

const methods: Record<string, Record<string, unknown>> = {
  'simple-student': {
    model: { teacher: { type: 'resnet18', weights: 'random', width: 4 }, student: { width: 4 } },
  },
  'reverse-distillation': { model: { student: { blocks: 1 } } },
  'uninformed-students': {
    model: { teacher: smallPatches, students: 2, layers: ['patch17'], training: { epochs: 2 } },
  },
};

/** The entries that are about something of this plugin. */
const only = <T>(entries: Record<string, T>, names: readonly string[]): Record<string, T> =>
  Object.fromEntries(Object.entries(entries).filter(([name]) => names.includes(name)));

/** Families of models, and the datasets of files, whose conformance is tested beside them. */
const testedElsewhere = [
  '@adfw/flow',
  '@adfw/autoencoder',
  '@adfw/adversarial',
  '@adfw/augmentation',
  '@adfw/one-class',
  '@adfw/self-supervision',
  '@adfw/memory-bank',
  '@adfw/gaussian',
  '@adfw/classical-features',
  '@adfw/datasets-mvtec',
];
const tested = [...builtInPlugins, pretraining].filter(({ name }) => !testedElsewhere.includes(name));

it.each(tested)('$name conforms', async (plugin) => {
  await tf.setBackend('onnxruntime');
  await checkConformance(plugin, {
    plugins: builtInPlugins,
    parts: only(
      trials(),
      (plugin.parts ?? []).map(({ kind, name }) => `${kind}/${name}`),
    ),
    methods: only(
      methods,
      (plugin.methods ?? []).map(({ name }) => name),
    ),
  });
});
