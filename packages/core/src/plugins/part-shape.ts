/** What a part must give, as far as that can be seen from outside: plugins in plain JavaScript have no compiler to tell them. */
import type { Backbone } from '../contracts/backbone.js';
import type { ContextOf, PartKind } from '../contracts/part.js';
import { isRecord, showJson } from './json.js';

type Members = Readonly<Record<string, 'function' | 'object' | 'number' | 'string'>>;

const shapes: Readonly<Record<PartKind, 'function' | Members>> = {
  model: {
    normalization: 'object',
    stages: 'object',
    detect: 'function',
    state: 'function',
    restore: 'function',
    dispose: 'function',
  },
  backbone: {
    layers: 'object',
    channels: 'object',
    parameters: 'object',
    statistics: 'object',
    features: 'function',
    dispose: 'function',
  },
  loss: 'function',
  score: { minStudents: 'number', anomalyMap: 'function' },
  threshold: { needs: 'string', threshold: 'function' },
  dataset: {
    name: 'string',
    train: 'object',
    test: 'object',
    image: 'function',
    mask: 'function',
  },
  optimizer: { step: 'function', state: 'function', restore: 'function', dispose: 'function' },
  pretraining: {
    normalization: 'object',
    stages: 'object',
    weights: 'function',
    state: 'function',
    restore: 'function',
    dispose: 'function',
  },
};

/** What a part's `create` gave instead of a part of its kind, as it follows the part's name; undefined where it gave one. */
export const shapeFault = (created: unknown, kind: PartKind): string | undefined =>
  hasShape(created, kind) ? undefined : `must create ${describeShape(kind)}; it gave ${showPart(created)}`;

/** Where a part does not give what its context asked for, what it gives instead, as it follows the part's name. */
export function contextFault<K extends PartKind>(
  created: unknown,
  kind: K,
  context: ContextOf<K>,
): string | undefined {
  if (kind !== 'backbone') return undefined;
  const { layers } = context as ContextOf<'backbone'>;
  const given = (created as Backbone).layers;
  const differs = [...layers, ...given].find((layer) => !layers.includes(layer) || !given.includes(layer));
  if (differs === undefined) return undefined;
  return (
    `must give the layers that are asked for, ${layers.join(', ')}; ` +
    `it gives ${given.join(', ') || 'none'}, so that "${differs}" is on one side only`
  );
}

function hasShape(value: unknown, kind: PartKind): boolean {
  const shape = shapes[kind];
  if (shape === 'function' || typeof value !== 'object' || value === null) return typeof value === shape;
  return Object.entries(shape).every(([key, type]) => {
    const member: unknown = Reflect.get(value, key);
    return typeof member === type && member !== null;
  });
}

function describeShape(kind: PartKind): string {
  const shape = shapes[kind];
  if (shape === 'function') return 'a function';
  const members = Object.entries(shape).map(([key, type]) => (type === 'function' ? `${key}()` : key));
  return `an object with ${members.join(', ')}`;
}

const showPart = (value: unknown): string =>
  isRecord(value) ? `an object with ${Object.keys(value).join(', ') || 'nothing in it'}` : showJson(value);
