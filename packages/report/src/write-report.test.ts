import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gatherReport } from './gather/gather-report.js';
import { writeTestRun } from './test-run.test.fixture.js';
import { writeReport } from './write-report.js';

const images = [
  { id: 'test/good/0.png', score: 0.1 },
  { id: 'test/good/a, "b".png', score: 0.3 },
  { id: 'test/hole/0.png', score: 0.25 },
  { id: 'test/hole/1.png', score: 0.9 },
];

let folder: string;
const at = (...path: string[]) => join(folder, ...path);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-report-'));
  await writeTestRun(at('one'), { data: at('data'), images, deployed: 0.5, heldOutScores: [0.2, 0.5] });
  const swapped = images.map(({ id, score }, index) => ({ id, score: index === 0 ? 0.8 : score }));
  await writeTestRun(at('two'), { data: at('data'), images: swapped, deployed: 0.5, method: 'fvv' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('what a report gathers', () => {
  it('is the scores, thresholds and history of the run, as they were saved', async () => {
    const { document, pictures } = await gatherReport([at('one')]);
    const [run] = document.runs;
    expect(run).toMatchObject({
      name: 'one',
      method: 'stfpm',
      scores: images.map(({ score }) => score),
      thresholds: { deployed: 0.5, benchmark: 0.25 },
      heldOutScores: [0.2, 0.5],
    });
    expect(run?.history.map(({ heldOutLoss }) => heldOutLoss)).toEqual([{ network: 8 }, { network: 6 }]);
    expect(run?.training).toEqual([{ stage: 'networks', kept: { network: 2 } }]);
    expect(run?.hasMaps).toBe(true);
    expect(document.images.map(({ id, label, defect }) => ({ id, label, defect }))).toEqual(
      images.map(({ id }, index) => ({ id, label: index < 2 ? 0 : 1, defect: index < 2 ? 'good' : 'hole' })),
    );
    expect([...pictures.keys()]).toEqual([0, 1, 2, 3]);
    expect(document.notes).toEqual([]);
  });

  it('takes the threshold that was set since', async () => {
    const manifest = JSON.parse(await readFile(at('two', 'model', 'manifest.json'), 'utf8'));
    manifest.thresholds.deployed = 0.7;
    await writeFile(at('two', 'model', 'manifest.json'), JSON.stringify(manifest));
    const { document } = await gatherReport([at('two')]);
    expect(document.runs[0]?.thresholds.deployed).toBe(0.7);
  });

  it('holds pictures of several runs where their verdicts differ, and only there', async () => {
    const { document, pictures } = await gatherReport([at('one'), at('two')]);
    expect(document.images.map(({ disputed }) => disputed)).toEqual([true, false, false, false]);
    expect([...pictures.keys()]).toEqual([0]);
    expect(pictures.get(0)?.maps).toHaveLength(2);
  });

  it('says what is missing, and has the rest', async () => {
    await writeTestRun(at('poor'), { data: at('poor-data'), images, withMaps: false, withMasks: false });
    await unlink(at('poor-data', 'test/good/0.png'));
    const { document, pictures } = await gatherReport([at('poor')]);
    expect(document.notes).toEqual([
      '1 of 4 images cannot be shown: they were moved, deleted or damaged since the run.',
      'There are no heat maps of poor: its folder has no anomaly-maps.',
    ]);
    expect(document.images.map(({ hasPicture }) => hasPicture)).toEqual([false, true, true, true]);
    expect(pictures.get(2)).toMatchObject({ mask: null, maps: [null] });

    await writeTestRun(at('scores'), { data: at('scores-data'), images, hasMaps: false, history: [] });
    const scoresOnly = await gatherReport([at('scores')]);
    expect(scoresOnly.document.runs[0]).toMatchObject({ hasMaps: false, levels: null, training: [] });
    expect(scoresOnly.document.notes).toEqual([]);
    expect(scoresOnly.pictures.get(2)).toMatchObject({ mask: expect.anything(), maps: [null] });

    await writeTestRun(at('lost'), { data: null, images });
    const lost = await gatherReport([at('lost')]);
    expect(lost.document.notes[0]).toMatch(
      /^The images cannot be shown, since the dataset cannot be read\. .*\/nowhere/,
    );
    expect(lost.pictures.get(2)).toMatchObject({ image: null, mask: null, size: { width: 48, height: 48 } });
  });

  it('shows no image and no mask that was changed since beside the score of the one before, and names it', async () => {
    await writeTestRun(at('since'), { data: at('since-data'), images });
    await writeTestRun(at('before'), { data: at('since-data'), images, method: 'fvv' });
    const copy = (from: string, to: string) => copyFile(at('since-data', from), at('since-data', to));
    await copy('test/good/0.png', 'test/hole/0.png');
    await copy('test/good/0.png', 'ground_truth/hole/1_mask.png');
    const { document, pictures } = await gatherReport([at('since')]);
    expect(document.notes).toEqual([
      'Images that were changed since the run are not shown beside its scores: test/hole/0.png.',
      'Masks that were changed since the run are not shown, and its measures are those of the masks before: test/hole/1.png.',
    ]);
    expect(pictures.get(2)).toMatchObject({ image: null, mask: null, maps: [expect.anything()] });
    expect(pictures.get(3)).toMatchObject({ image: expect.any(String), mask: null });
    expect((await writeReport([at('since')])).notes).toEqual(document.notes);

    // A run of the images as they are now, and one of them as they were.
    await unlink(at('since', 'data.json'));
    expect((await gatherReport([at('since')])).document.notes).toEqual([]);
    const swapped = images.map(({ id, score }) => ({ id, score: 1 - score }));
    await writeTestRun(at('after'), { data: at('since-data'), images: swapped });
    await writeFile(
      at('after', 'data.json'),
      (await readFile(at('before', 'data.json'), 'utf8')).replace(
        /"image":"[^"]*"(?=[^}]*}\])/,
        '"image":"0"',
      ),
    );
    const compared = await gatherReport([at('before'), at('after')]);
    expect(compared.document.notes).toContain(
      'before and after were tested on different images of the same names, so that their measures do not compare: test/hole/1.png.',
    );
  });

  it.each([
    ['good', images.slice(0, 2)],
    ['defective', images.slice(2)],
    ['no', []],
  ])('may have %s test images only', async (kind, some) => {
    await writeTestRun(at(kind), { data: at('data'), images: some });
    expect((await gatherReport([at(kind)])).document.images).toHaveLength(some.length);
  });
});

describe('writing a report', () => {
  it('writes report.html into the run directory, the same each time', async () => {
    const { file, images, bytes } = await writeReport([at('one')]);
    expect({ file, images }).toEqual({ file: at('one', 'report.html'), images: 4 });
    const first = await readFile(file);
    expect(first.length).toBe(bytes);
    await writeReport([at('one')]);
    expect((await readFile(file)).equals(first)).toBe(true);
  });

  it('compares several in the file that is named', async () => {
    const report = await writeReport([at('one'), at('two')], { out: at('both.html') });
    expect(report).toMatchObject({ file: at('both.html'), images: 4, disagreements: 1 });
  });

  it('replaces no file but a report', async () => {
    await writeFile(at('notes.html'), '<p>mine');
    await expect(writeReport([at('one')], { out: at('notes.html') })).rejects.toThrow(/notes\.html is there/);
    expect(await readFile(at('notes.html'), 'utf8')).toBe('<p>mine');
    await expect(writeReport([at('one')], { out: at('data') })).rejects.toThrow(/data is a folder/);
  });

  it('draws nothing for a file that has no folder', async () => {
    const onProgress = () => expect.unreachable();
    await expect(
      writeReport([at('one')], { out: at('nowhere/report.html'), onProgress }),
    ).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringMatching(/there is no folder .*nowhere; create it first/),
    });
  });

  it('refuses folders that are no complete run, and says why', async () => {
    await mkdir(at('empty'));
    await writeTestRun(at('unfinished'), { data: at('data'), images });
    await unlink(at('unfinished', 'metrics.json'));
    for (const [runs, message] of [
      [[], 'Name a run directory'],
      [[at('none')], /There is no run directory .*none/],
      [[at('empty')], /empty is not a run directory/],
      [[at('unfinished')], /unfinished is not complete.*--resume/],
      [[at('one'), at('one', '.')], 'compared with itself'],
      [[at('one'), at('good')], /cannot be compared.*4 and 2 images/],
    ] as const)
      await expect(writeReport(runs)).rejects.toMatchObject({
        name: 'ConfigurationError',
        message: expect.stringMatching(message),
      });
    expect(existsSync(at('unfinished', 'report.html'))).toBe(false);
  });

  it.each([
    [
      'scores.csv',
      'image,label,defect,score\nx.png,nominal,good,high\n',
      /scores\.csv, line 2: expected a number/,
    ],
    ['scores.csv', 'image,label,defect,score\nx.png,odd,good,1\n', /scores\.csv, line 2: expected the label/],
    ['scores.csv', 'name,label,score\nx.png,nominal,1\n', /expected a column named image/],
    ['train.jsonl', '{"epoch":1}\n{"epo', /train\.jsonl, line 2, is damaged/],
    ['metrics.json', '{"dataset":{}}', /metrics\.json is not the result of a run: it has no "metrics"/],
    [
      'model/manifest.json',
      '{"format":"adfw-model","version":1}',
      /manifest\.json is not a model of this version/,
    ],
  ])('names a damaged %s', async (name, text, message) => {
    const run = at('damaged');
    await writeTestRun(run, { data: at('data'), images });
    await writeFile(join(run, name), text);
    await expect(writeReport([run])).rejects.toMatchObject({
      name: 'DataError',
      message: expect.stringMatching(message),
    });
    await rm(run, { recursive: true });
  });
});
