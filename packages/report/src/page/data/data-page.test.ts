/** What a person sees of a data set, in a real browser. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AuditContents, AuditReport } from '@adfw/audit';
import type { Dataset, Sample } from '@adfw/core';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launch } from '../../chromium.test.fixture.js';
import { dataSections, MOST_SHOWN } from '../../data/data-document.js';
import { drawPictures } from '../../data/draw-pictures.js';
import { DATA_GENERATOR, type PageAssets, reportHtml } from '../../report-html.js';

const executable = chromiumPath();
const SIDE = 32;
const NAUGHTY = 'train/good/<img src=x onerror=alert(1)>.png';

const contents: AuditContents = {
  name: 'parts',
  category: null,
  counts: { train: 3, validation: 0, testGood: 1, testDefective: 1, unlabelled: 0 },
  kinds: [{ split: 'train', kind: 'good', images: 3, groups: null, views: null }],
  files: {
    bytes: 9,
    sizes: [{ width: SIDE, height: SIDE, images: 5 }],
    formats: [{ format: 'PNG', images: 5 }],
    samples: [{ colors: 'RGB', alpha: false, bits: 8, images: 5 }],
    remarks: [],
    trainRange: null,
  },
  unreadable: [
    { id: 'train/good/cut.png', split: 'train', what: 'image', file: null, fault: 'it is cut off' },
  ],
  leftOut: { count: 0, kinds: {}, files: [] },
  masks: {
    masked: 1,
    withoutImage: [],
    missing: [],
    otherSize: [],
    empty: [],
    ofNominal: [],
    nearlyFull: [],
    remarks: [],
  },
  duplicates: {
    total: 1,
    pairs: [{ one: NAUGHTY, other: 'test/good/0.png', kind: 'train-test', exact: false, similarity: 0.98 }],
  },
  suspicious: {
    network: 'built-in',
    compared: 3,
    median: 4,
    images: [{ id: 'train/good/cut.png', score: 9 }],
  },
  estimate: null,
};

function reportOf(changes: Partial<AuditContents>): AuditReport {
  return {
    format: 'adfw-data',
    version: 1,
    usable: false,
    errors: ['1 image cannot be used.'],
    warnings: ['1 pair looks like one image.'],
    notes: [],
    layout: { dataset: 'mvtec', by: 'folder', fits: true, options: {}, flags: [] },
    categories: null,
    contents: { ...contents, ...changes },
  };
}

const dataset = (maskFile: string): Dataset => {
  const sample = (id: string, label: 0 | 1): Sample => ({ id, label, defect: label ? 'hole' : 'good' });
  const [naughty, good, hole] = [
    sample(NAUGHTY, 0),
    sample('test/good/0.png', 0),
    sample('test/hole/0.png', 1),
  ];
  return {
    name: 'parts',
    category: null,
    train: [naughty],
    test: [good, hole],
    skipped: 0,
    image: async (_, { height, width }) => ({
      height,
      width,
      data: new Uint8Array(3 * height * width).fill(90),
    }),
    mask: async () => null,
    strayMasks: [maskFile],
  };
};

describe.skipIf(executable === null)('the page of a data set', () => {
  let folder: string;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adfw-data-page-'));
    const mask = join(folder, 'mask.png');
    const marked = Uint8Array.from({ length: SIDE * SIDE }, (_, at) => (at % SIDE < SIDE / 2 ? 255 : 0));
    await sharp(marked, { raw: { width: SIDE, height: SIDE, channels: 1 } }).toFile(mask);
    const { bundlePage } = (await import(new URL('../../../bundle.mjs', import.meta.url).href)) as {
      bundlePage: (name: string) => Promise<PageAssets>;
    };
    const share = 0.5;
    const report = reportOf({
      masks: {
        ...contents.masks,
        empty: [{ id: 'test/hole/0.png', files: [mask], share }],
        withoutImage: [mask],
      },
    });
    const pictures = await drawPictures(dataSections(report), dataset(mask), {});
    const html = reportHtml(
      'Data of parts',
      { report, pictures },
      new Map(),
      await bundlePage('data-page'),
      DATA_GENERATOR,
    );
    await writeFile(join(folder, 'page.html'), html);
    browser = await launch(executable as string);
    page = await browser.newPage();
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('dialog', (dialog) => complaints.push(dialog.message()));
    page.on('request', (request) => {
      if (!/^(file|data):/.test(request.url())) complaints.push(request.url());
    });
    await page.goto(pathToFileURL(join(folder, 'page.html')).href);
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
    expect(complaints).toEqual([]);
  });

  it('says whether it can be trained on, and why not', async () => {
    expect(await page.locator('h1').textContent()).toBe('parts cannot be trained on as it is');
    expect(await page.locator('.cost.error').allTextContents()).toEqual(['1 image cannot be used.']);
    expect(await page.locator('.tile b').allTextContents()).toEqual(['3', '1', '1', '32x32']);
  });

  it('shows pairs side by side, masks beside their images, and says where there is no picture', async () => {
    expect(await page.locator('h2').allTextContents()).toEqual([
      'Near-duplicates (1)',
      'Defective images with empty masks (1)',
      'Masks of no image (1)',
      'Least nominal of the nominal images (1)',
    ]);
    const pair = page.locator('.finding').first();
    expect(await pair.locator('figcaption').allTextContents()).toEqual([NAUGHTY, 'test/good/0.png']);
    const images = page.locator('.finding img');
    expect(await images.count()).toBe(5);
    await images.last().scrollIntoViewIfNeeded();
    const drawn = await images.evaluateAll(async (all) => {
      await Promise.all(all.map((image) => (image as HTMLImageElement).decode()));
      return all.map((image) => (image as HTMLImageElement).naturalWidth);
    });
    expect(drawn).toEqual([256, 256, 256, SIDE, SIDE]);
    expect(await page.locator('.no-picture').allTextContents()).toEqual(['no picture']);
  });

  it('has all else to unfold', async () => {
    await page.getByText('Cannot be read (1)').click();
    expect(await page.getByText('it is cut off').first().isVisible()).toBe(true);
  });
});

it('shows the first of many', () => {
  const pair = { one: 'a', other: 'b', kind: 'train', exact: true, similarity: 1 } as const;
  const many = { total: 500, pairs: Array.from({ length: 200 }, () => pair) };
  const [section] = dataSections(reportOf({ duplicates: many }));
  expect([section?.cards.length, section?.total]).toEqual([MOST_SHOWN, 500]);
});
