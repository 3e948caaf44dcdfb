import { describe, expect, it } from 'vitest';
import { coreKinds } from '../plugins/core-kinds.js';
import { fakePlugin } from './fake-parts.test.fixture.js';
import { checkPlugin } from './plugin-check.js';

const part = {
  kind: 'loss',
  name: 'mine',
  summary: 'A loss.',
  options: { rate: { type: 'number', minimum: 0, default: 1, description: 'A rate.' } },
  create: () => () => undefined,
};
const plugin = { name: 'my-variant', parts: [part] };
const withPart = (changes: object) => ({ ...plugin, parts: [{ ...part, ...changes }] });
const withOption = (schema: object, changes: object = {}) =>
  withPart({ options: { rate: schema }, ...changes });

const kinds = coreKinds.map(({ name: kind }) => `"${kind}"`).join(', ');
const networkSlot = { part: 'backbone', description: 'A network.', default: { type: 'resnet18' } };

const found = (value: unknown) => checkPlugin(value).map(({ path, message }) => `${path} ${message}`);

describe('checkPlugin', () => {
  it('has nothing against a plugin that is right', () => {
    expect(checkPlugin(plugin)).toEqual([]);
    expect(checkPlugin(fakePlugin)).toEqual([]);
    for (const name of ['distance+variance', 'image-f1', 'wide_resnet50_2'])
      expect(checkPlugin(withPart({ name }))).toEqual([]);
    expect(
      checkPlugin({ name: 'only-methods', methods: [{ name: 'a', summary: 'A.', preset: {} }] }),
    ).toEqual([]);
  });

  it('has nothing against slots, wherever they are, that are like one before them', () => {
    const like = { part: 'backbone', description: 'A.', like: 'first' };
    const options = {
      first: networkSlot,
      second: like,
      list: { type: 'array', items: like, default: [], description: 'A.' },
      object: {
        type: 'object',
        description: 'A.',
        properties: { first: networkSlot, second: { ...like, except: ['weights'] } },
      },
    };
    expect(found(withPart({ kind: 'model', options }))).toEqual([]);
    expect(
      found(withPart({ options: { own: { part: 'loss', description: 'A.' } }, required: ['own'] })),
    ).toEqual([]);
  });

  it('takes a part that is an instance of a class', () => {
    class Loss {
      kind = 'loss';
      name = 'mine';
      summary = 'A loss.';
      create() {
        return () => undefined;
      }
    }
    expect(checkPlugin({ name: 'my-variant', parts: [new Loss()] })).toEqual([]);
  });

  it.each([
    [
      'no default export',
      undefined,
      [
        '$ must be an object such as {"name":"my-variant","parts":[],"methods":[]}; found undefined; a module gives its plugin as its default export',
      ],
    ],
    [
      'a function',
      () => plugin,
      [
        '$ must be an object such as {"name":"my-variant","parts":[],"methods":[]}; found a function; a module gives its plugin as its default export',
      ],
    ],
    ['no name', { parts: [part] }, ['$.name is missing; it must be a non-empty string']],
    ['nothing in it', { name: 'empty' }, ['$ brings neither parts nor methods']],
    [
      'an unknown key',
      { ...plugin, part: [] },
      ['$.part is not known here; allowed are name, kinds, parts, methods'],
    ],
    [
      'parts that are no array',
      { name: 'a', parts: part },
      [expect.stringMatching(/^\$\.parts must be an array, each an object/)],
    ],
    [
      'a part that is none',
      { name: 'a', parts: ['mine'] },
      [expect.stringMatching(/^\$\.parts\[0\] must be an object with kind, name/)],
    ],
    [
      'an unknown kind',
      withPart({ kind: 'losss' }),
      [`$.parts[0].kind must be one of ${kinds}; found "losss"`],
    ],
    [
      'a bad name',
      withPart({ name: 'My Loss' }),
      ['$.parts[0].name must be a string such as "distance+variance"; found "My Loss"'],
    ],
    [
      'categories of what has none',
      withPart({ categories: () => null }),
      [
        '$.parts[0].categories must be a function, of a dataset, that takes the options and gives names or null',
        '$.parts[0].options must have the option category, where there are categories',
      ],
    ],
    [
      'no create',
      withPart({ create: undefined }),
      ['$.parts[0].create must be a function that takes the options and gives the part'],
    ],
    [
      'no summary',
      withPart({ summary: undefined }),
      ['$.parts[0].summary is missing; it must be a non-empty string'],
    ],
    [
      'an unknown key of a part',
      withPart({ option: {} }),
      [
        '$.parts[0].option is not known here; allowed are kind, name, summary, reference, options, required, categories, create',
      ],
    ],
    [
      'a required option that is not there',
      withPart({ required: ['rat'] }),
      ['$.parts[0].required[0] names an option that is not there: "rat"'],
    ],
    [
      'an option named type',
      withPart({ options: { type: part.options.rate } }),
      ['$.parts[0].options.type must have another name: experiments use "type" themselves'],
    ],
    [
      'an option that is not camelCase',
      withPart({ options: { 'learning-rate': part.options.rate } }),
      ['$.parts[0].options.learning-rate must be named in camelCase, as in learningRate'],
    ],
    [
      'an option without a schema',
      withPart({ options: { rate: 3 } }),
      ['$.parts[0].options.rate must be an object; found 3'],
    ],
    [
      'an option without a description',
      withOption({ type: 'number', default: 1 }),
      [
        '$.parts[0].options.rate.description is missing; it must be a sentence that says what the option does',
      ],
    ],
    [
      'an option without a default',
      withOption({ type: 'number', description: 'A.' }),
      ["$.parts[0].options.rate.default is missing; give one, or name the option in the part's required"],
    ],
    [
      'a required option with a default',
      withOption(part.options.rate, { required: ['rate'] }),
      [
        "$.parts[0].options.rate.default is never used, since the part's required names the option; remove one of the two",
      ],
    ],
    [
      'an option that accepts anything',
      withOption({ default: 1, description: 'A.' }),
      ['$.parts[0].options.rate accepts anything; give it a type, or an enum of the values it may have'],
    ],
    [
      'a misspelt keyword',
      withOption({ ...part.options.rate, minium: 0 }),
      ['$.parts[0].options.rate is not a valid JSON Schema: strict mode: unknown keyword: "minium"'],
    ],
    [
      'a keyword of the wrong type',
      withOption({ ...part.options.rate, minimum: 'zero' }),
      [
        expect.stringMatching(
          /^\$\.parts\[0\]\.options\.rate is not a valid JSON Schema: .*minimum must be number/,
        ),
      ],
    ],
    [
      'a reference',
      withOption({ anyOf: [{ $ref: '#/x' }], default: 1, description: 'A.' }),
      [
        '$.parts[0].options.rate must be complete in itself: $ref is not supported in the schema of an option',
      ],
    ],
    [
      'a default out of range',
      withOption({ ...part.options.rate, default: -1 }),
      ['$.parts[0].options.rate.default must be a number >= 0; found -1'],
    ],
    [
      'a default that JSON cannot hold',
      withOption({ type: 'object', default: { when: new Date() }, description: 'A.' }),
      ['$.parts[0].options.rate.default.when must be a JSON value; found an instance of a class'],
    ],
    [
      'an object that leaves an option open',
      withOption({
        type: 'object',
        description: 'A.',
        properties: { one: { type: 'number', default: 1 }, other: { type: 'number' } },
      }),
      ["$.parts[0].options.rate.default is missing; give one, or name the option in the part's required"],
    ],
    [
      'a slot for parts of no kind',
      withOption({ ...networkSlot, part: 'network' }),
      [`$.parts[0].options.rate.part must be one of ${kinds}; found "network"`],
    ],
    [
      'a slot with a keyword of a schema',
      withOption({ ...networkSlot, minItems: 1 }),
      [
        '$.parts[0].options.rate.minItems is not known here; a slot has part, description, default, like, except, pretrained',
      ],
    ],
    [
      'a slot whose default is no part',
      withOption({ ...networkSlot, default: { width: 3 } }),
      ['$.parts[0].options.rate.default must name a part, as in {"type": "resnet18"}'],
    ],
    [
      'a slot without a default that is like no other',
      withOption({ part: 'backbone', description: 'A.' }),
      ["$.parts[0].options.rate.default is missing; give one, or name the option in the part's required"],
    ],
    [
      'a slot without a description',
      withOption({ part: 'backbone', default: { type: 'resnet18' } }),
      [
        '$.parts[0].options.rate.description is missing; it must be a sentence that says what the option does',
      ],
    ],
    [
      'a slot that is like itself, or like one after it',
      withPart({
        options: {
          one: { part: 'backbone', description: 'A.', like: 'one' },
          two: { part: 'backbone', description: 'A.', like: 'three' },
          three: networkSlot,
        },
      }),
      [
        '$.parts[0].options.one.like must be the name of an option before it; found "one"',
        '$.parts[0].options.two.like must be the name of an option before it; found "three"',
      ],
    ],
    [
      'slots in objects and in lists that are wrong',
      withPart({
        options: {
          list: {
            type: 'array',
            default: [],
            description: 'A.',
            items: { part: 'backbone', description: 'A.', like: 'teacher' },
          },
          object: {
            type: 'object',
            description: 'A.',
            properties: { inner: { ...networkSlot, part: 'optimiser' } },
          },
        },
      }),
      [
        '$.parts[0].options.list.items.like must be the name of an option before it; found "teacher"',
        `$.parts[0].options.object.properties.inner.part must be one of ${kinds}; found "optimiser"`,
      ],
    ],
    [
      'a method whose settings for the sample name a method',
      { name: 'a', methods: [{ name: 'b', summary: 'A.', preset: {}, sample: { method: 'c' } }] },
      ['$.methods[0].sample.method is not for a preset to set; remove it'],
    ],
    [
      'a method without a preset',
      { name: 'a', methods: [{ name: 'b', summary: 'A.' }] },
      ['$.methods[0].preset is missing; it must be an object'],
    ],
    [
      'a preset that is no object',
      { name: 'a', methods: [{ name: 'b', summary: 'A.', preset: [] }] },
      ['$.methods[0].preset must be an object; found []'],
    ],
    [
      'a preset that names a method',
      { name: 'a', methods: [{ name: 'b', summary: 'A.', preset: { method: 'b' } }] },
      ['$.methods[0].preset.method is not for a preset to set; remove it'],
    ],
    [
      'a preset that JSON cannot hold',
      { name: 'a', methods: [{ name: 'b', summary: 'A.', preset: { seed: Number.NaN } }] },
      ['$.methods[0].preset.seed must be a finite number; found NaN'],
    ],
  ])('refuses %s', (_what, value, faults) => {
    expect(found(value)).toEqual(faults);
  });

  it('finds every fault at once, and says which part has it', () => {
    const faults = checkPlugin({
      name: 'my-variant',
      parts: [
        part,
        { ...part, kind: 'scor', name: 'max' },
        { ...part, kind: 'score', summary: 3, create: 4 },
      ],
      methods: [{ name: 'new', summary: 'A.', preset: null }],
    });
    expect(faults.map(({ source, path, suggestion }) => [source, path, suggestion])).toEqual([
      ['plugin "my-variant", score "mine"', '$.parts[2].summary', undefined],
      ['plugin "my-variant", method "new"', '$.methods[0].preset', undefined],
      ['plugin "my-variant", scor "max"', '$.parts[1].kind', 'score'],
      ['plugin "my-variant", score "mine"', '$.parts[2].create', undefined],
    ]);
  });

  it('names who brought the plugin, where that is said', () => {
    expect(checkPlugin(null, { source: './my-variant.js' })[0]?.source).toBe('./my-variant.js');
    expect(checkPlugin(withPart({ summary: '' }), { source: './my-variant.js' })[0]?.source).toBe(
      './my-variant.js, loss "mine"',
    );
  });
});
