import { listMethods } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { loadRegistry } from './plugins.js';
import { prepareExperiment } from './prepare-experiment.js';

const methods = listMethods(await loadRegistry()).map(({ method }) => method.name);

const prepared = async (document: object) =>
  (await prepareExperiment({ overrides: [{ source: 'the test', document }] })).experiment;

describe('an experiment without data', () => {
  it.each(methods)('is one of the built-in sample with %s', async (method) => {
    const { dataset, teacher, student } = await prepared({ method });
    expect(dataset?.type).toBe('sample');
    // Students that have a width get that of the sample's teacher.
    if ('width' in student && 'width' in teacher) expect(student.width).toBe(teacher.width);
  });

  it("keeps a method's own teacher, smaller and with students to match", async () => {
    const { teacher, student } = await prepared({ method: 'uninformed-students' });
    const small = { type: 'patch-descriptors', width: 16, stride: 4 };
    expect(teacher).toMatchObject({ ...small, standardize: true });
    expect(student).toMatchObject({ ...small, count: 3 });
  });

  it("leaves a student's width alone where it is given, or a teacher is", async () => {
    const student = { type: 'simple-student' };
    const given = await prepared({ method: 'stfpm', student: { ...student, width: 8 } });
    expect(given.student.width).toBe(8);
    const ownTeacher = await prepared({
      method: 'stfpm',
      student,
      teacher: { type: 'resnet18', weights: 'random' },
    });
    expect(ownTeacher.student.width).toBe(64);
  });
});
