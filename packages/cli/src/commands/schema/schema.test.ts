/** The schema that `adfw schema` prints, in the language service by which VS Code completes and checks JSON. */
import { createRegistry, experimentSchema } from '@adfw/core';
import { builtInPlugins } from '@adfw/runner';
import { describe, expect, it } from 'vitest';
import languageService from 'vscode-json-languageservice';

const plugin = {
  name: 'mine',
  parts: [
    {
      kind: 'loss' as const,
      name: 'my-loss',
      summary: 'A loss of mine.',
      options: { focus: { type: 'number', minimum: 1, default: 2, description: 'A power.' } },
      create: () => () => {
        throw new Error('never called');
      },
    },
  ],
  methods: [
    {
      name: 'my-method',
      summary: 'Mine.',
      preset: { model: { type: 'distillation', loss: { type: 'my-loss' } } },
    },
  ],
};
const schema = experimentSchema(createRegistry([...builtInPlugins, plugin]));
const file = 'file:///experiment.json';
const service = languageService.getLanguageService({
  schemaRequestService: async () => JSON.stringify(schema),
});

/** `|` is where the cursor is. */
function open(text: string) {
  const [before = '', after = ''] = text.split('|');
  const document = languageService.TextDocument.create(
    file,
    'json',
    1,
    `{"$schema": "./experiment.schema.json", ${before}${after}}`,
  );
  const offset = document.getText().indexOf(before, 40) + before.length;
  return { document, parsed: service.parseJSONDocument(document), position: document.positionAt(offset) };
}

async function completions(text: string): Promise<string[]> {
  const { document, parsed, position } = open(text);
  return (await service.doComplete(document, position, parsed))?.items.map(({ label }) => label) ?? [];
}

async function complaints(text: string): Promise<string[]> {
  const { document, parsed } = open(text);
  return (await service.doValidation(document, parsed)).map(({ message }) => String(message));
}

describe('an editor', () => {
  it('completes keys, names of methods and parts, and the options of a part, those of a plugin included', async () => {
    expect(await completions('"|"')).toEqual(expect.arrayContaining(['method', 'images', 'model', 'fit']));
    expect(await completions('"method": "|"')).toEqual(expect.arrayContaining(['"fvv"', '"my-method"']));
    expect(await completions('"model": {"|"}')).toEqual(
      expect.arrayContaining(['type', 'teacher', 'loss', 'training']),
    );
    expect(await completions('"model": {"teacher": {"type": "|"}}')).toContain('"wide_resnet50_2"');
    expect(await completions('"model": {"loss": {"type": "|"}}')).toEqual(
      expect.arrayContaining(['"cosine"', '"l2"', '"my-loss"']),
    );
    expect(await completions('"model": {"loss": {"type": "my-loss", "|"}}')).toEqual(['focus']);
    expect(await completions('"model": {"loss": {"type": "l2", "reduction": "|"}}')).toEqual([
      '"sum"',
      '"mean"',
    ]);
    expect(await completions('"model": {"training": {"optimizer": {"type": "sgd", "|"}}}')).toContain(
      'momentum',
    );
  });

  it('shows what an option is', async () => {
    const { document, parsed, position } = open('"model": {"loss": {"type": "my-loss", "foc|us": 2}}');
    const hover = await service.doHover(document, position, parsed);
    expect(JSON.stringify(hover?.contents)).toContain('A power');
  });

  it.each([
    '"method": "fvv"',
    '"model": {"students": 3, "student": {"width": 8}}',
    '"model": {"loss": {"type": "my-loss", "focus": 3}}',
    '"model": {"training": {"optimizer": {"learningRate": 0.1}}}',
  ])('accepts %s, with $schema in the document', async (text) => {
    expect(await complaints(text)).toEqual([]);
  });

  it.each([
    ['"methd": "fvv"', 'Property methd is not allowed.'],
    ['"method": "fvw"', 'Valid values: "stfpm", "fvv"'],
    [
      '"model": {"loss": {"type": "cosin"}}',
      'Valid values: "cosine", "l2", "l1", "relation", "response", "my-loss"',
    ],
    ['"model": {"loss": {"type": "my-loss", "focus": 0}}', 'Value is below the minimum of 1.'],
    ['"model": {"loss": {"type": "l2", "focus": 1}}', 'Property focus is not allowed.'],
    ['"model": {"training": {"epochs": "3"}}', 'Expected "integer"'],
  ])('marks %s', async (text, message) => {
    expect((await complaints(text)).join('\n')).toContain(message);
  });
});
