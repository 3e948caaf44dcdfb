/** `adfw init` and `adfw init plugin`: the built command, asked by flags and, in a pseudo terminal, by a person. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareExperiment } from '@adfw/runner';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin, type WarmCommand, warmCommand } from '../../shared/command.test.fixture.js';
import { initPlugin } from '../init-plugin/perform.js';
import { initExperiment } from './perform.js';

const packageFolder = fileURLToPath(new URL('../../..', import.meta.url));
const python = spawnSync('python3', ['-c', 'import pty']).status === 0 ? 'python3' : undefined;
const driver = fileURLToPath(new URL('terminal.test.fixture.py', import.meta.url));

let folder: string;
let warm: WarmCommand;
beforeAll(async () => {
  // In the package, so that a plugin written here finds @adfw packages as it does where they are installed.
  folder = await mkdtemp(join(packageFolder, '.init-'));
  for (const image of ['screw/train/good/0', 'screw/test/good/0', 'screw/test/bent/0', 'tile/train/good/0'])
    await writeImage(`mvtec/${image}.png`);
  warm = warmCommand(folder);
});
afterAll(async () => {
  warm.close();
  await rm(folder, { recursive: true, force: true });
});

async function writeImage(name: string): Promise<void> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await sharp({ create: { width: 8, height: 8, channels: 3, background: '#888' } })
    .png()
    .toFile(file);
}

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}
const command = (file: string, args: readonly string[], cwd = folder) =>
  new Promise<Outcome>((resolve) => {
    const child = execFile(file, args, { cwd }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
    child.stdin?.end();
  });
const adfw = (...args: string[]) => warm.run(...args);
const readJson = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'));

describe('adfw init', () => {
  it('writes what flags say and the settings that people look for, which mean the same when they are run', async () => {
    const flags = ['--method', 'fvv', '--data', 'mvtec', '--category', 'screw', '--weights', 'built-in'];
    const { code, stdout, stderr } = await adfw('init', 'screw.json', ...flags, '--epochs', '7');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('adfw run --config screw.json');
    expect(await readJson('screw.json')).toEqual({
      $schema: './experiment.schema.json',
      method: 'fvv',
      dataset: { type: 'mvtec', root: 'mvtec', category: 'screw' },
      images: { size: 224 },
      model: { teacher: { type: 'resnet18', weights: 'built-in' }, training: { epochs: 7 } },
      fit: { batchSize: 8 },
      seed: 42,
    });
    expect((await readJson('experiment.schema.json')).title).toBe('adfw experiment');
  });

  it.each(['stfpm', 'uninformed-students', 'reverse-distillation'])(
    'is the built-in sample with %s as adfw run has it, where no data are named',
    async (method) => {
      const { code } = await adfw('init', `${method}.json`, '--method', method, '--yes');
      expect(code).toBe(0);
      const overrides = [{ source: 'flags', document: { method } }];
      const { experiment: asked } = await prepareExperiment({ overrides });
      const { experiment } = await prepareExperiment({ config: join(folder, `${method}.json`) });
      expect(experiment).toEqual({ ...asked, $schema: './experiment.schema.json' });
    },
  );

  it('says in JSON what it wrote, and does not ask then', async () => {
    const { code, stdout } = await adfw('init', 'json.json', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      file: 'json.json',
      schema: 'experiment.schema.json',
      experiment: await readJson('json.json'),
    });
  });

  it.each<[string, string, Record<string, string>, string]>([
    ['a file that is there', 'there.json', {}, 'there.json is there already, and is not overwritten'],
    ['a file that is no JSON', 'run.txt', {}, 'choose a name that ends in .json'],
    ["the schema's own name", 'experiment.schema.json', {}, 'other than experiment.schema.json'],
    ['data that are not there', 'a.json', { data: 'nowhere' }, 'nowhere does not exist'],
    ['data without their category', 'a.json', { data: 'mvtec' }, 'choose with --category: screw, tile'],
    [
      'no epoch',
      'a.json',
      { epochs: '0' },
      '--epochs: $.model.training.epochs must be an integer >= 1; found 0',
    ],
    ['an unknown method', 'a.json', { method: 'fvw' }, 'Did you mean fvv?'],
    ['a schema of another', 'other/a.json', {}, "other/experiment.schema.json is another file's schema"],
    ['a folder that is not there', 'no/a.json', {}, 'no; create it first'],
  ])('refuses %s, and writes nothing', async (_what, file, { data, ...flags }, message) => {
    await writeFile(join(folder, 'there.json'), '{}');
    await mkdir(join(folder, 'other'), { recursive: true });
    await writeFile(join(folder, 'other/experiment.schema.json'), '{}');
    const before = await readdir(folder);
    const given = { ...flags, ...(data && { data: join(folder, data) }) };
    await expect(initExperiment(join(folder, file), given, { interactive: false })).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual(before);
    expect(await readFile(join(folder, 'there.json'), 'utf8')).toBe('{}');
  });

  const type = async (args: string[], keys: [seen: string, typed: string][]) => {
    const job = JSON.stringify({ command: [process.execPath, bin, ...args], cwd: folder, keys });
    const { stdout } = await command(python as string, [driver, job]);
    return JSON.parse(stdout) as { code: number; screen: string };
  };
  const [enter, down] = ['\r', '\u001b[B'];

  it.skipIf(!python)('asks what no flag says (skipped without python3)', async () => {
    const { code, screen } = await type(
      ['init', 'asked.json'],
      [
        ['Method', down + enter],
        ['Folder with the images', `nowhere${enter}`],
        ['does not exist', `${'\u007f'.repeat(7)}mvtec${enter}`],
        ['Category', down + enter],
        ['Weights of the teacher', down + enter],
        ['Images are resized to', `64${enter}`],
        ['Epochs', `none${enter}`],
        ['must be an integer', `${'\u007f'.repeat(4)}3${enter}`],
      ],
    );
    expect(screen).toContain('The experiment is in asked.json');
    expect(code).toBe(0);
    expect(await readJson('asked.json')).toMatchObject({
      method: 'fvv',
      dataset: { type: 'mvtec', root: 'mvtec', category: 'tile' },
      images: { size: 64 },
      model: {
        teacher: { weights: expect.stringMatching(/imagenet|built-in|random/) },
        training: { epochs: 3 },
      },
    });
  });

  it.skipIf(!python)(
    'is left by Ctrl-C, and has then written nothing (skipped without python3)',
    async () => {
      const { code, screen } = await type(['init', 'left.json'], [['Method', '\u0003']]);
      expect(screen).toContain('Interrupted. Nothing was written.');
      expect(code).toBe(130);
      expect(await readdir(folder)).not.toContain('left.json');
    },
  );
});

describe('adfw init plugin', () => {
  it('writes a plugin whose own test passes, and which is type-checked', async () => {
    const { code, stdout, stderr } = await adfw('init', 'plugin', 'cosine-cubed');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('npx adfw run --plugin ./cosine-cubed.js --method cosine-cubed');
    const at = join(folder, 'cosine-cubed');
    expect((await readdir(at)).sort()).toEqual([
      '.gitignore',
      'README.md',
      'cosine-cubed.js',
      'cosine-cubed.test.js',
      'experiment.json',
      'experiment.schema.json',
      'package.json',
    ]);
    for (const name of await readdir(at))
      expect(await readFile(join(at, name), 'utf8'), name).not.toMatch(/my-variant|ADFW_VERSION/);

    const tests = await command(process.execPath, ['--test'], at);
    expect(tests.stdout).toMatch(/# pass 2\n# fail 0/);
    const tsc = fileURLToPath(import.meta.resolve('typescript/bin/tsc'));
    const options =
      '--ignoreConfig --noEmit --allowJs --strict --target es2022 --module nodenext --skipLibCheck --types node';
    const checked = await command(
      process.execPath,
      [tsc, ...options.split(' '), 'cosine-cubed.js', 'cosine-cubed.test.js'],
      at,
    );
    expect(checked).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('writes an experiment with the plugin, and a schema that knows it', async () => {
    await adfw('init', 'plugin', 'other-loss', '--dir', 'variants/other');
    const at = join(folder, 'variants/other');
    const { code, stdout } = await command(
      process.execPath,
      [bin, 'schema', '--plugin', './other-loss.js'],
      at,
    );
    expect(code).toBe(0);
    expect(await readFile(join(at, 'experiment.schema.json'), 'utf8')).toBe(stdout);
    expect(stdout).toContain('"const": "other-loss"');
    const described = await command(
      process.execPath,
      [bin, 'describe', 'loss/other-loss', '--plugin', './other-loss.js'],
      at,
    );
    expect(described.stdout).toContain('focus');
  });

  it.each([
    ['a name in capitals', 'MyVariant', 'mine', '"MyVariant" cannot be the name of a plugin'],
    ['a name with a path', '../variant', 'mine', '"../variant" cannot be the name of a plugin'],
    ['a name that is taken', 'fvv', 'mine', 'There is a method "fvv" already, in @adfw/method-fvv'],
    ['a folder in use', 'mine', 'mvtec', 'mvtec is not empty (it holds screw, tile)'],
    ['a file for a folder', 'mine', 'mvtec/screw/train/good/0.png', 'a file is in its place'],
  ])('refuses %s', async (_what, name, at, message) => {
    const before = await readdir(folder);
    await expect(initPlugin(name, join(folder, at))).rejects.toThrow(message);
    expect(await readdir(folder)).toEqual(before);
  });

  it('needs a name', async () => {
    const { code, stderr } = await adfw('init', 'plugin');
    expect(stderr).toContain('NAME is missing: the name of the plugin');
    expect(stderr).toContain('adfw init plugin --help');
    expect(code).toBe(2);
  });
});
