import type { Registry, ResolvedExperiment } from '@adfw/core';
import { prepareExperiment } from '@adfw/runner';
import { beforeAll, describe, expect, it } from 'vitest';
import { placedHere, pluginsHere } from './places.js';

let registry: Registry;
let experiment: ResolvedExperiment;
beforeAll(async () => {
  const document = {
    method: 'stfpm',
    dataset: { type: 'mvtec', root: '/data/mvtec', category: 'screw' },
    model: { teacher: { type: 'resnet18', weights: '/data/weights/resnet18.pth' } },
  };
  ({ registry, experiment } = await prepareExperiment({ overrides: [{ source: 'test', document }] }));
});

const pathsOf = ({ dataset, model, plugins }: ResolvedExperiment) => ({
  root: dataset?.root,
  weights: (model.teacher as Record<string, unknown>).weights,
  plugins,
});

describe('placedHere', () => {
  it('is as it was where nothing lies elsewhere', () => {
    expect(placedHere(experiment, registry, {})).toEqual(experiment);
  });

  it('has the images in another folder', () => {
    const placed = placedHere(experiment, registry, { data: '/images' });
    expect(placed).toEqual({ ...experiment, dataset: { ...experiment.dataset, root: '/images' } });
  });

  it('has another beginning in all paths, whole names of folders alone', () => {
    const moved = [
      { from: '/data/weights', to: '/w' },
      { from: '/data', to: '/mnt/data' },
      { from: '/remote', to: '/here' },
    ];
    const withPlugin = { ...experiment, plugins: ['/remote/plugin.js'] };
    expect(pluginsHere(withPlugin, { moved })).toEqual(['/here/plugin.js']);
    expect(pathsOf(placedHere(withPlugin, registry, { moved }))).toEqual({
      root: '/mnt/data/mvtec',
      weights: '/w/resnet18.pth',
      plugins: ['/here/plugin.js'],
    });
    expect(placedHere(experiment, registry, { moved: [{ from: '/data/mv', to: '/no' }] })).toEqual(
      experiment,
    );
  });
});
