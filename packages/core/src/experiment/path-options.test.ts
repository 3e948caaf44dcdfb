import { describe, expect, it } from 'vitest';
import { createRegistry } from './create-registry.js';
import { resolveExperiment } from './experiment.js';
import { fakePlugin } from './fake-parts.test.fixture.js';
import { resolvePaths } from './path-options.js';

const registry = createRegistry([fakePlugin]);
const absolute = (path: string) => (path.startsWith('/') ? path : `/home/${path}`);
const resolve = (document: object) =>
  resolveExperiment({
    registry,
    layers: [{ source: 'file', document: { method: 'stfpm', ...document } }],
  });

describe('resolvePaths', () => {
  it('rewrites options that are paths, and nothing else', () => {
    const experiment = resolve({
      teacher: { weights: 'weights/teacher.pth' },
      dataset: { type: 'folder', root: 'images', extra: ['more', '/else'] },
    });
    expect(resolvePaths(experiment, registry, absolute)).toEqual({
      ...experiment,
      teacher: { ...experiment.teacher, weights: '/home/weights/teacher.pth' },
      dataset: { ...experiment.dataset, root: '/home/images', extra: ['/home/more', '/else'] },
    });
  });

  it('leaves a value alone that means something else than a path', () => {
    const experiment = resolve({ teacher: { weights: 'imagenet' }, student: { weights: 'random' } });
    expect(resolvePaths(experiment, registry, absolute)).toEqual(experiment);
  });

  it('changes nothing the second time, nor what it was given', () => {
    const experiment = resolve({ dataset: { type: 'folder', root: 'images' } });
    const once = resolvePaths(experiment, registry, absolute);
    expect(resolvePaths(once, registry, absolute)).toEqual(once);
    expect(experiment.dataset?.root).toBe('images');
  });
});
