import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { defaultRunFolder } from './run-folder.js';

const now = new Date(2025, 0, 31, 7, 4, 5);
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

it('names the method, the category or the folder of images, and the time', () => {
  const folderOf = (dataset: { type: string; category?: string | null; root?: string }) =>
    defaultRunFolder({ method: 'fvv', dataset }, now);
  expect(folderOf({ type: 'mvtec', category: 'metal nut', root: '/data/mvtec' })).toBe(
    join('adfw-runs', 'fvv-metal-nut-20250131-070405'),
  );
  expect(folderOf({ type: 'mvtec', category: null, root: '/data/tiles' })).toBe(
    join('adfw-runs', 'fvv-tiles-20250131-070405'),
  );
  expect(folderOf({ type: 'folder' })).toBe(join('adfw-runs', 'fvv-folder-20250131-070405'));
});

it('adds a number where the folder is taken', () => {
  const parent = mkdtempSync(join(tmpdir(), 'adfw-'));
  folders.push(parent);
  const request = { method: 'fvv', dataset: { type: 'sample' } };
  const first = defaultRunFolder(request, now, parent);
  expect(first).toBe(join(parent, 'fvv-sample-20250131-070405'));
  mkdirSync(first);
  expect(defaultRunFolder(request, now, parent)).toBe(`${first}-2`);
  mkdirSync(`${first}-2`);
  expect(defaultRunFolder(request, now, parent)).toBe(`${first}-3`);
});
