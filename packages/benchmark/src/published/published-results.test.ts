import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { PartChoice, ResolvedExperiment } from '@adfw/core';
import { prepareExperiment } from '@adfw/runner';
import { describe, expect, it } from 'vitest';
import type { QuantityId } from '../measures.js';
import { mean } from '../statistics.js';
import { publications, publishedFor, settingsThatDiffer } from './published-results.js';

const thesisFolder = new URL('../../../../../shared/thesis/', import.meta.url);
const hasThesis = existsSync(thesisFolder);
if (!hasThesis) console.warn("The thesis' text is not there: published numbers are not compared with it.");

const thesis = publications.filter(({ source }) => source === 'thesis');
type Results = (typeof thesis)[number];
const [stfpm, fvv, simpleStudent, varianceOnly] = thesis as [Results, Results, Results, Results];
const anomalib = publications.filter(({ source }) => source === 'anomalib');

/** Good and defective test images of each category (Bergmann et al. 2019, table 1). */
const testImages: Readonly<Record<string, readonly [good: number, defective: number]>> = {
  carpet: [28, 89],
  grid: [21, 57],
  leather: [32, 92],
  tile: [33, 84],
  wood: [19, 60],
  bottle: [20, 63],
  cable: [58, 92],
  capsule: [23, 109],
  hazelnut: [40, 70],
  metal_nut: [22, 93],
  pill: [26, 141],
  screw: [41, 119],
  toothbrush: [12, 30],
  transistor: [60, 40],
  zipper: [32, 119],
};

describe('published numbers', () => {
  it('are those of fourteen categories for each method of the thesis', () => {
    const all = Object.keys(testImages).filter((category) => category !== 'grid');
    for (const { quantities } of [stfpm, fvv, simpleStudent])
      for (const { values } of Object.values(quantities))
        expect(Object.keys(values).sort()).toEqual(all.toSorted());
  });

  it('are possible: no more mistakes than images, and areas between 0 and 1', () => {
    for (const { quantities } of publications)
      for (const [quantity, { values }] of Object.entries(quantities))
        for (const [category, value] of Object.entries(values)) {
          const [good, defective] = testImages[category] as [number, number];
          const limits: Partial<Record<string, number>> = { falseBads: good, falseGoods: defective };
          expect(value, `${quantity} of ${category}`).toBeLessThanOrEqual(limits[quantity] ?? 1);
          expect(value).toBeGreaterThanOrEqual(0);
        }
  });

  it("have the averages that the thesis prints for anomalib's", () => {
    const averages = anomalib.map(({ quantities }) =>
      (['imageAuroc', 'pixelAuroc'] as const).map((quantity) =>
        mean(Object.values(quantities[quantity]?.values ?? {})).toFixed(3),
      ),
    );
    expect(averages).toEqual([
      ['0.893', '0.951'],
      ['0.876', '0.903'],
    ]);
  });

  it.skipIf(!hasThesis)('are those in the text of the thesis', () => {
    const file = readdirSync(thesisFolder).find((name) => name.endsWith('.txt')) as string;
    const lines = readFileSync(new URL(file, thesisFolder), 'utf8').split('\n');
    /** The rows below each line with these headings. */
    const tables = (heading: RegExp, row: RegExp) =>
      lines.flatMap((line, index) => {
        if (!heading.test(line)) return [];
        const below = lines.slice(index + 1);
        const end = below.findIndex((text) => !row.test(text));
        return [below.slice(0, end).map((text) => text.split('\t'))];
      });
    const folder = (name: string) => ({ Metalnut: 'metal_nut' })[name] ?? name.toLowerCase();
    const ours = (quantity: QuantityId, column: number, category: string) =>
      thesis[column]?.quantities[quantity]?.values[category];

    const measured = tables(
      /^\tSTFPM\t(Sol 1\tSol 2|Feature Vec\.Var\.\tSimple Stu\.)$/,
      /^\w+(\t[\d.]+){3}$/,
    );
    expect(measured.map((rows) => rows.length)).toEqual([14, 14, 14, 14, 0]);
    // The executive summary, then the chapter; in each the AUROC, then the Dice.
    for (const [index, rows] of measured.entries())
      for (const [name = '', ...values] of rows)
        for (const [column, value] of values.entries())
          for (const quantity of index % 2 === 0
            ? (['imageAuroc'] as const)
            : (['diceMean', 'diceGlobal'] as const))
            expect(ours(quantity, column, folder(name)), `${quantity} of ${name}`).toBe(Number(value));

    const [mistakes = []] = tables(/^\tSTFPM\tFeature Vec/, /^\w+(\t\d+\/\d+){3}$/).filter(
      ({ length }) => length > 0,
    );
    expect(mistakes).toHaveLength(14);
    for (const [name = '', ...values] of mistakes)
      for (const [column, value] of values.entries())
        expect(`${ours('falseBads', column, folder(name))}/${ours('falseGoods', column, folder(name))}`).toBe(
          value,
        );

    const [alone = []] = tables(/^\tVariance-only\tDice score/, /^\w+\t[\d.]+\t[\d.]+\t\d+\/\d+$/);
    expect(alone).toHaveLength(2);
    for (const [name = '', auroc, dice, pair] of alone) {
      const values = (quantity: QuantityId) => varianceOnly.quantities[quantity]?.values[folder(name)];
      expect([values('imageAuroc'), values('diceMean')]).toEqual([Number(auroc), Number(dice)]);
      expect(`${values('falseBads')}/${values('falseGoods')}`).toBe(pair);
    }

    const first = tables(/^\tAvg\tCarpet\tGrid/, /^(Wide )?ResNet-\d\d(\t[\d.]+){12}$/);
    const second = tables(/^Screw\tToothbrush\tTransistor\tZipper$/, /^[\d.]+(\t[\d.]+){3}$/);
    for (const [table, quantity] of (['imageAuroc', 'pixelAuroc'] as const).entries())
      for (const [network, { quantities }] of anomalib.entries()) {
        const row = [...(first[table]?.[network]?.slice(2) ?? []), ...(second[table]?.[network] ?? [])];
        expect(Object.values(quantities[quantity]?.values ?? {})).toEqual(row.map(Number));
      }
  });
});

const resolved = async (method: string): Promise<ResolvedExperiment> => {
  const document = { method, dataset: { type: 'mvtec', root: 'mvtec' } };
  const { experiment } = await prepareExperiment({ overrides: [{ source: 'test', document }] });
  return experiment;
};
const methodsOf = (experiment: ResolvedExperiment) =>
  publishedFor(experiment).map(({ source, method }) => `${source}: ${method}`);

describe('what was published about an experiment', () => {
  it.each([
    ['stfpm', ['thesis: STFPM', 'anomalib: STFPM']],
    ['fvv', ['thesis: Feature Vectors Variance']],
    ['simple-student', ['thesis: Simple Student']],
    ['reverse-distillation', []],
  ])('is found for %s, whose preset has smaller batches', async (method, expected) => {
    const experiment = await resolved(method);
    expect(methodsOf(experiment)).toEqual(expected);
    for (const results of publishedFor(experiment).filter(({ source }) => source === 'thesis'))
      expect(settingsThatDiffer(results, experiment)).toEqual([
        { path: 'fit.batchSize', expected: 32, found: 8 },
      ]);
  });

  it.each([
    ['stfpm', 'thesis: STFPM'],
    ['fvv', 'thesis: Feature Vectors Variance'],
    ['fvv-variance', 'thesis: Feature Vectors Variance, scored by the variance alone'],
    ['simple-student', 'thesis: Simple Student'],
  ])("recipes/thesis/%s.json has the thesis' settings", async (name, expected) => {
    const config = fileURLToPath(new URL(`../../../../recipes/thesis/${name}.json`, import.meta.url));
    const document = { dataset: { type: 'mvtec', root: 'mvtec' } };
    const { experiment } = await prepareExperiment({ config, overrides: [{ source: 'test', document }] });
    expect(methodsOf(experiment)).toContain(expected);
    for (const results of publishedFor(experiment))
      expect(settingsThatDiffer(results, experiment)).toEqual([]);
    expect(experiment.model).toMatchObject({
      student: { residualScale: 1 },
      training: { preciseBatchNorm: false },
    });
  });

  it('is found for variants that were published, and for no others', async () => {
    const preset = await resolved('fvv');
    const { model } = preset;
    const withModel = (changed: object) => ({ ...preset, model: { ...model, ...changed } });
    const varianceAlone = withModel({ score: { ...(model.score as PartChoice), type: 'variance' } });
    expect(methodsOf(varianceAlone)).toEqual([
      'thesis: Feature Vectors Variance, scored by the variance alone',
    ]);
    expect(methodsOf(withModel({ student: { ...(model.student as PartChoice), type: 'residual' } }))).toEqual(
      [],
    );
    expect(methodsOf(withModel({ type: 'memory-bank' }))).toEqual([]);

    const other = { ...withModel({ students: 2 }), fit: { ...preset.fit, batchSize: 4, folds: 2 } };
    expect(publishedFor(other)).toEqual([fvv]);
    expect(settingsThatDiffer(fvv, other)).toEqual([
      { path: 'model.students', expected: 3, found: 2 },
      { path: 'fit.batchSize', expected: 32, found: 4 },
    ]);
  });
});
