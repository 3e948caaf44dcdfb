/** The page and what it loads, as `bundle.mjs` has built them. */
import { readFile } from 'node:fs/promises';

export interface PageFile {
  readonly url: string;
  readonly type: string;
  readonly content: Buffer;
}

const FOLDER = new URL('../dist/assets/', import.meta.url);

const files = [
  { url: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { url: '/page.css', file: 'page.css', type: 'text/css; charset=utf-8' },
  { url: '/page.js', file: 'page.js', type: 'text/javascript; charset=utf-8' },
  { url: '/icon.svg', file: 'icon.svg', type: 'image/svg+xml' },
];

export const readPageFiles = (): Promise<PageFile[]> =>
  Promise.all(
    files.map(async ({ url, file, type }) => ({ url, type, content: await readFile(new URL(file, FOLDER)) })),
  );
