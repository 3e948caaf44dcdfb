/** Builds the page as its README says, and does with it in Chromium what a person does. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createDetector, loadDetector, type Prediction } from 'adfw';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSample } from '../../packages/adfw/src/images.test.fixture.js';
import { type StaticServer, serveFolder } from '../../packages/adfw/src/static-server.test.fixture.js';
import { chromiumPath, launch } from '../../packages/report/src/chromium.test.fixture.js';

const executable = chromiumPath();

describe.skipIf(executable === null)('the page', () => {
  let folder: string;
  let server: StaticServer;
  let browser: Browser;
  let page: Page;
  let defective: string;
  let good: string;
  /** What Node says of the two. */
  let expected: Prediction[];
  const requests: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adfw-page-'));
    const files = await writeSample(folder, 80, 8);
    [defective, good] = [files.test[0] as string, files.test[2] as string];
    const [model, site] = [join(folder, 'model'), join(folder, 'site')];
    const detector = await createDetector({
      method: 'stfpm',
      images: { size: 64 },
      model: { teacher: { weights: 'built-in' }, layers: ['layer1'], training: { epochs: 2 } },
      fit: { batchSize: 4 },
    });
    await detector.fit(files.train);
    const [high, low] = await detector.predict([defective, good]);
    await detector.save(model);
    await detector.dispose();
    // Between the two, so that the verdicts differ.
    const threshold = ((high?.score ?? 0) + (low?.score ?? 0)) / 2;
    const loaded = await loadDetector(model, { threshold });
    expected = await loaded.predict([defective, good]);
    await loaded.save(model);
    await loaded.dispose();
    const build = fileURLToPath(new URL('build.mjs', import.meta.url));
    await promisify(execFile)(process.execPath, [build, model, site]);

    server = await serveFolder(site);
    browser = await launch(executable as string);
    page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(server.url);
    await page.getByText('The model is loaded, on wasm.').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const shown = async (id: string) => page.locator(`#${id}`).textContent();

  it('says of a chosen image what Node says of it', async () => {
    const input = page.getByLabel('Choose an image, or drop one here.');
    for (const [index, [file, verdict]] of [
      [defective, 'Anomalous'] as const,
      [good, 'Good'] as const,
    ].entries()) {
      await input.setInputFiles(file);
      await page.getByText(verdict, { exact: true }).waitFor();
      expect(await shown('score')).toBe(expected[index]?.score.toPrecision(4));
      expect(await shown('threshold')).toBe(expected[index]?.threshold?.toPrecision(4));
      expect(expected[index]?.anomalous).toBe(verdict === 'Anomalous');
    }
  });

  it('draws the map over the image, as strongly as is asked for', async () => {
    await page.getByLabel('Choose an image, or drop one here.').setInputFiles(defective);
    await page.getByText('Anomalous', { exact: true }).waitFor();
    const [width, opaque] = await page.locator('#map').evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const context = (canvas as HTMLCanvasElement).getContext('2d') as CanvasRenderingContext2D;
      const { data } = context.getImageData(0, 0, width, height);
      return [width, data.filter((value, index) => index % 4 === 3 && value >= 127).length];
    });
    const above = expected[0]?.map?.data.filter((value) => value >= (expected[0]?.threshold as number));
    expect(width).toBe(64);
    // Half opaque is the threshold; rounding decides of those right at it.
    expect(Math.abs((opaque as number) - (above as Float32Array).length)).toBeLessThan(20);
    await page.getByLabel('Strength of the anomaly map').press('Home');
    expect(await page.locator('#map').evaluate((canvas) => canvas.style.opacity)).toBe('0');
  });

  it('takes a dropped image, and says what is wrong with another file', async () => {
    const drop = async (name: string, bytes: Uint8Array) =>
      page.locator('#drop').evaluate(
        (element, { name, data }) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([new Uint8Array(data)], name));
          element.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
        },
        { name, data: [...bytes] },
      );
    await drop('notes.txt', new TextEncoder().encode('no image'));
    await page.getByText('The browser cannot decode the image').waitFor();
    expect(await page.locator('#result').isHidden()).toBe(true);
    await drop('dropped.png', await readFile(good));
    await page.getByText('dropped.png, on wasm.').waitFor();
    expect(await shown('verdict')).toBe('Good');
  });

  it('asks nobody but its own server, for nothing that is not there', () => {
    expect(requests.filter((url) => !url.startsWith(server.url) && !/^(blob|data):/.test(url))).toEqual([]);
    expect(server.missing).toEqual([]);
  });

  it('says where there is no model', async () => {
    await writeFile(join(folder, 'site/model/manifest.json'), '<!doctype html>');
    const other = await browser.newPage();
    other.setDefaultTimeout(0);
    await other.goto(server.url);
    await other.getByText(/manifest .*manifest\.json is damaged/).waitFor();
    expect(await other.locator('#file').isDisabled()).toBe(true);
    await other.close();
  });
});
