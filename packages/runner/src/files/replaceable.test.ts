import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Replacing, refuseReplacing } from './replaceable.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-replaceable-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const replacing: Replacing = {
  ours: { are: 'note of ours', known: (start) => start.toString().startsWith('ours') },
  inputs: { files: [], are: 'an image to score' },
  remedy: 'name another',
};
const refuse = (names: readonly string[], inputs: readonly string[] = []) =>
  refuseReplacing(names.map(at), {
    ...replacing,
    inputs: { files: inputs.map(at), are: 'an image to score' },
  });
const refusal = (message: string) => expect.objectContaining({ name: 'ConfigurationError', message });

describe('refuseReplacing', () => {
  it('lets files be made, and ours be replaced', async () => {
    await writeFile(at('note'), 'ours, and more');
    await refuse(['new', 'no folder yet/new', 'note']);
  });

  it('leaves another file alone, naming it, and an empty one', async () => {
    await writeFile(at('theirs'), 'not ours');
    await writeFile(at('empty'), '');
    await expect(refuse(['new', 'theirs'])).rejects.toThrow(
      refusal(`${at('theirs')} is there and is no note of ours, so it is not replaced; name another.`),
    );
    await expect(refuse(['empty'])).rejects.toThrow('is no note of ours');
  });

  it('replaces nothing where nothing is ours', async () => {
    await writeFile(at('note'), 'ours');
    await expect(refuseReplacing([at('note')], { remedy: 'name another' })).rejects.toThrow(
      refusal(`${at('note')} is there already, and is not replaced; name another.`),
    );
  });

  it('leaves an input alone, though it is one of ours, by whatever path it is reached', async () => {
    await mkdir(at('images'));
    await writeFile(at('images/a'), 'ours');
    await symlink(at('images'), at('folder-link'));
    await symlink(at('images/a'), at('file-link'));
    await link(at('images/a'), at('hard-link'));
    for (const name of ['images/a', 'images/../images/a', 'folder-link/a', 'file-link', 'hard-link'])
      await expect(refuse([name], ['images/a'])).rejects.toThrow(
        refusal(`${at(name)} is an image to score, and would be replaced; name another.`),
      );
    await refuse(['images/b'], ['images/a']);
  });

  it('leaves a link alone that leads nowhere', async () => {
    await symlink(at('gone'), at('link'));
    await expect(refuse(['link'])).rejects.toThrow('is no note of ours');
  });

  it('finds what cannot be a file', async () => {
    await mkdir(at('a.png'));
    await writeFile(at('file'), 'ours');
    await expect(refuse(['a.png'])).rejects.toThrow('is a folder, where a file is to be written');
    await expect(refuse(['file/x.png'])).rejects.toThrow('a file is in the place of a folder on its path');
  });
});
