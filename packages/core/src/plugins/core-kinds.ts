/** The kinds of part whose contracts core has. No other code lists them. */
import type { Backbone } from '../contracts/backbone.js';
import { defineKind, type Kind } from '../contracts/kind.js';
import type { ContextOf } from '../contracts/part.js';

const learning = { state: 'function', restore: 'function', dispose: 'function' } as const;

export const coreKinds: readonly Kind[] = [
  defineKind({
    name: 'model',
    title: 'Models',
    shape: { normalization: 'object', stages: 'object', detect: 'function', ...learning },
  }),
  defineKind({
    name: 'backbone',
    title: 'Backbones',
    shape: {
      layers: 'object',
      channels: 'object',
      parameters: 'object',
      statistics: 'object',
      features: 'function',
      dispose: 'function',
    },
    contextFault: layersFault,
  }),
  defineKind({ name: 'loss', title: 'Losses', shape: 'function' }),
  defineKind({ name: 'score', title: 'Scores', shape: { minStudents: 'number', anomalyMap: 'function' } }),
  defineKind({ name: 'threshold', title: 'Thresholds', shape: { needs: 'string', threshold: 'function' } }),
  defineKind({
    name: 'dataset',
    title: 'Datasets',
    shape: { name: 'string', train: 'object', test: 'object', image: 'function', mask: 'function' },
  }),
  defineKind({ name: 'optimizer', title: 'Optimizers', shape: { step: 'function', ...learning } }),
  defineKind({
    name: 'pretraining',
    title: 'Pretrainings',
    shape: { normalization: 'object', stages: 'object', weights: 'function', ...learning },
  }),
  defineKind({ name: 'augmentation', title: 'Augmentations', shape: 'function' }),
];

function layersFault(created: Backbone, { layers }: ContextOf<'backbone'>): string | undefined {
  const given = created.layers;
  const differs = [...layers, ...given].find((layer) => !layers.includes(layer) || !given.includes(layer));
  if (differs === undefined) return undefined;
  return (
    `must give the layers that are asked for, ${layers.join(', ')}; ` +
    `it gives ${given.join(', ') || 'none'}, so that "${differs}" is on one side only`
  );
}
