import { listMethods, type ResolvedExperiment } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { loadRegistry } from '../plugins/plugins.js';
import { prepareExperiment } from './prepare-experiment.js';

const methods = listMethods(await loadRegistry()).map(({ method }) => method.name);

const prepared = async (document: object) =>
  (await prepareExperiment({ overrides: [{ source: 'the test', document }] })).experiment;

describe('an experiment without data', () => {
  it.each(methods)('is one of the built-in sample with %s', async (method) => {
    expect((await prepared({ method })).dataset?.type).toBe('sample');
  });

  it('has the built-in network for a teacher, and students of its architecture are the same network', async () => {
    const { teacher, student } = modelOf(await prepared({ method: 'fvv' }));
    expect(teacher).toMatchObject({ type: 'resnet18', weights: 'built-in' });
    expect(student).toMatchObject({ type: 'resnet18', weights: 'random', width: teacher.width });
    expect(student.innerChannels).toEqual(teacher.innerChannels);
  });

  it("keeps a method's own teacher, smaller and with students to match", async () => {
    const { teacher, student, ...model } = modelOf(await prepared({ method: 'uninformed-students' }));
    const small = { type: 'patch-descriptors', width: 16, stride: 4 };
    expect(teacher).toMatchObject(small);
    expect(student).toMatchObject(small);
    expect(model).toMatchObject({ standardize: true, students: 3 });
  });

  it('leaves the teacher alone where one is asked for', async () => {
    const asked = modelOf(
      await prepared({ method: 'fvv', model: { teacher: { weights: 'random', width: 8 } } }),
    );
    expect(asked.teacher).toMatchObject({ weights: 'random', width: 8, innerChannels: {} });
    expect(asked.student).toMatchObject({ width: 8, innerChannels: {} });
  });

  it('puts what is asked for above what a method has for the sample, and that above its preset', async () => {
    const of = async (document: object) => {
      const { model, fit } = await prepared({ method: 'uninformed-students', ...document });
      return { epochs: (model.training as { epochs: number }).epochs, batchSize: fit.batchSize };
    };
    expect(await of({})).toEqual({ epochs: 12, batchSize: 4 });
    expect(await of({ model: { training: { epochs: 3 } } })).toEqual({ epochs: 3, batchSize: 4 });
    expect(await of({ dataset: { type: 'folder', train: '.' } })).toEqual({ epochs: 100, batchSize: 1 });
  });
});

const modelOf = ({ model }: ResolvedExperiment) =>
  model as unknown as Record<'teacher' | 'student', Record<string, unknown>>;
