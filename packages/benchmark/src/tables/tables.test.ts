import type { PartChoice } from '@adfw/core';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { benchmarkReport, stfpmExperiment } from '../report.test.fixture.js';
import { csvTables } from './csv.js';
import { escapeLatex, latexTables } from './latex.js';
import { markdownTables } from './markdown.js';
import { methodText } from './run-settings.js';
import { benchmarkTables } from './tables.js';

/**
 * Two methods, of which the thesis has one, on two categories with two seeds. Sample standard deviations: of 0.9 and 0.8,
 * 0.1/√2 = 0.0707; of 1 and 0.9 the same; of their means by seed, 0.95 and 0.85, the same again.
 */
const report = benchmarkReport([42, 43], {
  stfpm: {
    screw: [
      { imageAuroc: 0.9, falseBads: 4, falseGoods: 1 },
      { imageAuroc: 0.8, falseBads: 6, falseGoods: 1 },
    ],
    tile: [
      { imageAuroc: 1, falseBads: 0, falseGoods: 2 },
      { imageAuroc: 0.9, falseBads: 0, falseGoods: 4 },
    ],
  },
  mine: {
    screw: [{ imageAuroc: 0.7, falseBads: 3, falseGoods: 3 }, { failed: 'The disk is full.' }],
    tile: ['pending', 'pending'],
  },
});
const tables = benchmarkTables(report);

const synthetic = (imageAuroc: number, pixelAuroc: number | null) => ({
  images: 1,
  imageAuroc,
  pixelAuroc,
  kinds: {} as never,
});

/** The cells of the Markdown table below a heading. */
function cellsOf(markdown: string, heading: string): string[][] {
  const section = markdown.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows
    .filter((_, index) => index !== 1)
    .map((row) =>
      row
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe('the tables of a benchmark', () => {
  it('have means and deviations over seeds, and published numbers beside them', () => {
    expect(cellsOf(markdownTables(report, tables), 'Image AUROC')).toEqual([
      ['category', 'stfpm', '_stfpm, thesis_', '_stfpm, anomalib_', 'mine'],
      ['screw', '0.850 ± 0.071', '_0.748_', '_0.835_', '0.700 (1 of 2)'],
      ['tile', '0.950 ± 0.071', '_0.983_', '_0.949_', 'not run'],
      ['mean', '0.900 ± 0.071', '_0.865_', '_0.892_', '0.700 (1 of 2)'],
    ]);
  });

  it('have false bads and false goods in one place, as the thesis has', () => {
    expect(cellsOf(markdownTables(report, tables), 'False bads/goods')).toEqual([
      ['category', 'stfpm', '_stfpm, thesis_', 'mine'],
      ['screw', '5.0 ± 1.4 / 1.0 ± 0.0', '_24/6_', '3/3 (1 of 2)'],
      ['tile', '0.0 ± 0.0 / 3.0 ± 1.4', '_3/2_', 'not run'],
      ['mean', '2.5 ± 0.7 / 2.0 ± 0.7', '_13.5/4_', '3/3 (1 of 2)'],
    ]);
  });

  it('leave out measures that no test set allows, and say what is missing', () => {
    expect(tables.measures.map(({ measure }) => measure.id)).toEqual(['image-auroc', 'false-bads-goods']);
    expect(tables.failures).toEqual(['mine, screw, seed 43: The disk is full.']);
    expect(tables.pending).toBe(2);
    const markdown = markdownTables(report, tables);
    expect(markdown).toContain('2 of 8 runs are not done yet');
    expect(markdown).toContain('## Failed runs\n\n- mine, screw, seed 43: The disk is full.\n');
  });

  it('compare means over the categories that every column has', () => {
    const three = benchmarkReport([1], {
      stfpm: {
        screw: [{ imageAuroc: 0.5 }],
        grid: [{ imageAuroc: 0.9 }],
        tile: [{ imageAuroc: 0.7 }],
        wood: [{ failed: 'no' }],
      },
    });
    const rows = cellsOf(markdownTables(three, benchmarkTables(three)), 'Image AUROC');
    // The thesis has no grid: (0.748 + 0.983 + 0.993) / 3.
    expect(rows.slice(-3)).toEqual([
      ['wood', 'failed', '_0.993_', '_0.961_'],
      ['mean', '0.700 (3 of 4)', '_0.908 (3 of 4)_', '_0.932_'],
      ['mean of the 2 in every column', '0.600', '_0.865_', '_0.892_'],
    ]);
  });

  it('say where published numbers stand and what was done otherwise', () => {
    expect(tables.notes[0]).toMatch(
      /^stfpm, thesis: STFPM in A\. Polidori, .*; section 6\.4\.1, p\. 52; .*; table 6\.1, p\. 54\.$/,
    );
    const other = { ...stfpmExperiment, fit: { ...stfpmExperiment.fit, batchSize: 8 } };
    const changed = benchmarkReport([1], { stfpm: { screw: ['pending'] } }, { stfpm: other });
    expect(benchmarkTables(changed).notes[0]).toMatch(/\. Here fit\.batchSize is 8 instead of 32\.$/);
    const { model } = stfpmExperiment;
    const teacher = { ...(model.teacher as PartChoice), weights: 'built-in' };
    const builtIn = { ...stfpmExperiment, model: { ...model, teacher } };
    const weaker = benchmarkReport([1], { stfpm: { screw: ['pending'] } }, { stfpm: builtIn });
    expect(benchmarkTables(weaker).notes[0]).toContain("weights are built-in instead of ImageNet's");
    const own = benchmarkReport([1], { stfpm: { 'magnetic-tile': ['pending'] } });
    expect(benchmarkTables(own).notes).toEqual([]);
  });

  it('say what each method is, whatever its model is made of', () => {
    expect(methodText({ name: 'stfpm', experiment: stfpmExperiment, cost: null })).toBe(
      'stfpm: distillation, teacher resnet18, student resnet18, students 1, adapter none, loss cosine, score distance, 100 epochs, batches of 32, images of 224x224.',
    );
    const bank = {
      ...stfpmExperiment,
      images: { size: [64, 96] as const },
      model: { type: 'bank', backbone: { type: 'resnet18' }, layers: ['layer2'], share: 0.1 },
      fit: { ...stfpmExperiment.fit, validationFraction: 0 },
    };
    expect(methodText({ name: 'mine', experiment: bank, cost: null })).toBe(
      'mine: bank, backbone resnet18, share 0.1, batches of 32, images of 64x96, no image held out.',
    );
    const images = { size: 64, fit: 'pad', region: 'region.png' } as const;
    expect(methodText({ name: 'mine', experiment: { ...bank, images }, cost: null })).toContain(
      'images of 64x64, padded, of a region of interest, no image held out',
    );
  });

  it('have what a model without maps is measured by', () => {
    const mixed = benchmarkReport([1], {
      stfpm: { nut: [{ pixelAuroc: 0.9, synthetic: synthetic(0.8, 0.7) }] },
      whole: { nut: [{ synthetic: synthetic(0.6, null) }] },
    });
    const markdown = markdownTables(mixed, benchmarkTables(mixed));
    expect(cellsOf(markdown, 'Pixel AUROC')[1]).toEqual(['nut', '0.900', '-']);
    expect(cellsOf(markdown, 'Synthetic defects, image/pixel AUROC')[1]).toEqual([
      'nut',
      '0.800/0.700',
      '0.600/-',
    ]);
    const none = benchmarkReport([1], { whole: { nut: [{ imageAuroc: 0.5 }], bolt: [{ imageAuroc: 0.7 }] } });
    expect(benchmarkTables(none).measures.map(({ measure }) => measure.id)).toEqual(['image-auroc']);
    const two = benchmarkReport([1, 2], {
      whole: {
        nut: [{ synthetic: synthetic(0.6, null) }, { synthetic: synthetic(0.8, null) }],
        bolt: [{ synthetic: synthetic(0.8, null) }, { synthetic: synthetic(1, null) }],
      },
    });
    expect(
      cellsOf(markdownTables(two, benchmarkTables(two)), 'Synthetic defects, image/pixel AUROC').at(-1),
    ).toEqual(['mean', '0.800 ± 0.141 / -']);
  });

  it('have what methods cost', () => {
    const [method] = report.methods;
    const withCost = {
      ...report,
      methods: [
        { ...method, cost: { parameters: 2_782_784, multiplyAdds: null } },
        ...report.methods.slice(1),
      ],
    } as typeof report;
    expect(cellsOf(markdownTables(withCost, benchmarkTables(withCost)), 'Cost').slice(1)).toEqual([
      ['stfpm', '2.783 M', '-', '8.5', '5.0'],
      ['mine', '-', '-', '8.0', '5.0'],
    ]);
  });
});

describe('csvTables', () => {
  it('has a line for each number, unrounded', () => {
    const lines = parse(csvTables(tables), { columns: true, cast: false }) as Record<string, string>[];
    const line = (quantity: string, category: string, method: string, source: string) =>
      lines.filter(
        (each) =>
          each.quantity === quantity &&
          each.category === category &&
          each.method === method &&
          each.source === source,
      );
    const [bads] = line('falseBads', 'screw', 'stfpm', 'adfw');
    expect(bads).toMatchObject({ status: 'measured', mean: '5', counted: '2', of: '2' });
    expect(Number(bads?.standard_deviation)).toBeCloseTo(Math.SQRT2, 14);
    expect(line('falseGoods', 'screw', 'stfpm', 'thesis')).toMatchObject([
      { mean: '6', standard_deviation: '' },
    ]);
    expect(line('imageAuroc', 'tile', 'mine', 'adfw')).toMatchObject([{ status: 'pending', mean: '' }]);
    expect(line('trainSeconds', '', 'mine', 'adfw')).toMatchObject([{ mean: '8' }]);
  });
});

describe('latexTables', () => {
  it('escapes what TeX would take for something else', () => {
    expect(escapeLatex('a_b & 50% #1 {x} $y$ ~ ^ \\ 1 ± 2')).toBe(
      'a\\_b \\& 50\\% \\#1 \\{x\\} \\$y\\$ \\textasciitilde{} \\textasciicircum{} \\textbackslash{} 1 $\\pm$ 2',
    );
  });

  it('has a table for each measure, with as many cells a row as columns', () => {
    const named = benchmarkReport([42], { 'my_variant & co': { metal_nut: [{ imageAuroc: 0.5 }] } });
    const latex = latexTables(named, benchmarkTables(named));
    expect(latex).toContain('category & my\\_variant \\& co \\\\');
    expect(latex).toContain('metal\\_nut & 0.500 \\\\');
    for (const tabular of latexTables(report, tables).matchAll(
      /\\begin\{tabular\}\{(\w+)\}(.*?)\\end\{tabular\}/gs,
    )) {
      const rows = (tabular[2] ?? '').split('\n').filter((line) => line.endsWith('\\\\'));
      expect(rows.length).toBeGreaterThan(1);
      for (const row of rows) expect(row.split(' & ')).toHaveLength(tabular[1]?.length ?? 0);
    }
  });
});
