import { join } from 'node:path';
import { prepareExperiment, runExperiment, useEngine } from '@adfw/runner';

/**
 * A run whose model is as fast as a trained one, and fitted in seconds: STFPM with a random teacher.
 * @param size height and width of its images.
 * @returns its folder, in `folder`.
 */
export async function smallRun(folder, size) {
  const document = {
    method: 'stfpm',
    dataset: { type: 'sample', train: 5, testNominal: 1, testDefective: 1 },
    images: { size },
    model: { teacher: { type: 'resnet18', weights: 'random' }, training: { epochs: 1 } },
    fit: { batchSize: 4 },
  };
  const engine = await useEngine('auto');
  const prepared = await prepareExperiment({ overrides: [{ source: 'benchmark', document }] });
  const run = join(folder, 'run');
  await runExperiment({ ...prepared, engine, folder: run });
  return run;
}
