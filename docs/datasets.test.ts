/** Runs what the page on public data sets shows. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { builtInPlugins } from '../packages/runner/src/index.js';
import { example, openWorkshop, settings, textOf, type Workshop } from './workshop.test.fixture.js';

let workshop: Workshop;
beforeAll(async () => {
  workshop = await openWorkshop();
});
afterAll(() => workshop.close());

const page = 'datasets.md';
const small = settings(
  'images.size=32',
  'model.backbone={"type":"resnet18","weights":"random","width":4}',
  'model.layers=["layer1"]',
);

/** The arguments of `adfw`, a line of a page. */
const words = (line: string): string[] =>
  (line.match(/'[^']*'|\S+/g) ?? []).slice(1).map((word) => word.replaceAll("'", ''));

it('runs on the table', async () => {
  await workshop.write('lids.csv', await example(page, 'table'));
  await workshop.images('lids', 7, false);
  await workshop.images('defective', 2, true);
  const mask = new Uint8Array(64 * 64).fill(255, 0, 64);
  const { width, height } = await sharp(join(workshop.folder, 'lids/000.png')).metadata();
  for (const index of [7, 8])
    await sharp(join(workshop.folder, `defective/00${index - 7}.png`)).toFile(
      join(workshop.folder, `lids/00${index}.png`),
    );
  await sharp(mask, { raw: { width: 64, height: 64, channels: 1 } })
    .resize(width, height)
    .toFile(join(workshop.folder, 'lids/007_mask.png'));
  const command = (await example(page, 'table-run')).trim();
  const report = JSON.parse(await workshop.adfw(...words(command), ...small, '--out', 'lids-run', '--json'));
  expect(report.dataset).toMatchObject({
    name: 'lids',
    train: 4,
    validation: 2,
    testGood: 1,
    testDefective: 1,
    unlabelled: 1,
  });
  expect(report.metrics.pixelAuroc).toEqual(expect.any(Number));
  expect(await workshop.read('lids-run/scores.csv')).toMatch(/lids\/007\.png,defective,scratch,/);
});

it('runs and benchmarks VisA', async () => {
  await mkdir(join(workshop.folder, 'VisA/split_csv'), { recursive: true });
  const list = ['object,split,label,image,mask'];
  for (const object of ['candle', 'pcb1']) {
    await workshop.images(`VisA/${object}/Data/Images/Normal`, 6, false);
    await workshop.images(`VisA/${object}/Data/Images/Anomaly`, 1, true);
    for (const index of [0, 1, 2, 3, 4, 5])
      list.push(
        `${object},${index < 5 ? 'train' : 'test'},normal,${object}/Data/Images/Normal/00${index}.png,`,
      );
    list.push(`${object},test,anomaly,${object}/Data/Images/Anomaly/000.png,`);
  }
  await workshop.write('VisA/split_csv/1cls.csv', `${list.join('\n')}\n`);
  const [run = '', bench = ''] = (await example(page, 'visa')).trim().split('\n');
  const report = JSON.parse(await workshop.adfw(...words(run), ...small, '--out', 'candle', '--json'));
  expect(report.dataset).toMatchObject({ name: 'VisA', category: 'candle', train: 4, validation: 1 });
  const table = JSON.parse(
    await workshop.adfw(...words(bench.replace(',patchcore', '')), ...small, '--out', 'visa', '--json'),
  );
  expect(table.categories).toEqual(['candle', 'pcb1']);
  expect(table.runs.map(({ status }: { status: string }) => status)).toEqual(['complete', 'complete']);
});

it('has a row for each dataset of files', async () => {
  const text = await textOf(page);
  const rows = [...text.matchAll(/^\| `([a-z][\w-]+)` +\| [^|]*\|.*\|.*\|.*\|$/gm)].map(([, name]) => name);
  const parts = builtInPlugins.flatMap(({ name, parts = [] }) =>
    name === '@adfw/datasets-mvtec' ? parts.map(({ name }) => name) : [],
  );
  expect(rows.toSorted()).toEqual(parts.toSorted());
});
