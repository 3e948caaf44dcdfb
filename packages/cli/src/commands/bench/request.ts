/** From the flags of `adfw bench` to the grid that is asked for. */
import { existsSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import type { BenchmarkMethod, GridRequest, Shard } from '@adfw/benchmark';
import { ConfigurationError, listMethods, parseSetting } from '@adfw/core';
import { loadRegistry } from '@adfw/runner';
import { conveniences } from '../../shared/flag-layers.js';
import { numberOf } from '../../shared/flag-value.js';

export interface BenchRequestFlags {
  method?: readonly string[] | undefined;
  config?: readonly string[] | undefined;
  category?: readonly string[] | undefined;
  seeds?: string | undefined;
  seed?: string | undefined;
  data?: string | undefined;
  dataset?: string | undefined;
  set?: readonly string[] | undefined;
  plugin?: readonly string[] | undefined;
  [experimentFlag: string]: unknown;
}

/** @throws ConfigurationError where flags exclude each other, a value is none, or nothing names a method. */
export async function benchRequest(flags: BenchRequestFlags): Promise<GridRequest> {
  const {
    method,
    config = [],
    category,
    seeds,
    seed,
    data,
    dataset,
    set = [],
    plugin: plugins = [],
    ...others
  } = flags;
  const names = (method ?? []).map((name) => name.trim()).filter((name) => name !== '');
  if (names.length + config.length === 0) {
    const known = listMethods(await loadRegistry(plugins)).map(({ method }) => method.name);
    throw new ConfigurationError(
      `Choose methods with --method, as in --method stfpm,fvv; there are ${known.join(', ')}. Or give experiment documents with --config.`,
    );
  }
  const settings = set.map(parseSetting);
  for (const setting of set) refuseSetting(setting);
  return {
    methods: [...names.map(methodNamed), ...config.map(documentNamed)],
    seeds: seedsOf(seeds, seed),
    conveniences: conveniences(others),
    overrides: settings,
    plugins,
    ...datasetOf(data, dataset, category),
  };
}

/** Where a benchmark goes that was given no folder: the same one each time, so that it goes on. */
export const defaultBenchFolder = (data: string | undefined): string =>
  join('adfw-bench', data === undefined ? 'sample' : basename(resolve(data)));

/** @throws ConfigurationError where it is not one of as many. */
export function shardNamed(value: string): Shard {
  const [, index = 0, count = 0] = (/^(\d{1,9})\/(\d{1,9})$/.exec(value) ?? []).map(Number);
  if (index >= 1 && index <= count) return { index, count };
  throw new ConfigurationError(
    `--shard is which part of how many, from 1/10 to 10/10 for ten; found "${value}".`,
  );
}

const methodNamed = (name: string): BenchmarkMethod => ({
  name,
  overrides: [{ source: '--method', document: { method: name } }],
});

function documentNamed(value: string): BenchmarkMethod {
  const named = /^([^=]+)=(.+)$/.exec(value);
  if (named && !existsSync(value)) return { name: named[1] as string, config: named[2] as string };
  return { name: basename(value, extname(value)), config: value };
}

/** What a benchmark has flags of its own for, and would overwrite. */
const ownFlags: Readonly<Record<string, string>> = {
  method: '--method',
  seed: '--seeds',
  'dataset.category': '--category',
};

function refuseSetting(setting: string): void {
  const flag = ownFlags[setting.slice(0, setting.indexOf('=')).trim()];
  if (flag === undefined) return;
  throw new ConfigurationError(`--set ${setting}: a benchmark takes this from ${flag}; give it there.`);
}

const firstSeed = 42;

function seedsOf(seeds = '1', seed: string | undefined): number[] {
  const whole = 'a whole number from 0 on';
  const number = (flag: string, text: string, what = whole) => {
    const value = numberOf(flag, text, what);
    if (Number.isSafeInteger(value) && value >= 0) return value;
    throw new ConfigurationError(`${flag} must be ${what}; found "${text}".`);
  };
  if (seeds.includes(',')) {
    if (seed !== undefined)
      throw new ConfigurationError('--seeds says already which seeds: leave out --seed, or give how many.');
    return seeds
      .split(',')
      .filter((text) => text.trim() !== '')
      .map((text) => number('--seeds', text, `how many seeds, or ${whole}s with commas between them`));
  }
  const count = number('--seeds', seeds, 'how many seeds, or seeds with commas between them');
  if (count < 1 || count > 1000)
    throw new ConfigurationError(
      `--seeds is how many seeds there are, 1 to 1000; found ${count}. One seed of your own: --seed ${count}.`,
    );
  const first = seed === undefined ? firstSeed : number('--seed', seed);
  return Array.from({ length: count }, (_, index) => first + index);
}

function datasetOf(
  data: string | undefined,
  dataset: string | undefined,
  category: readonly string[] | undefined,
): Pick<GridRequest, 'data'> {
  const names = category?.map((name) => name.trim()).filter((name) => name !== '');
  const all = names === undefined || (names.length === 1 && names[0] === 'all');
  const categories = !all && { categories: names };
  if (data !== undefined)
    return { data: { root: data, ...(dataset !== undefined && { dataset }), ...categories } };
  if (dataset !== undefined)
    throw new ConfigurationError(
      `--dataset says how images are laid out: name their folder with --data DIR.`,
    );
  return names === undefined ? {} : { data: { ...categories } };
}
