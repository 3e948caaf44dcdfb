import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BenchRequestFlags, benchRequest, defaultBenchFolder, shardNamed } from './request.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-bench-request-'));
  await writeFile(join(folder, 'rate=0.1.json'), '{}');
});
afterAll(() => rm(folder, { recursive: true }));

const seedsOf = async (flags: BenchRequestFlags) =>
  (await benchRequest({ method: ['stfpm'], ...flags })).seeds;

describe('benchRequest', () => {
  it('counts seeds from the first, or takes those that are listed', async () => {
    expect(await seedsOf({})).toEqual([42]);
    expect(await seedsOf({ seeds: '3' })).toEqual([42, 43, 44]);
    expect(await seedsOf({ seeds: '2', seed: '7' })).toEqual([7, 8]);
    expect(await seedsOf({ seed: '7' })).toEqual([7]);
    expect(await seedsOf({ seeds: '42, 7' })).toEqual([42, 7]);
    expect(await seedsOf({ seeds: '9,' })).toEqual([9]);
  });

  it.each([
    [{ seeds: '0' }, '--seeds is how many seeds there are, 1 to 1000; found 0.'],
    [{ seeds: '1001' }, 'One seed of your own: --seed 1001.'],
    [{ seeds: '1.5' }, '--seeds must be how many seeds'],
    [{ seeds: '1,x' }, 'found "x"'],
    [{ seeds: '1,-2' }, 'found "-2"'],
    [{ seeds: '1,2', seed: '3' }, 'leave out --seed'],
    [{ seed: 'x' }, '--seed must be a whole number'],
    [{ dataset: 'visa' }, '--dataset says how images are laid out: name their folder with --data DIR.'],
    [{ set: ['seed=3'] }, '--set seed=3: a benchmark takes this from --seeds'],
    [{ set: ['dataset.category=screw'] }, 'takes this from --category'],
  ])('refuses %j', async (flags, message) => {
    await expect(benchRequest({ method: ['stfpm'], ...flags })).rejects.toThrow(message);
  });

  it('needs a method or a document', async () => {
    await expect(benchRequest({})).rejects.toThrow(/Choose methods with --method, .*stfpm, fvv/);
    await expect(benchRequest({ method: [''] })).rejects.toThrow(/Choose methods/);
  });

  it('names documents after their files, or as it is told', async () => {
    const odd = join(folder, 'rate=0.1.json');
    const { methods } = await benchRequest({
      method: ['stfpm', ' fvv'],
      config: ['students/thin.json', 'wide=students/thin.json', odd],
    });
    expect(methods.map(({ name, config }) => [name, config])).toEqual([
      ['stfpm', undefined],
      ['fvv', undefined],
      ['thin', 'students/thin.json'],
      ['wide', 'students/thin.json'],
      ['rate=0.1', odd],
    ]);
  });

  it('gives the other flags of a run to all, those of --set before the rest', async () => {
    const flags = {
      data: 'mvtec',
      category: ['screw', 'tile'],
      epochs: '3',
      set: ['model.training.epochs=4'],
    };
    const { overrides, conveniences, data } = await benchRequest({ method: ['stfpm'], ...flags });
    expect(data).toEqual({ root: 'mvtec', categories: ['screw', 'tile'] });
    expect(conveniences?.map(({ source }) => source)).toEqual(['--epochs']);
    expect(overrides).toMatchObject([
      { source: '--set model.training.epochs=4', document: { model: { training: { epochs: 4 } } } },
    ]);
    const all = await benchRequest({ method: ['stfpm'], data: 'mvtec', category: ['all'] });
    expect(all.data).toEqual({ root: 'mvtec' });
    const visa = await benchRequest({ method: ['stfpm'], data: 'VisA', dataset: 'visa' });
    expect(visa.data).toEqual({ root: 'VisA', dataset: 'visa' });
    expect(visa.conveniences).toEqual([]);
    expect((await benchRequest({ method: ['stfpm'] })).data).toBeUndefined();
    const sample = await benchRequest({ method: ['stfpm'], category: ['wood'] });
    expect(sample.data).toEqual({ categories: ['wood'] });
  });
});

it('a benchmark without a folder goes to the same one each time', () => {
  expect(defaultBenchFolder('datasets/mvtec/')).toBe(join('adfw-bench', 'mvtec'));
  expect(defaultBenchFolder(undefined)).toBe(join('adfw-bench', 'sample'));
});

it('a shard is one of as many', () => {
  expect(shardNamed('3/10')).toEqual({ index: 3, count: 10 });
  for (const wrong of ['11/10', '0/10', '3', '3/', '-1/2', '1/0', '1.5/2', 'a/b', ''])
    expect(() => shardNamed(wrong)).toThrow(
      `--shard is which part of how many, from 1/10 to 10/10 for ten; found "${wrong}".`,
    );
});
