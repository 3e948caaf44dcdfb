import { readdirSync } from 'node:fs';
import type { KernelConfig } from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { kernelConfigs } from './index.js';

const namesOf = (configs: readonly KernelConfig[]) => configs.map(({ kernelName }) => kernelName).sort();

it('has the kernels of each file in the rooms, each once', async () => {
  const files = readdirSync(new URL('.', import.meta.url), { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && path !== 'index.ts');
  const modules = await Promise.all(files.map((path): Promise<object> => import(`./${path}`)));
  const exported = modules.flatMap((module) =>
    Object.entries(module).flatMap(([name, value]): KernelConfig[] => (/Configs?$/.test(name) ? value : [])),
  );
  expect(namesOf(kernelConfigs)).toEqual(namesOf(exported));
});
