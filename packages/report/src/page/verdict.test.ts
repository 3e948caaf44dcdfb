import { describe, expect, it } from 'vitest';
import type { ImageDocument, RunDocument } from '../report-document.js';
import { costs, verdict } from './verdict.js';

describe('the verdict in plain words', () => {
  it('says what a threshold costs', () => {
    expect(costs([1, 3, 2, 5], [0, 0, 1, 1], 2.5)).toBe(
      '1 of 2 good images is called defective and 1 of 2 defective images is missed',
    );
    expect(costs([1, 3], [0, 0], 9)).toBe('0 of 2 good images are called defective');
    expect(costs([1], [1], 9)).toBe('1 of 1 defective image is missed');
    expect(costs([], [], 9)).toBe('nothing can be said, since there are no test images');
  });

  const run = {
    name: 'r',
    method: 'fvv',
    dataset: {
      name: 'mvtec',
      category: 'screw',
      train: 8,
      validation: 2,
      testGood: 1,
      testDefective: 1,
      skipped: 1,
    },
    timings: { trainSeconds: 75 },
    engine: { name: 'onnxruntime', provider: 'cpu' },
    history: [{ stage: 'networks' }, { stage: 'networks' }],
    training: [{ stage: 'networks', kept: {} }],
    experiment: { model: { type: 'memory-bank' } },
    scores: [1, 4],
    heldOutScores: [0.5, 1.5],
    thresholds: { deployed: 2, benchmark: 4 },
    metrics: { deployed: { threshold: 2 } },
  } as unknown as RunDocument;
  const images = [{ label: 0 }, { label: 1 }] as ImageDocument[];
  const textsOf = (changed: Partial<RunDocument>) =>
    verdict({ runs: [{ ...run, ...changed }], images }).thresholds.map(({ text }) => text);

  it('says what was run, and where each threshold comes from', () => {
    const { title, summary } = verdict({ runs: [run], images });
    expect(title).toBe('fvv on mvtec / screw');
    expect(summary).toBe(
      'Trained on 8 good images, 2 more held out, for 2 epochs (1 min 15 s, onnxruntime on cpu). ' +
        'Tested on 1 good image and 1 defective one. 1 file could not be read and was left out.',
    );
    const leftOut = { count: 3, kinds: { '.heic': 3 }, files: [] };
    const counted = { ...run, dataset: { ...run.dataset, leftOut } };
    expect(verdict({ runs: [counted], images }).summary).toMatch(/3 files in the folders are no images\.$/);
    const unlabelled = { ...run, dataset: { ...run.dataset, unlabelled: 2 } };
    expect(verdict({ runs: [unlabelled], images }).summary).toMatch(
      /defective one\. 2 images without a label: scored, and counted nowhere\. 1 file/,
    );
    const [deployed, benchmark] = textsOf({});
    expect(deployed).toMatch(
      /^With the deployed threshold 2\.000.*from 2 held-out good images\), 0 of 1 good image/,
    );
    expect(benchmark).toMatch(/^With the benchmark's threshold 4\.000.*optimistic/);
  });

  it('says how a run was fitted that was not trained, or in several stages', () => {
    const summaryOf = (changed: object) =>
      verdict({ runs: [{ ...run, ...changed }], images }).summary.replace(/ Tested on .*/, '');
    expect(summaryOf({ history: [], training: [] })).toBe(
      'Fitted to 8 good images, 2 more held out (1 min 15 s, onnxruntime on cpu). ' +
        'Its model, memory-bank, is not trained: it takes what it needs from these images.',
    );
    const history = [{ stage: 'networks' }, { stage: 'networks' }, { stage: 'density' }];
    expect(summaryOf({ history })).toBe(
      'Trained on 8 good images, 2 more held out, for 2 epochs of networks and 1 epoch of density (1 min 15 s, onnxruntime on cpu).',
    );
    expect(summaryOf({ history: [] })).toBe(
      'Trained on 8 good images, 2 more held out (1 min 15 s, onnxruntime on cpu).',
    );
  });

  it('says what the deployed threshold is worth by the held-out images, at whatever it is set to', () => {
    expect(textsOf({})[0]).toMatch(
      /Of further good images like the held-out ones, at most 33\.4 % are called defective\.$/,
    );
    expect(textsOf({ thresholds: { deployed: 1, benchmark: 4 } })[0]).toContain('at most 66.7 %');
    const metrics = { deployed: { threshold: 2, heldOutWanted: 99 } } as unknown as RunDocument['metrics'];
    expect(textsOf({ metrics })[0]).toMatch(/; what was asked for would take 99 held-out images\.$/);
    expect(textsOf({ heldOutScores: [1, 1, 1] })[0]).toContain('from 3 good images, each held out of a fit)');
    expect(textsOf({ heldOutScores: [] })[0]).toMatch(/missed\.$/);
  });

  it('says so where there is no threshold, or it was set later', () => {
    const [deployed, benchmark] = textsOf({ thresholds: { deployed: null, benchmark: null } });
    expect(deployed).toMatch(/^There is no deployed threshold/);
    expect(benchmark).toMatch(/^There is no benchmark threshold/);
    expect(textsOf({ thresholds: { deployed: 1.9, benchmark: 4 } })[0]).toContain(
      '(set after the run), 0 of 1',
    );
  });
});
