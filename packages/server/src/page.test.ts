/** The page in a real browser, used as a person does. Needs Chromium: on the PATH, or named by CHROMIUM_PATH. */

import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BOX, type FakeModel, fakeModel, picture } from './fake-model.test.fixture.js';
import { type PredictionServer, startServer } from './prediction-server.js';

function findBrowser(): string | undefined {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = folders.flatMap((folder) => names.map((name) => join(folder, name)));
  return [process.env.CHROMIUM_PATH ?? '', ...candidates].find((file) => file !== '' && existsSync(file));
}
const executablePath = findBrowser();
if (!executablePath)
  console.log('The page is not tested: there is no Chromium on the PATH, nor one that CHROMIUM_PATH names.');

describe.skipIf(!executablePath)('the page', () => {
  let browser: Browser;
  let folder: string;
  let model: FakeModel;
  let server: PredictionServer;
  /** One for all tests: each page has a process of the browser, which starts for half a second. */
  let page: Page;
  /** What the browser's console complains about: a policy that was broken, a script that failed. */
  const complaints: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adfw-page-'));
    await writeFile(join(folder, 'part.png'), await picture(BOX));
    await writeFile(join(folder, 'clean.png'), await picture());
    await writeFile(
      join(folder, 'part.tif'),
      await sharp(await picture(BOX))
        .tiff()
        .toBuffer(),
    );
    await writeFile(join(folder, 'notes.txt'), 'not an image');
    browser = await chromium.launch({
      executablePath: executablePath as string,
      args: [
        ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
        ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
        ...['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'],
      ],
    });
    page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on('console', (message) => {
      // A refusal by the server is shown on the page; the browser lists it here as well.
      if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
        complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    model = fakeModel();
    server = await startServer(model, { port: 0, imageThreads: 1, limits: { bodyBytes: 3_000_000 } });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    // Nothing of a test goes on in the next one, nor is known there.
    await page.evaluate(() => sessionStorage.clear());
    await page.unrouteAll();
    await page.goto('about:blank');
    expect(complaints.splice(0)).toEqual([]);
  });

  async function open(url = server.url): Promise<void> {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(url);
  }
  const choose = (name: string) =>
    page.getByLabel('Choose an image', { exact: true }).last().setInputFiles(join(folder, name));
  const verdict = () => page.locator('#verdict');
  const alert = () => page.getByRole('alert');
  /** Drops a file where somebody has let it go. */
  async function drop(name: string, content: Buffer, type: string, repeat = 1): Promise<void> {
    const data = await page.evaluateHandle(
      ({ name, bytes, type, repeat }) => {
        const transfer = new DataTransfer();
        const content = new Uint8Array(bytes.length * repeat);
        for (let i = 0; i < repeat; i++) content.set(bytes, i * bytes.length);
        transfer.items.add(new File([content], name, { type }));
        return transfer;
      },
      { name, bytes: [...content], type, repeat },
    );
    await page.dispatchEvent('#drop', 'dragenter', { dataTransfer: data });
    await page.dispatchEvent('#drop', 'drop', { dataTransfer: data });
  }

  it('says what is served, and scores a file that is chosen', async () => {
    await open();
    await page.getByText('stfpm on part, at 24 × 16 pixels').waitFor();
    await choose('part.png');
    await page.getByText('Defective', { exact: true }).waitFor();
    await expect(verdict().textContent()).resolves.toBe('Defective');
    expect(await page.locator('#explanation').textContent()).toBe(
      'One region reaches the threshold; the score is 100 % above it.',
    );
    expect(await page.locator('#facts').textContent()).toContain('Threshold0.5');
    expect(await page.locator('#scale').textContent()).toMatch(/0\s*threshold 0\.5\s*1/);
    expect(await page.locator('#caption').textContent()).toBe('part.png, 24 × 16');
    expect(await page.title()).toBe('Defective (1) – adfw');
    await choose('clean.png');
    await page.getByText('Nominal', { exact: true }).waitFor();
    expect(await page.locator('#outline path').getAttribute('d')).toBe('');
  });

  it('lays the map over the image, as strong as one likes, with the outline on the defect', async () => {
    await open();
    await choose('part.png');
    await verdict().waitFor();
    const strength = page.getByLabel('Strength of the map');
    const opacity = () => page.locator('#heat').evaluate((map) => Number(getComputedStyle(map).opacity));
    expect(await opacity()).toBeCloseTo(0.6);
    await strength.focus();
    for (let press = 0; press < 3; press++) await page.keyboard.press('ArrowRight');
    expect(await opacity()).toBeCloseTo(0.63);
    await page.keyboard.press('End');
    expect(await opacity()).toBe(1);
    expect(await page.locator('#strength-value').textContent()).toBe('100 %');
    const [image, map] = await Promise.all(
      ['#image', '#heat'].map((part) => page.locator(part).boundingBox()),
    );
    expect(map).toEqual(image);
    const loaded = await page.locator('#heat').evaluate((map) => (map as HTMLImageElement).naturalWidth);
    expect(loaded).toBe(24);

    const outline = page.locator('#outline path');
    const line = await outline.boundingBox();
    const factor = (image?.width as number) / 24;
    expect(((line?.x as number) - (image?.x as number)) / factor).toBeCloseTo(BOX.left, 0);
    expect((line?.width as number) / factor).toBeCloseTo(BOX.width, 0);
    await page.getByLabel('Outline of what is defective').uncheck();
    expect(await outline.isVisible()).toBe(false);
  });

  it('scores what is dropped, anywhere', async () => {
    await open();
    await drop('dropped.png', await picture(BOX), 'image/png');
    await page.getByText('dropped.png, 24 × 16').waitFor();
    expect(await verdict().textContent()).toBe('Defective');
  });

  it('takes a picture with the camera', async () => {
    await open();
    await page.getByRole('button', { name: 'Use the camera' }).click();
    await page.getByRole('button', { name: 'Take a picture' }).click();
    await page.getByText(/picture\.jpg, \d{3,} × \d{3,}/).waitFor();
    // The picture of Chromium's fake camera has bright parts.
    expect(['Defective', 'Nominal']).toContain(await verdict().textContent());
    await page.getByRole('button', { name: 'Stop the camera' }).click();
    expect(await page.getByRole('button', { name: 'Use the camera' }).isVisible()).toBe(true);
    expect(await page.locator('#video').isVisible()).toBe(false);
  });

  it('says what is wrong with a file, and goes on with the next', async () => {
    await open();
    await choose('notes.txt');
    await alert().getByText('notes.txt is not JPEG, PNG, BMP, TIFF, WebP, GIF or AVIF.').waitFor();
    await drop('broken.png', (await picture()).subarray(0, 60), 'image/png');
    await alert()
      .getByText(/broken\.png cannot be read as an image/)
      .waitFor();
    await drop('huge.png', Buffer.from([0]), 'image/png', 3_500_000);
    await alert().getByText('huge.png is larger than 2.9 MiB, which is all this server takes.').waitFor();
    await choose('part.png');
    await page.getByText('Defective', { exact: true }).waitFor();
    expect(await alert().isVisible()).toBe(false);
  });

  it('shows the map of an image that the browser cannot show', async () => {
    await open();
    await choose('part.tif');
    await page.getByText('This browser cannot show the image itself: only its map is seen.').waitFor();
    const box = await page.locator('#heat').boundingBox();
    expect((box?.width as number) / (box?.height as number)).toBeCloseTo(24 / 16, 1);
  });

  it('shows the image, verdict and score of a model without maps, and nothing of a map', async () => {
    const other = await startServer(fakeModel({ hasMaps: false }), { port: 0, imageThreads: 1 });
    try {
      await open(other.url);
      await choose('part.png');
      await page.getByText('Defective', { exact: true }).waitFor();
      expect(await page.locator('#explanation').textContent()).toBe(
        'Its score reaches the threshold; the score is 100 % above it.',
      );
      expect(await page.locator('#facts').textContent()).toBe('Score1Threshold0.5Normalised1.00');
      expect(await page.locator('#image').isVisible()).toBe(true);
      for (const part of ['#heat', '#map-controls', '#scale'])
        expect(await page.locator(part).isVisible()).toBe(false);
      await choose('part.tif');
      await page.getByText('This browser cannot show the image itself.', { exact: true }).waitFor();
      expect(await page.locator('#picture').isVisible()).toBe(false);
      await choose('clean.png');
      await page.getByText('Nominal', { exact: true }).waitFor();
      await page.locator('#picture').waitFor();
    } finally {
      await other.close();
    }
  });

  it('lets one of several models be chosen, and says what that one thinks of the image', async () => {
    const other = await startServer(
      [
        { name: 'lids', model: fakeModel() },
        { name: 'caps & lids', model: fakeModel({ factor: 0.25, threshold: 0.4 }) },
      ],
      { port: 0, imageThreads: 1 },
    );
    try {
      await open();
      await page.getByText('stfpm on part').waitFor();
      expect(await page.locator('#model-choice').isVisible()).toBe(false);
      await open(other.url);
      await choose('part.png');
      await page.getByText('Defective', { exact: true }).waitFor();
      expect(await page.getByLabel('Model', { exact: true }).inputValue()).toBe('lids');
      await page.getByLabel('Model', { exact: true }).selectOption('caps & lids');
      await page.getByText('Nominal', { exact: true }).waitFor();
      expect(await page.locator('#facts').textContent()).toContain('Score0.25Threshold0.4');
      await page.locator('#scale-middle', { hasText: 'threshold 0.4' }).waitFor();
      expect(await page.getByLabel('Model', { exact: true }).inputValue()).toBe('caps & lids');
    } finally {
      await other.close();
    }
  });

  it('says that the server is gone', async () => {
    const other = await startServer(fakeModel(), { port: 0, imageThreads: 1 });
    await open(other.url);
    await page.getByText('stfpm on part').waitFor();
    await other.close();
    await choose('part.png');
    await alert().getByText('The server does not answer. Is it still running?').waitFor();
  });

  it('says that the server is full only after it has tried again', async () => {
    let asked = 0;
    await open();
    await page.route('**/predict*', async (route) => {
      asked++;
      await route.fulfill({
        status: 429,
        headers: { 'retry-after': '0', 'content-type': 'application/json' },
        body: '{"error":"64 images are waiting already.","code":"too-busy"}',
      });
    });
    await choose('part.png');
    await alert().getByText('64 images are waiting already.').waitFor();
    expect(asked).toBeGreaterThan(2);
  });

  it('asks for the token, refuses a wrong one, and keeps the right one for the tab', async () => {
    const guarded = await startServer(fakeModel(), {
      port: 0,
      imageThreads: 1,
      token: 'correct-horse-battery',
    });
    try {
      await open(guarded.url);
      const field = page.getByLabel('Token of this server');
      await field.fill('wrong');
      await page.keyboard.press('Enter');
      await alert().getByText('This is not the token of the server.').waitFor();
      await field.fill('correct-horse-battery');
      await page.getByRole('button', { name: 'Use it' }).click();
      await page.getByText('stfpm on part').waitFor();
      expect(await field.isVisible()).toBe(false);
      await choose('part.png');
      await page.getByText('Defective', { exact: true }).waitFor();
      await page.reload();
      await page.getByText('stfpm on part').waitFor();
    } finally {
      await guarded.close();
    }
  });

  it('can be used with the keyboard alone, and fits a narrow window', async () => {
    await open();
    await page.setViewportSize({ width: 400, height: 800 });
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('file');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('camera-open');
    await choose('part.png');
    await page.getByText('Defective', { exact: true }).waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
  });
});
