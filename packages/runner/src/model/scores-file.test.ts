import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkScoresFile, createScoresFile, type ScoreEntry } from './scores-file.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-scores-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const scored: ScoreEntry = {
  image: 'a "b", c.png',
  score: 0.25,
  normalizedScore: 0.5,
  threshold: 0.25,
  verdict: 'defective',
  overlay: 'out/a.png',
};
const unscored: ScoreEntry = { ...scored, normalizedScore: null, threshold: null, verdict: null };
const bad: ScoreEntry = { image: 'bad.png', error: 'bad.png is cut off.' };

describe('the scores file', () => {
  it('has a line on the disk for each entry that was appended, before it is closed', async () => {
    const path = join(folder, 'scores.jsonl');
    const file = await createScoresFile(path);
    expect(await readFile(path, 'utf8')).toBe('');
    await file.append(scored);
    expect(await readFile(path, 'utf8')).toBe(`${JSON.stringify(scored)}\n`);
    await file.append(bad);
    expect(await readFile(path, 'utf8')).toBe(`${JSON.stringify(scored)}\n${JSON.stringify(bad)}\n`);
    await file.close();
  });

  it('is CSV where its name says so, with all columns for every line', async () => {
    const path = join(folder, 'scores.CSV');
    const file = await createScoresFile(path);
    for (const entry of [scored, unscored, bad]) await file.append(entry);
    await file.close();
    expect(await readFile(path, 'utf8')).toBe(
      [
        'image,score,normalizedScore,threshold,verdict,overlay,error',
        '"a ""b"", c.png",0.25,0.5,0.25,defective,out/a.png,',
        '"a ""b"", c.png",0.25,,,,out/a.png,',
        'bad.png,,,,,,bad.png is cut off.',
        '',
      ].join('\n'),
    );
  });

  it('is a new one, of a known format, in a folder that is there', async () => {
    const there = join(folder, 'there.csv');
    await (await createScoresFile(there)).close();
    const before = await readFile(there, 'utf8');
    const refused = (path: string, message: RegExp) =>
      expect(checkScoresFile(path)).rejects.toThrow(
        expect.objectContaining({ name: 'ConfigurationError', message: expect.stringMatching(message) }),
      );
    await refused(there, /there\.csv is there already, and is not replaced; name a new file with --scores/);
    await refused(join(folder, 'scores.txt'), /scores\.txt: .* end in \.csv or \.jsonl/);
    await refused(join(folder, 'no/scores.csv'), /no folder .*no; create it first/);
    await checkScoresFile(join(folder, 'new.jsonl'));
    // Another may have made it since it was looked for.
    await writeFile(join(folder, 'new.jsonl'), 'theirs');
    await expect(createScoresFile(join(folder, 'new.jsonl'))).rejects.toThrow(/new\.jsonl cannot be written/);
    expect(await readFile(join(folder, 'new.jsonl'), 'utf8')).toBe('theirs');
    expect(await readFile(there, 'utf8')).toBe(before);
  });
});
