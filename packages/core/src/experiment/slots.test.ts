import { describe, expect, it } from 'vitest';
import type { JsonSchema, Slot } from '../contracts/part.js';
import { hasDefault, isSlot, replaceInSlots, replaceSlots } from './slots.js';

const network: Slot = { part: 'backbone', description: 'A network.', default: { type: 'resnet18' } };
const nested: JsonSchema = {
  type: 'object',
  description: 'Two networks, and how many.',
  properties: {
    one: network,
    others: {
      type: 'array',
      items: { type: 'object', properties: { own: network, name: { type: 'string' } } },
    },
    count: { type: 'integer', default: 2 },
  },
};

describe('isSlot', () => {
  it('tells a slot from a schema', () => {
    expect([network, nested, {}, null, 'text', { part: 3 }].map(isSlot)).toEqual([
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('hasDefault', () => {
  it('says whether an option can be left out', () => {
    expect(hasDefault(network)).toBe(true);
    expect(hasDefault({ part: 'backbone', description: 'A.', like: 'other' })).toBe(true);
    expect(hasDefault({ part: 'backbone', description: 'A.' })).toBe(false);
    expect(hasDefault({ type: 'integer', default: 0 })).toBe(true);
    expect(hasDefault({ type: 'integer' })).toBe(false);
    expect(hasDefault(nested)).toBe(false);
    expect(hasDefault({ type: 'object', properties: { one: network, count: { default: 2 } } })).toBe(true);
    expect(hasDefault({ type: 'object', properties: {} })).toBe(false);
  });
});

describe('replaceSlots', () => {
  it('puts something in place of each slot, and leaves the rest of the schema as it is', () => {
    const replaced = replaceSlots(nested, ({ part }) => ({ const: part }));
    expect(replaced).toEqual({
      ...nested,
      properties: {
        one: { const: 'backbone' },
        others: {
          type: 'array',
          items: { type: 'object', properties: { own: { const: 'backbone' }, name: { type: 'string' } } },
        },
        count: { type: 'integer', default: 2 },
      },
    });
    expect(replaceSlots(network, () => ({ type: 'object' }))).toEqual({ type: 'object' });
  });

  it('keeps keywords that only look like those in which slots are', () => {
    const schema = { type: 'array', items: false, properties: true };
    expect(replaceSlots(schema, () => ({}))).toEqual(schema);
  });
});

describe('replaceInSlots', () => {
  const paths = (schema: unknown, value: unknown) =>
    replaceInSlots(
      schema,
      value,
      (slot, held, keys) => `${slot.part} ${JSON.stringify(held)} at ${keys.join('.')}`,
    );

  it('puts something in place of what each slot holds, and says where that is', () => {
    const value = {
      one: { type: 'a' },
      others: [{ own: { type: 'b' }, name: 'x' }, { name: 'y' }],
      count: 1,
    };
    expect(paths(nested, value)).toEqual({
      one: 'backbone {"type":"a"} at one',
      others: [{ own: 'backbone {"type":"b"} at others.0.own', name: 'x' }, { name: 'y' }],
      count: 1,
    });
    expect(paths(network, { type: 'a' })).toBe('backbone {"type":"a"} at ');
    expect(paths({ type: 'array', items: network }, [1, 2])).toEqual(['backbone 1 at 0', 'backbone 2 at 1']);
  });

  it('leaves what no schema describes as it is', () => {
    const value = { one: { type: 'a' }, constructor: 1 };
    expect(paths(undefined, value)).toBe(value);
    expect(paths({ type: 'object' }, value)).toEqual(value);
    expect(paths(nested, { constructor: { type: 'a' } })).toEqual({ constructor: { type: 'a' } });
    expect(paths(nested, 'text')).toBe('text');
    expect(paths(nested, null)).toBeNull();
  });
});
