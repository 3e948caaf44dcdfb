import { describe, expect, it, vi } from 'vitest';
import { checkConformance } from '../conformance/check-conformance.js';
import { defineKind, type Kind, type Trial } from '../contracts/kind.js';
import type { Model } from '../contracts/model.js';
import type { Make, Part } from '../contracts/part.js';
import { slot } from '../model/options.js';
import { findKind, listKinds, listParts } from '../plugins/registry.js';
import { createPart } from './compose.js';
import { createRegistry } from './create-registry.js';
import { fakePlugin } from './fake-parts.test.fixture.js';
import { experimentSchema } from './schema.js';

interface Sampler {
  readonly share: number;
  sample(of: number): number;
}
declare module '../contracts/part.js' {
  interface PartKinds {
    sampler: Sampler;
  }
}

const samplerKind = defineKind<'sampler'>({
  name: 'sampler',
  title: 'Samplers',
  shape: { share: 'number', sample: 'function' },
});
const tenth: Part<'sampler'> = {
  kind: 'sampler',
  name: 'tenth',
  summary: 'Every tenth.',
  create: () => ({ share: 0.1, sample: (of) => of / 10 }),
};
const bank: Part<'model'> = {
  kind: 'model',
  name: 'sampled',
  summary: 'A bank of a sample.',
  options: { sampler: slot('sampler', 'What is kept.', { default: { type: 'tenth' } }) },
  create: async ({ sampler }: { sampler: Make<'sampler'> }) =>
    ({ kept: (await sampler()).sample(50), ...aModel }) as unknown as Model,
};
const aModel = {
  normalization: {},
  stages: [],
  detect: () => undefined,
  state: () => undefined,
  restore: () => undefined,
  dispose: () => undefined,
};
const family = { name: 'family', kinds: [samplerKind], parts: [tenth, bank] };
const create = (registry: ReturnType<typeof createRegistry>) =>
  createPart(registry, 'model', { type: 'sampled', sampler: { type: 'tenth' } }, ['model'], {
    seed: 1,
    imageSize: { height: 8, width: 8 },
  });

describe('a kind that a plugin brings', () => {
  const registry = createRegistry([fakePlugin, family]);

  it("stands beside core's, with its parts", () => {
    expect(listKinds(registry).map(({ kind, from }) => `${kind.name} ${from}`)).toContain('sampler family');
    expect(findKind(registry, 'sampler').kind.title).toBe('Samplers');
    expect(listParts(registry).map(({ part }) => part.name)).toContain('tenth');
  });

  it('may be in a slot, of the schema too', async () => {
    expect(await create(registry)).toMatchObject({ kept: 5 });
    expect(experimentSchema(registry).$defs).toMatchObject({
      sampler: { properties: { type: { enum: ['tenth'] } } },
    });
  });

  it('may be what a part of another plugin is of, whichever is registered first', () => {
    const other = { name: 'other', parts: [{ ...tenth, name: 'half' } as Part] };
    expect(listParts(createRegistry([other, family]), 'sampler')).toHaveLength(2);
    expect(() => createRegistry([other])).toThrow(/\$\.parts\[0\]\.kind must be one of .*; found "sampler"/);
  });

  it('says what a part lacks that is none', async () => {
    const none = { ...tenth, create: () => ({ share: 1 }) as Sampler };
    await expect(create(createRegistry([{ ...family, parts: [none as Part, bank] }]))).rejects.toThrow(
      '$.model.sampler: the sampler "tenth" of plugin "family" must create an object with share, sample(); ' +
        'it gave an object with share.',
    );
  });

  it('says what a part does not give that was asked of it', async () => {
    const strict: Kind<'sampler'> = {
      ...(samplerKind as unknown as Kind<'sampler'>),
      contextFault: ({ share }, { seed }) =>
        share < seed ? `must give ${seed}; it gives ${share}` : undefined,
    };
    await expect(create(createRegistry([{ ...family, kinds: [defineKind(strict)] }]))).rejects.toThrow(
      'the sampler "tenth" of plugin "family" must give 1; it gives 0.1.',
    );
  });

  it('is tried by the conformance kit as it says itself', async () => {
    const check = vi.fn(async ({ create, report }: Trial<'sampler'>) => {
      const { share } = await create();
      if (share < 0.5) report(`must keep half; it keeps ${share}`);
    });
    const checked = {
      name: 'checked',
      kinds: [defineKind({ ...(samplerKind as unknown as Kind<'sampler'>), check })],
      parts: [tenth as Part],
    };
    await expect(checkConformance(checked)).rejects.toThrow(
      /sampler "tenth".* must keep half; it keeps 0\.1/,
    );
    await expect(
      checkConformance({ name: 'unchecked', kinds: [samplerKind], parts: [tenth as Part] }),
    ).resolves.toBeUndefined();
  });

  it.each([
    [
      "core's name",
      { ...samplerKind, name: 'loss' },
      /kinds\[0\]\.name is taken: plugin "@adfw\/core" brings the kind "loss"/,
    ],
    ['the name "method"', { ...samplerKind, name: 'method' }, /kinds\[0\]\.name/],
    ['an unknown shape', { ...samplerKind, shape: { share: 'integer' } }, /kinds\[0\]\.shape/],
    ['a check that is none', { ...samplerKind, check: 'yes' }, /kinds\[0\]\.check must be a function/],
  ])('is refused with %s', (_what, kind, message) => {
    expect(() => createRegistry([{ name: 'wrong', kinds: [kind as unknown as Kind] }])).toThrow(message);
  });

  it('is refused where two plugins bring it', () => {
    expect(() => createRegistry([family, { name: 'again', kinds: [samplerKind] }])).toThrow(
      '$.kinds[0].name is taken: plugin "family" brings the kind "sampler" already',
    );
  });
});
