/** What a person does with a report, in a real browser. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumPath, launch } from '../chromium.test.fixture.js';
import { gatherReport } from '../gather/gather-report.js';
import { type PageAssets, reportHtml } from '../report-html.js';
import { DEFECT, epoch, epochs, SIDE, type TestRun, writeTestRun } from '../test-run.test.fixture.js';

const executable = chromiumPath();

const rounded = (score: number) => Number(score.toFixed(2));
const images = [
  ...Array.from({ length: 15 }, (_, i) => ({ id: `test/good/${i}.png`, score: rounded(0.05 + 0.02 * i) })),
  ...Array.from({ length: 12 }, (_, i) => ({ id: `test/hole/${i}.png`, score: rounded(0.21 + 0.05 * i) })),
  { id: 'test/scratch/<img src=x onerror=alert(1)>.png', score: 0.15 },
  { id: 'test/all/0.png', score: 0.95 },
];
/** Some of both kinds. */
const few = images.slice(12, 18);
const isDefective = (id: string) => !id.startsWith('test/good/');
const DEPLOYED = 0.3;

/** What a plain computation says of a threshold. */
function plainCounts(threshold: number) {
  const called = images.filter(({ score }) => score >= threshold);
  const found = called.filter(({ id }) => isDefective(id)).length;
  const defective = images.filter(({ id }) => isDefective(id)).length;
  const measure = (value: number) => value.toFixed(3);
  return {
    falseBads: `${called.length - found} / ${images.length - defective}`,
    falseGoods: `${defective - found} / ${defective}`,
    precision: called.length === 0 ? '–' : measure(found / called.length),
    recall: measure(found / defective),
  };
}

describe.skipIf(executable === null)('a report in a browser', () => {
  let folder: string;
  let browser: Browser;
  let assets: PageAssets;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adfw-report-page-'));
    const { bundlePage } = (await import(new URL('../../bundle.mjs', import.meta.url).href)) as {
      bundlePage: () => Promise<PageAssets>;
    };
    assets = await bundlePage();
    browser = await launch(executable as string);
    const history = epochs([9, 8], [5, 6], [4, 5]);
    await writeReportOf('run', { images, deployed: DEPLOYED, heldOutScores: [0.1, 0.3], history });
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const fileOf = (name: string) => join(folder, `${name}.html`);
  const writeHtml = async (name: string, runs: readonly string[]) => {
    const { document, pictures } = await gatherReport(runs.map((run) => join(folder, run)));
    await writeFile(fileOf(name), reportHtml(name, document, pictures, assets));
  };
  async function writeReportOf(name: string, run: Omit<TestRun, 'data'>) {
    await writeTestRun(join(folder, name), { data: join(folder, `${name}-data`), ...run });
    await writeHtml(name, [name]);
  }
  /** The one of all tests that ask for nothing of their own: each page has a process of the browser, which starts for half a second. */
  let shared: Page | undefined;
  let opened: string;
  const openPage = async (name: string, options?: Parameters<Browser['newPage']>[0]) => {
    opened = pathToFileURL(fileOf(name)).href;
    if (!options) shared ??= await newPage();
    page = options ? await newPage(options) : (shared as Page);
    await page.goto(opened);
  };
  async function newPage(options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
    const made = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    made.setDefaultTimeout(0);
    made.on('console', (message) => complaints.push(message.text()));
    made.on('pageerror', ({ message }) => complaints.push(message));
    made.on('dialog', (dialog) => complaints.push(`dialog: ${dialog.message()}`));
    made.on('request', (request) => {
      if (request.url() !== opened) complaints.push(`request: ${request.url()}`);
    });
    return made;
  }
  beforeEach(() => {
    complaints.length = 0;
  });
  afterEach(async () => {
    // Nothing of a test goes on in the next one.
    await (page === shared ? page.goto('about:blank') : page.close());
    expect(complaints, 'the console, and requests that leave the page').toEqual([]);
  });

  const frame = () =>
    page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const counts = async () => {
    await frame();
    const of = (measure: string) => page.locator(`[data-measure=${measure}] b`).textContent();
    const [falseBads, falseGoods, precision, recall] = await Promise.all(
      ['falseBads', 'falseGoods', 'precision', 'recall'].map(of),
    );
    return { falseBads, falseGoods, precision, recall };
  };
  const thresholdNow = async () => {
    await frame();
    return Number(await page.locator('.threshold-slider').getAttribute('aria-valuenow'));
  };
  const shownNames = async () => {
    await frame();
    return page.locator('.gallery .name').allTextContents();
  };
  const card = (id: string) => page.locator('.gallery li', { has: page.getByText(id, { exact: true }) });
  /** The canvas of an image, once it is drawn. */
  const canvasOf = async (id: string) => {
    await card(id).scrollIntoViewIfNeeded();
    await page.waitForFunction((li) => li?.classList.contains('drawn'), await card(id).elementHandle());
    await frame();
    return card(id).locator('canvas');
  };
  type Color = readonly [red: number, green: number, blue: number];
  /** Where a colour is on the picture of an image, by columns, 0 to 1. */
  const columnsOf = async (id: string, color: Color) =>
    (await canvasOf(id)).evaluate((drawn: HTMLCanvasElement, color) => {
      const { width, height } = drawn;
      const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
      context?.drawImage(drawn, 0, 0);
      const data = context?.getImageData(0, 0, width, height).data ?? [];
      const columns = new Set<number>();
      for (let i = 0; i < data.length; i += 4) {
        const distance = color.reduce(
          (sum, value, channel) => sum + Math.abs(value - (data[i + channel] as number)),
          0,
        );
        if (distance < 120) columns.add(((i / 4) % width) / width);
      }
      return [...columns];
    }, color);
  const PREDICTED = [255, 140, 0] as const;
  const TRUE = [0, 168, 255] as const;

  it('begins with the verdict, at the deployed threshold', async () => {
    await openPage('run');
    expect(await page.title()).toBe('run');
    expect(await page.locator('h1').textContent()).toBe('stfpm on tiles');
    const [deployed, benchmark] = await page.locator('.cost').allInnerTexts();
    expect(deployed).toContain(
      '2 of 15 good images are called defective and 3 of 14 defective images are missed',
    );
    expect(benchmark).toContain('threshold 0.1500');
    expect(await thresholdNow()).toBe(DEPLOYED);
    expect(await counts()).toEqual(plainCounts(DEPLOYED));
    for (const title of ['Scores of the test images', 'ROC curve', 'Precision-recall curve', 'Training'])
      expect(await page.locator('figure', { hasText: title }).locator('svg path').count()).toBeGreaterThan(0);
  });

  it('counts anew while the line in the histogram is dragged with the mouse', async () => {
    await openPage('run');
    const grip = await page.locator('.threshold-grip').boundingBox();
    const start = { x: (grip?.x ?? 0) + 7, y: (grip?.y ?? 0) + 60 };
    await page.mouse.move(start.x, start.y);
    await page.mouse.down();
    const seen = new Set<string>();
    for (const by of [40, 90, 160, -60, -140]) {
      await page.mouse.move(start.x + by, start.y, { steps: 3 });
      const threshold = await thresholdNow();
      expect(await counts()).toEqual(plainCounts(threshold));
      const line = await page.locator('.threshold-line').boundingBox();
      expect(Math.abs((line?.x ?? 0) - (start.x + by))).toBeLessThan(2);
      seen.add(JSON.stringify(plainCounts(threshold)));
    }
    await page.mouse.up();
    expect(seen.size).toBe(5);
    const before = await thresholdNow();
    await page.mouse.move(start.x + 200, start.y);
    expect(await thresholdNow()).toBe(before);
  });

  it('is dragged with a finger', async () => {
    await openPage('run', { viewport: { width: 400, height: 900 }, hasTouch: true, isMobile: true });
    await page.locator('.threshold-grip').scrollIntoViewIfNeeded();
    const grip = await page.locator('.threshold-grip').boundingBox();
    const client = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', by: number) =>
      client.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: type === 'touchEnd' ? [] : [{ x: (grip?.x ?? 0) + 7 + by, y: (grip?.y ?? 0) + 10 }],
      });
    await touch('touchStart', 0);
    for (const by of [10, 30, 60]) await touch('touchMove', by);
    await touch('touchEnd', 60);
    const threshold = await thresholdNow();
    expect(threshold).toBeGreaterThan(DEPLOYED + 0.05);
    expect(await counts()).toEqual(plainCounts(threshold));
  });

  it('is moved with keys, by one image at a time, and typed', async () => {
    await openPage('run');
    await page.locator('.threshold-slider').focus();
    await page.keyboard.press('ArrowRight');
    expect(await thresholdNow()).toBeCloseTo(0.31, 9);
    await page.keyboard.press('ArrowLeft');
    expect(await thresholdNow()).toBeCloseTo(0.29, 9);
    await page.keyboard.press('Home');
    expect(await counts()).toEqual(plainCounts(0.05));
    await page.keyboard.press('End');
    expect(await counts()).toEqual(plainCounts(9));
    const text = await page.locator('.threshold-slider').getAttribute('aria-valuetext');
    expect(text).toContain('14 of 14 defective images are missed');

    const number = page.getByLabel('Threshold', { exact: true }).and(page.locator('input'));
    await number.fill('0.42');
    expect(await counts()).toEqual(plainCounts(0.42));
    await number.fill('');
    expect(await number.getAttribute('aria-invalid')).toBe('true');
    expect(await counts()).toEqual(plainCounts(0.42));
    await page.getByRole('button', { name: 'benchmark' }).click();
    expect(await counts()).toEqual(plainCounts(0.15));
    expect(await number.inputValue()).toBe('0.15');
  });

  it('filters and sorts the pictures, which follow the threshold', async () => {
    await openPage('run');
    const byScore = images.toSorted((a, b) => b.score - a.score || images.indexOf(a) - images.indexOf(b));
    expect(await shownNames()).toEqual(byScore.map(({ id }) => id));
    const wrong = (threshold: number) =>
      byScore.filter(({ id, score }) => score >= threshold !== isDefective(id)).map(({ id }) => id);
    await page.getByLabel('Verdict').selectOption('wrong');
    expect(await shownNames()).toEqual(wrong(DEPLOYED));
    await page.locator('#threshold-number').fill('0.5');
    expect(await shownNames()).toEqual(wrong(0.5));
    await page.getByLabel('Kind').selectOption({ label: 'scratch' });
    expect(await shownNames()).toEqual(['test/scratch/<img src=x onerror=alert(1)>.png']);
    await page.getByLabel('Verdict').selectOption('right');
    expect(await shownNames()).toEqual([]);
    expect(await page.locator('.empty').isVisible()).toBe(true);
    await page.getByLabel('Verdict').selectOption('all');
    // A kind that is called as the choice of all of them.
    await page.getByLabel('Kind').selectOption('3');
    expect(await shownNames()).toEqual(['test/all/0.png']);
    await page.getByLabel('Kind').selectOption('');
    await page.getByLabel('Sort').selectOption('name');
    expect(await shownNames()).toEqual(images.map(({ id }) => id));
  });

  it('outlines what is predicted at the threshold, and the true defect', async () => {
    await openPage('run');
    await page.getByLabel('heat map').first().fill('0');
    const id = 'test/hole/11.png';
    const [from, to] = [DEFECT.from / SIDE, DEFECT.to / SIDE];
    const near = (value: number) => expect(Math.abs(value)).toBeLessThan(0.04);
    const truth = await columnsOf(id, TRUE);
    near(Math.min(...truth) - from);
    near(Math.max(...truth) - to);

    const widthAt = async (threshold: number) => {
      await page.locator('#threshold-number').fill(String(threshold));
      const columns = await columnsOf(id, PREDICTED);
      return columns.length === 0 ? 0 : Math.max(...columns) - Math.min(...columns);
    };
    // The map falls by 1/48 of its highest value a pixel: at 80 % of it the ten nearest to each side are above.
    near((await widthAt(0.8 * 0.76)) - 20 / SIDE);
    near((await widthAt(0.9 * 0.76)) - 10 / SIDE);
    expect(await widthAt(0.77)).toBe(0);
    await page.locator('#threshold-number').fill('0.3');
    await page.getByLabel('predicted outline').first().uncheck();
    expect(await columnsOf(id, PREDICTED)).toEqual([]);
  });

  it('shows as much of the heat map as is asked for', async () => {
    await openPage('run');
    const middle = async () =>
      (await canvasOf('test/all/0.png')).evaluate((drawn: HTMLCanvasElement) => {
        const context = new OffscreenCanvas(1, 1).getContext('2d');
        context?.drawImage(
          drawn,
          -Math.round((drawn.width * 17) / 48),
          -Math.round((drawn.height * 17) / 48),
        );
        return [...(context?.getImageData(0, 0, 1, 1).data ?? [])];
      });
    await page.getByLabel('heat map').first().fill('0');
    const [red = 0, , blue = 0] = await middle();
    expect(Math.abs(red - 60)).toBeLessThan(12);
    expect(Math.abs(blue - red)).toBeLessThan(12);
    await page.getByLabel('heat map').first().fill('100');
    const hot = await middle();
    expect(hot[0]).toBeGreaterThan(200);
  });

  it('opens an image with the keyboard, goes on from there, and comes back', async () => {
    await openPage('run');
    await page.getByLabel('Sort').selectOption('name');
    await page.locator('.gallery .card').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    const columns = await page
      .locator('.gallery')
      .evaluate((list) => getComputedStyle(list).gridTemplateColumns.split(' ').length);
    await page.keyboard.press('Enter');
    const dialog = page.locator('dialog.viewer');
    const title = () => dialog.locator('h2').textContent();
    expect(await title()).toBe(images[1 + columns]?.id);
    await page.waitForFunction(() =>
      [...document.querySelectorAll('dialog canvas')].every(
        (canvas) => (canvas as HTMLCanvasElement).width > 400,
      ),
    );
    await page.keyboard.press('ArrowRight');
    expect(await title()).toBe(images[2 + columns]?.id);
    expect(await dialog.locator('figure').count()).toBe(2);
    await page.keyboard.press('Escape');
    expect(await dialog.isVisible()).toBe(false);
    await page.waitForFunction(
      (id) => document.activeElement?.getAttribute('aria-label')?.startsWith(`${id}, `),
      images[2 + columns]?.id,
    );
    await page.keyboard.press('Home');
    await page.keyboard.press('Space');
    expect(await title()).toBe(images[0]?.id);
    await dialog.getByRole('button', { name: 'Close' }).click();
    expect(await dialog.isVisible()).toBe(false);
  });

  it('is printed dark on white, without controls, in dark mode too', async () => {
    await openPage('run', { colorScheme: 'dark' });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await background()).not.toBe('rgb(255, 255, 255)');
    await page.waitForFunction(() => document.querySelectorAll('.gallery li.drawn').length >= 24);
    await page.emulateMedia({ media: 'print' });
    expect(await background()).toBe('rgb(255, 255, 255)');
    expect(await page.locator('.gallery-controls').isVisible()).toBe(false);
    expect(await page.locator('.gallery li:visible').count()).toBeGreaterThanOrEqual(24);
    expect((await page.pdf()).length).toBeGreaterThan(20_000);
  });

  it.each([1280, 400])('does not scroll sideways at %i pixels', async (width) => {
    await openPage('run', { viewport: { width, height: 800 } });
    await frame();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
  });

  it.each([
    ['without masks', { images: few, withMasks: false }],
    ['whose maps are gone', { images: few, withMaps: false, history: epochs([2, null]) }],
    ['of a model without maps', { images: few, hasMaps: false, history: [] }],
    ['of good images only', { images: images.slice(0, 5), deployed: 0.1 }],
    ['of defective images only', { images: images.slice(15, 20) }],
    ['of equal scores', { images: few.map(({ id }) => ({ id, score: 0.5 })), history: [] }],
    ['of no test images', { images: [], heldOutScores: [1], deployed: 1 }],
  ] as const)('opens %s', async (name, run) => {
    await writeReportOf(name, run);
    await openPage(name);
    await frame();
    expect(await page.locator('h1').textContent()).toBe('stfpm on tiles');
    const cards = page.locator('.gallery li');
    expect(await cards.count()).toBe(run.images.length);
    if (run.images.length > 0) {
      await page.locator('.threshold-slider').focus();
      await page.keyboard.press('End');
      expect((await counts()).falseBads).toMatch(/^0 \//);
      await page.keyboard.press('Home');
      expect((await counts()).falseGoods).toMatch(/^0 \//);
      await cards.first().locator('button').click();
      expect(await page.locator('dialog.viewer').isVisible()).toBe(true);
    }
  });

  const tileNames = () => page.locator('.tile span').allTextContents();
  const controls = () => page.locator('.gallery-controls input').count();

  it('shows images, scores and verdicts of a model without maps, and nothing of maps', async () => {
    await writeReportOf('scores', { images, deployed: DEPLOYED, hasMaps: false, history: [] });
    await openPage('scores');
    await frame();
    expect(await page.locator('header.verdict p').nth(1).textContent()).toBe(
      'Fitted to 10 good images, none held out (12 s, onnxruntime on cpu). Its model, of-the-test, is not trained: it takes what it needs from these images. Tested on 15 good images and 14 defective ones.',
    );
    expect(await tileNames()).toEqual(['Image AUROC', 'F1', 'Precision', 'Recall']);
    expect(await page.locator('figure h3').allTextContents()).toEqual([
      'Scores of the test images',
      'ROC curve',
      'Precision-recall curve',
    ]);
    const rows = await page.locator('.details th').allTextContents();
    expect(rows.filter((name) => /pixel|AUPRO|Dice|Training/i.test(name))).toEqual([]);
    expect(rows).toContain('Fitting');
    // The outline of the true defect is all there is to choose.
    expect(await controls()).toBe(1);
    expect((await columnsOf('test/hole/11.png', TRUE)).length).toBeGreaterThan(0);
    expect(await columnsOf('test/hole/11.png', PREDICTED)).toEqual([]);
    await card('test/hole/11.png').locator('button').click();
    const dialog = page.locator('dialog.viewer');
    await page.waitForFunction(
      () => (document.querySelector('dialog canvas') as HTMLCanvasElement | null)?.width === 900,
    );
    expect(await dialog.locator('figcaption').allTextContents()).toEqual(['image']);
    expect(await dialog.locator('.viewer-facts').textContent()).toBe(
      'found defective: hole, score 0.7600, threshold 0.3000',
    );
    expect(await dialog.locator('input').count()).toBe(1);
    expect(await page.locator('main').textContent()).not.toMatch(/heat map|predicted outline|pixel AUROC–/i);
  });

  it('draws each stage of the training, each learner by its name', async () => {
    const history = [
      ...[1, 2, 3].map((number) =>
        epoch(number, { first: [9 / number, 8 / number], second: [7 / number, 6 / number] }, 'pair'),
      ),
      ...[1, 2].map((number) => epoch(number, { flow: [5 / number, null] }, 'density')),
    ];
    await writeReportOf('stages', { images: few, history });
    await openPage('stages');
    await frame();
    const chart = (title: string) =>
      page.locator('figure', { has: page.getByRole('heading', { name: title, exact: true }) }).first();
    const pair = chart('Training: pair');
    // Dashed for the training, solid for the held-out images.
    expect(await pair.locator('g[aria-label=line] path').count()).toBe(4);
    expect(await pair.locator('g[stroke-dasharray] path').count()).toBe(2);
    expect(await pair.locator('[class*=swatches]').textContent()).toMatch(/first\s*second/);
    expect(await pair.locator('figcaption').textContent()).toBe(
      'Dashed is the training, solid the held-out images. The circles are the epochs that were kept, with the lowest loss on held-out images.',
    );
    const density = chart('Training: density');
    expect(await density.locator('g[aria-label=line] path').count()).toBe(1);
    expect(await density.locator('figcaption').textContent()).toBe(
      'No image was held out: the last epoch was kept.',
    );
    expect(await page.locator('header.verdict p').nth(1).textContent()).toContain(
      'for 3 epochs of pair and 2 epochs of density (12 s',
    );
  });

  it('compares runs: a table, curves, and the images that they call differently', async () => {
    const other = images.map(({ id, score }, i) => ({
      id,
      score: i === 3 || i === 20 ? 0.35 - score : score,
    }));
    const data = join(folder, 'run-data');
    await writeTestRun(join(folder, 'other'), { data, images: other, deployed: DEPLOYED, method: 'fvv' });
    await writeHtml('comparison', ['run', 'other']);
    await openPage('comparison');
    await frame();
    expect(await page.locator('h1').textContent()).toBe('2 runs on tiles');
    expect(await page.locator('table.comparison tbody th').allInnerTexts()).toEqual(['run', 'other']);
    const mistakes = await page.locator('table.comparison tbody tr').first().locator('td').allInnerTexts();
    const { falseBads, falseGoods } = plainCounts(DEPLOYED);
    expect(mistakes.slice(10, 12)).toEqual([falseBads, falseGoods].map((text) => text.replace('/', 'of')));
    expect(
      await page.locator('figure', { hasText: 'ROC curve' }).locator('g[aria-label=line] path').count(),
    ).toBe(3);
    const differs = images.filter(
      ({ score }, i) => score >= DEPLOYED !== (other[i]?.score as number) >= DEPLOYED,
    );
    expect(differs.length).toBeGreaterThan(0);
    expect(await shownNames()).toEqual(differs.map(({ id }) => id));
    await page.getByLabel('Right by').selectOption({ label: 'other' });
    expect(await shownNames()).toEqual([]);
    await page.getByLabel('Right by').selectOption({ label: 'run' });
    await page.locator('.gallery .card').first().click();
    await page.waitForFunction(() =>
      [...document.querySelectorAll('dialog canvas')].every(
        (canvas) => (canvas as HTMLCanvasElement).width > 400,
      ),
    );
    expect(await page.locator('dialog figcaption').allInnerTexts()).toEqual([
      'image',
      'run: defective, right, score 0.4600',
      'other: good, wrong, score -0.1100',
    ]);
  });

  it('compares a run without maps with others, and with its like', async () => {
    const data = join(folder, 'run-data');
    const flipped = images.map(({ id, score }) => ({ id, score: 1 - score }));
    const scoresOnly = { data, deployed: DEPLOYED, hasMaps: false, history: [] };
    await writeTestRun(join(folder, 'bare'), { ...scoresOnly, images: flipped });
    await writeTestRun(join(folder, 'like'), { ...scoresOnly, images });
    await writeHtml('mixed', ['run', 'bare']);
    await openPage('mixed');
    const columns = () => page.locator('table.comparison thead th').allTextContents();
    const rows = page.locator('table.comparison tbody tr');
    const at = (await columns()).indexOf('Pixel AUROC') - 1;
    expect(await rows.nth(1).locator('td').nth(at).textContent()).toBe('–');
    expect(await rows.nth(0).locator('td').nth(at).textContent()).not.toBe('–');
    expect((await columns()).at(-2)).toBe('Fitting');
    const open = async (id: string) => {
      await card(id).locator('button').click();
      await page.waitForFunction(() =>
        [...document.querySelectorAll('dialog canvas')].every(
          (canvas) => (canvas as HTMLCanvasElement).width > 400,
        ),
      );
      return {
        panels: await page.locator('dialog figcaption').allTextContents(),
        facts: await page.locator('.viewer-facts').textContent(),
      };
    };
    expect(await open('test/good/0.png')).toEqual({
      panels: ['image', 'run: good, right, score 0.05000'],
      facts: 'good. bare: defective, wrong, score 0.9500',
    });
    await writeHtml('bare-ones', ['bare', 'like']);
    await openPage('bare-ones');
    expect((await columns()).filter((name) => /pixel|AUPRO|Dice/i.test(name))).toEqual([]);
    expect(await controls()).toBe(0);
    expect(await open('test/good/0.png')).toEqual({
      panels: ['image'],
      facts: 'good. bare: defective, wrong, score 0.9500. like: good, right, score 0.05000',
    });
    expect(await page.locator('dialog input').count()).toBe(1);
  });

  it('is a file of its own: nothing of it lies elsewhere', async () => {
    await openPage('run');
    expect(await readFile(fileOf('run'), 'utf8')).not.toMatch(/https?:\/\/(?!www\.w3\.org\/)/);
  });
});
