import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResolvedExperiment } from '@adfw/core';
import { prepareExperiment } from '@adfw/runner';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { placedHere } from './places.js';

let here: string;
let experiment: ResolvedExperiment;
beforeAll(async () => {
  here = await mkdtemp(join(tmpdir(), 'adfw-places-'));
  await writeFile(join(here, 'plugin.js'), "export default { name: 'mine', parts: [] };");
  const document = {
    method: 'stfpm',
    dataset: { type: 'mvtec', root: '/data/mvtec', category: 'screw' },
    model: { teacher: { type: 'resnet18', weights: '/data/weights/resnet18.pth' } },
  };
  ({ experiment } = await prepareExperiment({ overrides: [{ source: 'test', document }] }));
});
afterAll(() => rm(here, { recursive: true }));

const pathsOf = ({ dataset, model, plugins }: ResolvedExperiment) => ({
  root: dataset?.root,
  weights: (model.teacher as Record<string, unknown>).weights,
  plugins,
});

describe('placedHere', () => {
  it('is as it was where nothing lies elsewhere', async () => {
    expect((await placedHere(experiment, {})).experiment).toEqual(experiment);
  });

  it('has the images in another folder', async () => {
    const placed = (await placedHere(experiment, { data: '/images' })).experiment;
    expect(placed).toEqual({ ...experiment, dataset: { ...experiment.dataset, root: '/images' } });
  });

  it('has another beginning in all paths, whole names of folders alone', async () => {
    const moved = [
      { from: '/data/weights', to: '/w' },
      { from: '/data', to: '/mnt/data' },
      { from: '/remote', to: here },
    ];
    const withPlugin = { ...experiment, plugins: ['/remote/plugin.js'] };
    const { experiment: placed } = await placedHere(withPlugin, { moved });
    expect(pathsOf(placed)).toEqual({
      root: '/mnt/data/mvtec',
      weights: '/w/resnet18.pth',
      plugins: [join(here, 'plugin.js')],
    });
    const other = await placedHere(experiment, { moved: [{ from: '/data/mv', to: '/no' }] });
    expect(other.experiment).toEqual(experiment);
  });
});
