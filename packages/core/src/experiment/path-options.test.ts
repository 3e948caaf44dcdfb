import { describe, expect, it } from 'vitest';
import type { Part } from '../contracts/part.js';
import { slot } from '../model/options.js';
import { createRegistry } from './create-registry.js';
import { resolveExperiment } from './experiment.js';
import { fakeModel, fakePlugin } from './fake-parts.test.fixture.js';
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
      model: { teacher: { weights: 'weights/teacher.pth' }, variants: [{ weights: 'own.pth' }, {}] },
      dataset: { type: 'folder', root: 'images', extra: ['more', '/else'] },
    });
    const { model } = experiment as { model: Record<string, object> };
    expect(resolvePaths(experiment, registry, absolute)).toEqual({
      ...experiment,
      model: {
        ...model,
        teacher: { ...model.teacher, weights: '/home/weights/teacher.pth' },
        variants: [{ ...model.student, weights: '/home/own.pth' }, model.student],
      },
      dataset: { ...experiment.dataset, root: '/home/images', extra: ['/home/more', '/else'] },
    });
  });

  it('finds them in the parts of a part, however deep', () => {
    const nested: Part<'model'> = {
      kind: 'model',
      name: 'nested',
      summary: 'A model of models.',
      options: {
        inner: slot('model', 'A model.', { default: { type: 'bank' } }),
        settings: {
          type: 'object',
          additionalProperties: false,
          description: 'More.',
          properties: {
            file: { type: 'string', format: 'path', default: 'a', description: 'A file.' },
            networks: {
              type: 'array',
              items: slot('backbone', 'A network.'),
              default: [{ type: 'resnet18', weights: 'b' }],
              description: 'Networks.',
            },
          },
        },
      },
      create: fakeModel,
    };
    const deep = createRegistry([fakePlugin, { name: 'mine', parts: [nested] }]);
    const model = { type: 'nested', inner: { backbone: { weights: 'c' } } };
    const experiment = resolveExperiment({
      registry: deep,
      layers: [{ source: 'file', document: { method: 'stfpm', model } }],
    });
    expect(resolvePaths(experiment, deep, absolute).model).toMatchObject({
      inner: { backbone: { weights: '/home/c' } },
      settings: { file: '/home/a', networks: [{ weights: '/home/b' }] },
    });
  });

  it('leaves a value alone that means something else than a path', () => {
    const model = { teacher: { weights: 'imagenet' }, student: { weights: 'random' } };
    const experiment = resolve({ model });
    expect(resolvePaths(experiment, registry, absolute)).toEqual(experiment);
  });

  it('changes nothing the second time, nor what it was given', () => {
    const experiment = resolve({ dataset: { type: 'folder', root: 'images' } });
    const once = resolvePaths(experiment, registry, absolute);
    expect(resolvePaths(once, registry, absolute)).toEqual(once);
    expect(experiment.dataset?.root).toBe('images');
  });
});
