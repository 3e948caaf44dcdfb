import type { RunReport } from '@adfw/runner';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { reportText } from './text.js';

const report: RunReport = {
  method: 'fvv',
  dataset: {
    name: 'mvtec',
    category: 'screw',
    train: 256,
    validation: 64,
    testGood: 41,
    testDefective: 119,
    skipped: 0,
  },
  metrics: {
    imageAuroc: 0.9312,
    imageAurocInterval: { low: 0.885, high: 0.9671 },
    imageAp: 0.98,
    partialAuroc: 0.8,
    imageF1: 0.95,
    precision: 0.9,
    recall: 1,
    falseBads: 7,
    falseGoods: 3,
    threshold: 0.31234,
    deployed: { threshold: 0.4, falseBads: 1, falseGoods: 20, pixelF1: 0.4 },
    pixelAuroc: 0.97,
    aupro: 0.88,
    aupro05: 0.7,
    aupimo: 0.6,
    pixelAp: 0.5,
    pixelF1Max: 0.55,
    diceMean: 0.41,
    diceGlobal: 0.47,
    kinds: [],
    wholeGroups: null,
    groups: [],
    views: [],
    saturatedOverlap: null,
    notes: [],
  },
  training: [{ stage: 'students', kept: { 'student 1': 9 } }],
  model: null,
  timings: { trainSeconds: 62, trainImagesPerSecond: 412, inferenceMsPerImage: 8.25, totalSeconds: 75 },
  engine: { name: 'onnxruntime', version: '1.2.3', provider: 'cpu', threads: 2 },
  outputDir: 'runs/screw',
};
const context = {
  experiment: {
    threshold: { type: 'image-f1' },
    deployedThreshold: { type: 'nominal-quantile' },
  },
  untrained: [],
  hasMaps: true,
  page: 'runs/screw/report.html',
  maps: 'runs/screw/maps',
  colours: pc.createColors(false),
  width: 100,
};
const linesOf = (text: string) => text.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));

describe('reportText', () => {
  it('counts the files that are no images', () => {
    const leftOut = { count: 3, kinds: { '.heic': 3 }, files: [] };
    const dataset = { ...report.dataset, unlabelled: 2, skipped: 1, leftOut };
    expect(linesOf(reportText({ ...report, dataset }, context))[2]).toMatch(
      /to test with; 2 without a label, scored and not counted; 1 left out; 3 other files left out$/,
    );
  });

  it('has a line of groups, and of defects that saturate, where there are any', () => {
    const metrics = {
      ...report.metrics,
      wholeGroups: { groups: 30, defective: 12, auroc: 0.75, falseBads: 1, falseGoods: 2 },
      saturatedOverlap: {
        spro: 0.75,
        spro05: 0.5,
        kinds: [
          { kind: 'logical', spro: 0.8, spro05: 0.6 },
          { kind: 'structural', spro: 0.7, spro05: 0.4 },
        ],
      },
    };
    const lines = linesOf(reportText({ ...report, metrics }, context));
    expect(lines).toContain(
      'Group AUROC | 0.750 | the highest score of each of 30 groups, 12 of them defective',
    );
    expect(lines).toContain(
      'AU-sPRO to 0.05 | 0.500 | saturated per-region overlap: logical 0.600, structural 0.400',
    );
    expect(linesOf(reportText(report, context)).join()).not.toMatch(/Group AUROC|sPRO/);
  });

  it('says what synthetic defects tell, where images were held out', () => {
    const of = (pixelAuroc: number) => ({ pixelAuroc, imageAuroc: 0.5 });
    const kinds = { patch: of(1), scar: of(0.9), stain: of(0.95) };
    const text = reportText({ ...report, synthetic: { images: 40, ...of(0.95), kinds } }, context);
    expect(linesOf(text).slice(7, 9)).toEqual([
      'Synthetic defects | 0.500 | image AUROC, drawn into 40 held-out images',
      '0.950 | pixel AUROC',
    ]);
    for (const synthetic of [null, undefined])
      expect(reportText({ ...report, ...(synthetic !== undefined && { synthetic }) }, context)).not.toContain(
        'ynthetic',
      );
  });

  it('says each measure, and of both thresholds how they were chosen and what they get wrong', () => {
    const lines = linesOf(reportText(report, context));
    expect(lines).toEqual([
      '',
      'fvv on mvtec / screw',
      '256 images to train on, 64 held out; 41 good and 119 defective to test with',
      '',
      'Image AUROC | 0.931 | 0.885 to 0.967 with a confidence of 95 %',
      'Pixel AUROC | 0.970',
      'AUPRO | 0.880 | per-region overlap, up to a false-positive rate of 0.3',
      '',
      'Benchmark threshold | 0.3123 | chosen on the test set (image-f1)',
      'Image F1 | 0.950',
      'False bads | 7 of 41 | good images called defective',
      'False goods | 3 of 119 | defective images called good',
      'Dice | 0.410 | mean of the defective images',
      '0.470 | all pixels together',
      '',
      'Deployed threshold | 0.4000 | from 64 held-out nominal images (nominal-quantile)',
      'False bads | 1 of 41 | good images called defective',
      'False goods | 20 of 119 | defective images called good',
      '',
      'Training | 1m 2s | 412 images/s',
      'Scoring | 8.3 ms | an image',
      'Total | 1m 15s | onnxruntime 1.2.3, cpu, 2 threads',
      '',
      'Report | runs/screw/report.html',
      'Pictures | runs/screw/maps',
      'Results | runs/screw',
      'Next | adfw predict runs/screw IMAGE',
      '',
    ]);
  });

  it('says what the deployed threshold is worth, and how many held-out images it would take', () => {
    const of = (worth: object) => {
      const deployed = { threshold: 0.4, falseBads: 1, falseGoods: 20, pixelF1: null, ...worth };
      return linesOf(reportText({ ...report, metrics: { ...report.metrics, deployed } }, context));
    };
    const few = of({ heldOut: 64, falseAlarmBound: 1 / 65, heldOutWanted: 99 });
    expect(few).toContain('Deployed threshold | 0.4000 | from 64 held-out nominal images (nominal-quantile)');
    expect(few).toContain(
      'False alarms | 1.6 % | at most, of good images like these; as set it needs 99 of them',
    );
    const crossFitted = of({ heldOut: 320, falseAlarmBound: 4 / 321 });
    expect(crossFitted).toContain(
      'Deployed threshold | 0.4000 | from 320 nominal images, each held out of a fit (nominal-quantile)',
    );
    expect(crossFitted).toContain('False alarms | 1.3 % | at most, of good images like these');
  });

  it('fits the width', () => {
    for (const line of reportText(report, { ...context, width: 80 }).split('\n'))
      expect(line.length).toBeLessThanOrEqual(80);
  });

  it('shows what could not be measured as a dash, and why', () => {
    const nothing = {
      imageAuroc: null,
      imageAurocInterval: null,
      imageF1: null,
      threshold: null,
      falseBads: null,
      falseGoods: null,
      deployed: null,
      pixelAuroc: null,
      aupro: null,
      diceMean: null,
      diceGlobal: null,
    };
    const metrics = { ...report.metrics, ...nothing, notes: ['There are no test images.'] };
    const timings = { ...report.timings, inferenceMsPerImage: null };
    const lines = linesOf(reportText({ ...report, metrics, timings }, { ...context, maps: null }));
    expect(lines).toContain('Image AUROC | -');
    expect(lines).toContain('False goods | - | defective images called good');
    expect(lines).toContain(
      'Deployed threshold | - | none, since no nominal image was held out (--validation-fraction)',
    );
    expect(lines).toContain('There are no test images.');
    expect(lines.join()).not.toMatch(/null|NaN|Pictures|Scoring/);
  });

  it('says nothing of pixels where the model has no maps', () => {
    const nothing = { pixelAuroc: null, aupro: null, diceMean: null, diceGlobal: null };
    const of = { pixelAuroc: null, imageAuroc: 0.5 };
    const synthetic = { images: 40, ...of, kinds: { patch: of, scar: of, stain: of } };
    const without = { ...report, metrics: { ...report.metrics, ...nothing }, synthetic };
    const lines = linesOf(reportText(without, { ...context, hasMaps: false }));
    expect(lines.join('\n')).not.toMatch(/pixel|AUPRO|Dice|null/i);
    expect(lines.slice(4, 11)).toEqual([
      'Image AUROC | 0.931 | 0.885 to 0.967 with a confidence of 95 %',
      'Synthetic defects | 0.500 | image AUROC, drawn into 40 held-out images',
      '',
      'Benchmark threshold | 0.3123 | chosen on the test set (image-f1)',
      'Image F1 | 0.950',
      'False bads | 7 of 41 | good images called defective',
      'False goods | 3 of 119 | defective images called good',
    ]);
    // Of a model with maps it is said what could not be measured, such as without masks.
    expect(linesOf(reportText(without, context))).toContain('Pixel AUROC | -');
  });

  it('says when the pretrained network has learnt nothing', () => {
    expect(reportText(report, { ...context, untrained: ['teacher'] })).toContain(
      'The teacher has random weights, trained on nothing',
    );
    expect(reportText(report, context)).not.toContain('random weights');
  });
});
