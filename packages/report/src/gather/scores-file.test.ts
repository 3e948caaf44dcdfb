import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readScores } from './scores-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-scores-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('passes over images without a label, and only over these', async () => {
  const file = join(folder, 'scores.csv');
  const header = 'image,label,defect,score\n';
  await writeFile(file, `${header}a.png,defective,dent,2\nprivate/b.png,,,3\n`);
  expect(await readScores(file)).toEqual([{ id: 'a.png', label: 1, defect: 'dent', score: 2 }]);
  await writeFile(file, `${header}a.png,,dent,2\n`);
  await expect(readScores(file)).rejects.toThrow(/line 2: expected the label nominal or defective/);
});
