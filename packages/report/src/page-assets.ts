import { readFile } from 'node:fs/promises';
import type { PageAssets } from './report-html.js';

/** A built page, beside the built code and, run from the sources, in `dist` too. */
export async function pageAssets(name: 'page' | 'data-page'): Promise<PageAssets> {
  const text = (file: string) => readFile(new URL(`../dist/${file}`, import.meta.url), 'utf8');
  return { script: await text(`${name}.js`), style: await text('page.css') };
}
