import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { prepareExperiment } from '../run/prepare-experiment.js';
import { optionFiles } from './option-files.js';

it('files go by the paths that are recorded, wherever this machine has them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'adfw-files-'));
  const weights = join(folder, 'weights.pth');
  await writeFile(weights, 'abc');
  const withWeights = (path: string) =>
    prepareExperiment({
      overrides: [{ source: 'test', document: { method: 'stfpm', model: { teacher: { weights: path } } } }],
    });
  const { experiment, registry } = await withWeights(weights);
  // SHA-256 of "abc", as FIPS 180-2 has it.
  const checksum = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  expect(await optionFiles(experiment, registry)).toEqual({ [weights]: checksum });
  const recorded = (await withWeights('/elsewhere/weights.pth')).experiment;
  expect(await optionFiles(experiment, registry, recorded)).toEqual({ '/elsewhere/weights.pth': checksum });
  await rm(folder, { recursive: true });
});
