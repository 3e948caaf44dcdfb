import { listMethods } from '@adfw/core';
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

  it('has the built-in teacher, and students of its architecture are the same network', async () => {
    const { teacher, student } = await prepared({ method: 'fvv' });
    expect(teacher).toMatchObject({ type: 'resnet18', weights: 'built-in' });
    expect(student).toMatchObject({ type: 'resnet18', weights: 'random', width: teacher.width });
    expect(student.innerChannels).toEqual(teacher.innerChannels);
  });

  it("keeps a method's own teacher, smaller and with students to match", async () => {
    const { teacher, student } = await prepared({ method: 'uninformed-students' });
    const small = { type: 'patch-descriptors', width: 16, stride: 4 };
    expect(teacher).toMatchObject({ ...small, standardize: true });
    expect(student).toMatchObject({ ...small, count: 3 });
  });

  it('leaves the teacher alone where one is asked for', async () => {
    const asked = await prepared({ method: 'fvv', teacher: { weights: 'random', width: 8 } });
    expect(asked.teacher).toMatchObject({ weights: 'random', width: 8, innerChannels: {} });
    expect(asked.student).toMatchObject({ width: 8, innerChannels: {} });
  });
});
