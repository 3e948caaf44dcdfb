import { describe, expect, it } from 'vitest';
import type { Part } from '../contracts/part.js';
import { slot } from '../model/options.js';
import { completePart, type Inheritance, withDefaultTypes } from './complete.js';
import { createRegistry } from './create-registry.js';
import { fakeModel, fakePlugin } from './fake-parts.test.fixture.js';

/** Slots in an object, in a list of objects, and slots that are like one beside them. */
const nested: Part<'model'> = {
  kind: 'model',
  name: 'nested',
  summary: 'A model of many networks.',
  options: {
    first: slot('backbone', 'A network.', { default: { type: 'resnet18', width: 7 } }),
    second: slot('backbone', 'Another.', { like: 'first', except: ['weights', 'rate'] }),
    networks: {
      type: 'object',
      additionalProperties: false,
      description: 'More.',
      properties: {
        inner: slot('backbone', 'A network.', { default: { type: 'bottleneck' } }),
        copies: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              name: { type: 'string', default: 'copy' },
              own: slot('backbone', 'One of them.', { default: { type: 'bottleneck', width: 2 } }),
            },
          },
          default: [{}],
          description: 'Copies.',
        },
        alike: {
          type: 'array',
          items: slot('backbone', 'A.', { like: 'inner' }),
          default: [{}],
          description: 'A.',
        },
      },
    },
    open: slot('loss', 'A loss that has to be named.'),
  },
  required: ['open'],
  create: fakeModel,
};
const registry = createRegistry([fakePlugin, { name: 'mine', parts: [nested] }]);

function complete(choice: unknown, inherited: Inheritance[] = []): unknown {
  return completePart(registry, 'model', choice, ['model'], inherited);
}
const open = { type: 'cosine' };

describe('completePart', () => {
  it('fills in the defaults of options, of what is in slots, and so on', () => {
    expect(complete({ type: 'nested', open })).toEqual({
      type: 'nested',
      first: { type: 'resnet18', weights: 'random', width: 7 },
      second: { type: 'resnet18', weights: 'random', width: 7 },
      networks: {
        inner: { type: 'bottleneck', width: 64, rate: 0.5 },
        copies: [{ name: 'copy', own: { type: 'bottleneck', width: 2, rate: 0.5 } }],
        alike: [{ type: 'bottleneck', width: 64, rate: 0.5 }],
      },
      open: { type: 'cosine', reduction: 'sum' },
    });
  });

  it('gives options in the order of their part', () => {
    const completed = complete({
      open,
      networks: { alike: [], inner: {} },
      type: 'nested',
      first: {},
    }) as object;
    expect(Object.keys(completed)).toEqual(['type', 'first', 'second', 'networks', 'open']);
  });

  it('lays what is given above the default of a slot, or drops that where the type is another', () => {
    const networkOf = (first: object) =>
      (complete({ type: 'nested', open, first }) as { first: object }).first;
    expect(networkOf({ weights: 'w.pth' })).toEqual({ type: 'resnet18', weights: 'w.pth', width: 7 });
    expect(networkOf({ type: 'resnet18' })).toEqual({ type: 'resnet18', weights: 'random', width: 7 });
    expect(networkOf({ type: 'bottleneck' })).toEqual({ type: 'bottleneck', width: 64, rate: 0.5 });
  });

  it('takes type and options from the slot that another is like, but those it is not to take', () => {
    const second = (first: object, own?: object) =>
      (complete({ type: 'nested', open, first, ...(own && { second: own }) }) as { second: object }).second;
    expect(second({ type: 'bottleneck', width: 3, rate: 0.25 })).toEqual({
      type: 'bottleneck',
      width: 3,
      rate: 0.5,
    });
    expect(second({ weights: 'w.pth' }, { width: 1 })).toEqual({
      type: 'resnet18',
      weights: 'random',
      width: 1,
    });
    expect(second({ width: 3 }, { type: 'resnet18' })).toEqual({
      type: 'resnet18',
      weights: 'random',
      width: 64,
    });
  });

  it('says which slots are like which', () => {
    const inherited: Inheritance[] = [];
    complete({ type: 'nested', open, networks: { alike: [{}, { type: 'resnet18' }] } }, inherited);
    expect(inherited).toEqual([
      { from: ['model', 'first'], to: ['model', 'second'] },
      { from: ['model', 'networks', 'inner'], to: ['model', 'networks', 'alike', 0] },
    ]);
  });

  it('gives the same when it is completed again', () => {
    const once = complete({
      type: 'nested',
      open,
      first: { weights: 'w.pth' },
      networks: { copies: [{}, {}] },
    });
    expect(complete(once)).toEqual(once);
  });

  it.each([[undefined], ['nested'], [{ type: 'unknown', rate: 1 }], [{ width: 3 }], [[{ type: 'nested' }]]])(
    'leaves %j as it is, for the schema to refuse',
    (choice) => {
      expect(complete(choice)).toEqual(choice);
    },
  );

  it('leaves what is wrong in an option as it is', () => {
    const completed = complete({ type: 'nested', open, first: 3, networks: [], unknown: { a: 1 } });
    expect(completed).toEqual({
      type: 'nested',
      first: 3,
      networks: [],
      open: { type: 'cosine', reduction: 'sum' },
      unknown: { a: 1 },
    });
    expect(complete({ type: 'nested', networks: { copies: 'many', inner: null } })).toMatchObject({
      networks: { copies: 'many', inner: null },
    });
  });
});

describe('withDefaultTypes', () => {
  it('gives a type to what is in slots with a default, and nothing else', () => {
    const choice = {
      type: 'nested',
      first: { width: 3 },
      second: { width: 4 },
      networks: { inner: {}, copies: [{ own: { rate: 1 } }], alike: [{}] },
      open: { reduction: 'mean' },
    };
    expect(withDefaultTypes(registry, 'model', choice)).toEqual({
      ...choice,
      first: { type: 'resnet18', width: 3 },
      networks: {
        inner: { type: 'bottleneck' },
        copies: [{ own: { type: 'bottleneck', rate: 1 } }],
        alike: [{}],
      },
    });
    expect(withDefaultTypes(registry, 'model', { width: 3 })).toEqual({ width: 3 });
  });
});
