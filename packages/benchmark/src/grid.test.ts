import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BenchmarkMethod, type Convenience, type GridRequest, planGrid } from './grid.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'adfw-grid-'));
  for (const category of ['screw', 'tile'])
    await mkdir(join(root, category, 'train/good'), { recursive: true });
  await writeFile(
    join(root, 'thin.json'),
    '{ "method": "stfpm", "model": { "student": { "width": 8 }, "adapter": "convolution" } }',
  );
  await writeFile(join(root, 'wrong.json'), '{ "method": "stfpm", "model": { "student": { "widht": 8 } } }');
});
afterAll(() => rm(root, { recursive: true }));

const preset = (name: string): BenchmarkMethod => ({
  name,
  overrides: [{ source: '--method', document: { method: name } }],
});
const stfpm = preset('stfpm');
const plan = (request: Partial<GridRequest>) =>
  planGrid({ methods: [stfpm], data: { root }, seeds: [42], ...request });

describe('planGrid', () => {
  it('has a run for each method, category and seed, one seed of everything first', async () => {
    const thin = { name: 'thin', config: join(root, 'thin.json') };
    const grid = await plan({
      methods: [stfpm, thin],
      seeds: [42, 7],
      overrides: [{ source: '--epochs', document: { model: { training: { epochs: 3 } } } }],
    });
    expect(grid).toMatchObject({
      methods: ['stfpm', 'thin'],
      categories: ['screw', 'tile'],
      seeds: [42, 7],
    });
    expect(grid.cells.map(({ folder }) => folder)).toEqual([
      join('stfpm', 'screw', '42'),
      join('thin', 'screw', '42'),
      join('stfpm', 'tile', '42'),
      join('thin', 'tile', '42'),
      join('stfpm', 'screw', '7'),
      join('thin', 'screw', '7'),
      join('stfpm', 'tile', '7'),
      join('thin', 'tile', '7'),
    ]);
    expect(grid.cells[7]?.experiment).toMatchObject({
      method: 'stfpm',
      dataset: { type: 'mvtec', root, category: 'tile' },
      images: { size: 224 },
      model: { student: { width: 8 }, adapter: 'convolution', training: { epochs: 3 } },
      seed: 7,
    });
    expect(grid.cells[0]?.experiment).toMatchObject({
      dataset: { category: 'screw' },
      model: { student: { width: 64 } },
    });
  });

  it('takes some of the categories, a folder that is one, or the built-in sample', async () => {
    const one = await plan({ data: { root, categories: ['tile'] } });
    expect(one.categories).toEqual(['tile']);
    const folder = await plan({ data: { root: join(root, 'screw'), categories: ['screw'] } });
    expect(folder.categories).toEqual(['screw']);
    expect(folder.cells[0]?.experiment.dataset).toMatchObject({ root: join(root, 'screw'), category: null });
    const { methods, seeds } = { methods: [stfpm], seeds: [42] };
    const sample = await planGrid({ methods, seeds });
    expect(sample.cells[0]).toMatchObject({
      category: 'fabric',
      experiment: { dataset: { type: 'sample' } },
    });
  });

  it('asks the dataset for its categories, whatever its layout', async () => {
    const visa = join(root, '..', `${basename(root)}-visa`);
    await mkdir(join(visa, 'split_csv'), { recursive: true });
    const list = 'object,split,label,image,mask\ncandle,train,normal,a.JPG,\npcb1,train,normal,b.JPG,\n';
    await writeFile(join(visa, 'split_csv/1cls.csv'), list);
    const data = { root: visa, dataset: 'visa' };
    const grid = await plan({ data });
    await rm(visa, { recursive: true });
    expect(grid.categories).toEqual(['candle', 'pcb1']);
    expect(grid.cells.map(({ experiment }) => experiment.dataset)).toMatchObject([
      { type: 'visa', root: visa, category: 'candle', split: '1cls' },
      { type: 'visa', root: visa, category: 'pcb1' },
    ]);
    const sample = await planGrid({ methods: [stfpm], seeds: [42], data: {} });
    expect(sample.categories).toEqual(['fabric', 'metal', 'wood']);
    expect(sample.cells[2]?.experiment.dataset).toMatchObject({
      type: 'sample',
      category: 'wood',
      train: 64,
    });
  });

  it('knows a category however its accents are stored, and calls it as the folder is called', async () => {
    const [composed, decomposed] = ['gr\u00f6\u00dfe', 'gro\u0308\u00dfe'];
    const sizes = join(root, 'sizes');
    for (const category of [decomposed, 'plain'])
      await mkdir(join(sizes, category, 'train/good'), { recursive: true });
    const grid = await plan({ data: { root: sizes, categories: [composed] } });
    expect(grid.cells.map(({ folder, experiment }) => [folder, experiment.dataset?.category])).toEqual([
      [join('stfpm', decomposed, '42'), decomposed],
    ]);
    await expect(plan({ data: { root: sizes, categories: [composed, decomposed] } })).rejects.toThrow(
      /is named twice/,
    );
  });

  it('leaves out what only other methods have a place for, and says so once', async () => {
    const epochs: Convenience = {
      source: '--epochs',
      document: ({ method }) => (method === 'fvv' ? null : { model: { training: { epochs: 3 } } }),
    };
    const size: Convenience = { source: '--image-size', document: () => ({ images: { size: 64 } }) };
    const conveniences = [epochs, size];
    const fvv = preset('fvv');
    const mixed = await plan({ conveniences, methods: [stfpm, fvv, { ...fvv, name: 'other' }] });
    expect(mixed.notes).toEqual(['--epochs has no place in fvv, other, and is left out there.']);
    expect(
      mixed.cells.slice(0, 2).map(({ experiment: { model, images } }) => ({ model, images })),
    ).toMatchObject([
      { model: { training: { epochs: 3 } }, images: { size: 64 } },
      { model: { training: { epochs: 10 } }, images: { size: 64 } },
    ]);
    const above = [{ source: '--set', document: { model: { training: { epochs: 4 } } } }];
    const alone = await plan({ conveniences, overrides: above });
    expect(alone.notes).toEqual([]);
    expect(alone.cells[0]?.experiment.model).toMatchObject({ training: { epochs: 4 } });
    await expect(plan({ conveniences, methods: [fvv] })).rejects.toThrow(
      '--epochs has no place in fvv: leave it out.',
    );
  });

  it.each<[string, () => Partial<GridRequest>, RegExp]>([
    ['no method', () => ({ methods: [] }), /at least one method/],
    ['no seed', () => ({ seeds: [] }), /at least one seed/],
    [
      'a method twice',
      () => ({ methods: [stfpm, stfpm] }),
      /method "stfpm" is named twice\. .*--config NAME=FILE/,
    ],
    [
      'methods whose folders are one on some disks',
      () => ({ methods: [stfpm, { ...stfpm, name: 'STFPM' }] }),
      /method "STFPM" is named twice/,
    ],
    ['a seed twice', () => ({ seeds: [1, 2, 1] }), /seed "1" is named twice/],
    ['a category twice', () => ({ data: { root, categories: ['tile', 'tile'] } }), /"tile" is named twice/],
    [
      'an unknown category',
      () => ({ data: { root, categories: ['tyle'] } }),
      /no category "tyle" in .*; there are screw, tile\. Did you mean "tile"\?/,
    ],
    [
      'categories of a folder that is one',
      () => ({ data: { root: join(root, 'tile'), categories: ['screw'] } }),
      /one category itself/,
    ],
    [
      'a folder without categories',
      () => ({ data: { root: join(root, 'tile/train') } }),
      /neither a category/,
    ],
    ['an unknown method', () => ({ methods: [preset('stfmp')] }), /\$\.method .*Did you mean stfpm\?/],
    [
      "a fault in a method's document",
      () => ({ methods: [stfpm, { name: 'mine', config: join(root, 'wrong.json') }] }),
      /^mine: .*wrong\.json.*model\.student\.widht/s,
    ],
    ['a name that is no folder', () => ({ methods: [{ ...stfpm, name: '../stfpm' }] }), /no slash/],
  ])('refuses %s', async (_, request, message) => {
    const refused = plan(request());
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ name: 'ConfigurationError' });
  });
});
