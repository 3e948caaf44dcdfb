/** `adfw data`, as its users call it. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type AuditReport, auditReportSchema } from '@adfw/audit';
import { Ajv2020 } from 'ajv/dist/2020.js';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCommand, type WarmCommand, warmCommand } from '../../shared/command.test.fixture.js';

const validate = new Ajv2020({ strict: false }).compile(auditReportSchema);

let folder: string;
let warm: WarmCommand;
const SIDE = 40;

async function put(path: string, content: Uint8Array | string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

/** A texture by its number. */
function image(seed: number): Promise<Buffer> {
  const pixels = Uint8Array.from({ length: SIDE * SIDE }, (_, at) => {
    const grain = Math.floor(at / SIDE / 4) * 10 + Math.floor((at % SIDE) / 4);
    return 60 + ((grain * grain * 31 + grain * 17 * seed + seed * seed * 101) % 97);
  });
  return sharp(pixels, { raw: { width: SIDE, height: SIDE, channels: 1 } })
    .png()
    .toBuffer();
}

async function category(path: string, train = 6): Promise<void> {
  for (let index = 0; index < train; index++)
    await put(`${path}/train/good/${index}.png`, await image(index));
  for (let index = 0; index < 2; index++) {
    await put(`${path}/test/good/${index}.png`, await image(20 + index));
    await put(`${path}/test/hole/${index}.png`, await image(30 + index));
  }
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-data-'));
  warm = warmCommand(folder);
  await category('part');
  await put('part/train/good/zz.png', await image(20));
  await category('several/nut', 3);
  await category('several/bolt', 4);
  await category('bad');
  await put('bad/train/good/empty.png', '');
  await put('odd/monday/0.png', await image(1));
  await put('folders/good/0.png', await image(1));
  await put('folders/good/1.png', await image(2));
  await put('folders/ng/0.png', await image(3));
  await mkdir(join(folder, 'empty'));
});
afterAll(async () => {
  warm.close();
  await rm(folder, { recursive: true, force: true });
});

const quick = ['--image-size', '32', '--no-estimate', '--suspicious', '0'];
const adfw = (...args: string[]) => warm.run('data', ...args);

async function json(...args: string[]): Promise<{ code: number | null; report: AuditReport }> {
  const { code, stdout } = await adfw(...args, '--json');
  const report = JSON.parse(stdout) as AuditReport;
  expect(validate(report), JSON.stringify(validate.errors)).toBe(true);
  return { code, report };
}

describe('adfw data', () => {
  it('says what a folder is, and what a run takes', async () => {
    const small = ['--set', 'model.teacher.width=4', '--set', 'model.layers=["layer1"]', '--epochs', '2'];
    const { code, report } = await json('part', '--image-size', '32', ...small);
    expect(code).toBe(0);
    expect(report).toMatchObject({
      usable: true,
      errors: [],
      layout: { dataset: 'mvtec', by: 'folder', fits: true, flags: ['--data', 'part'] },
      categories: null,
    });
    const { counts, suspicious, estimate, duplicates } = report.contents as NonNullable<
      AuditReport['contents']
    >;
    expect(counts).toMatchObject({ train: 7, testGood: 2, testDefective: 2 });
    expect(suspicious?.images).toHaveLength(7);
    expect(duplicates.pairs).toEqual([
      {
        one: 'train/good/zz.png',
        other: 'test/good/0.png',
        kind: 'train-test',
        exact: true,
        similarity: 1,
      },
    ]);
    expect(estimate).toMatchObject({ method: 'stfpm', images: { train: 6, heldOut: 1, scored: 4 } });
    expect(estimate?.stages[0]?.epochs).toBe(2);
  });

  it('says it to a person', async () => {
    const { code, stdout, stderr } = await adfw('part', ...quick);
    expect(code).toBe(0);
    expect(stderr).not.toContain('adfw:');
    expect(stdout).toContain('part can be trained on, with 2 warnings: read as the dataset "mvtec"');
    expect(stdout).toContain('adfw run --method stfpm --data part\n');
    expect(stdout).toMatch(/train {2}good {2}7\n {2}test {3}good {2}2\n {9}hole {2}2\n/);
    expect(stdout).toMatch(/Samples {2}(RGB|grey), 8 bits \(11\)/);
    expect(stdout).toMatch(
      /Near-duplicates\n {4}train\/good\/zz.png {2}test\/good\/0.png {2}one file, learnt/,
    );
  });

  it('writes a page with the pictures, which opens offline, and again over it', async () => {
    const flags = [...quick, '--html', 'part.html'];
    expect((await adfw('part', ...flags)).stdout).toMatch(/Page {2}part.html \(0\.\d MiB\)/);
    const page = await readFile(join(folder, 'part.html'), 'utf8');
    expect(page).toContain('<title>Data of part</title>');
    expect(page).toContain('image train/good/zz.png');
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
    expect((await adfw('part', ...flags)).code).toBe(0);
    await writeFile(join(folder, 'mine.html'), 'mine');
    const refused = await adfw('part', ...quick, '--out', 'mine.html');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('name another file with --html');
    expect(await readFile(join(folder, 'mine.html'), 'utf8')).toBe('mine');
  });

  it('fails where a run would stop, unless it leaves out what is bad', async () => {
    const { code, report } = await json('bad', ...quick);
    expect(code).toBe(1);
    expect(report.usable).toBe(false);
    expect(report.errors[0]).toContain('train/good/empty.png');
    expect(report.contents?.unreadable.map(({ id }) => id)).toEqual(['train/good/empty.png']);
    const lenient = await json('bad', ...quick, '--skip-bad-images');
    expect(lenient.code).toBe(0);
    expect(lenient.report.contents?.unreadable.map(({ id }) => id)).toEqual(['train/good/empty.png']);
    const text = await adfw('bad', ...quick);
    expect(text.code).toBe(1);
    expect(text.stdout).toContain('bad cannot be trained on as it is');
    expect(text.stdout).toContain('it is empty');
  });

  it('lists categories, and takes one', async () => {
    const { code, report } = await json('several', ...quick);
    expect(code).toBe(0);
    expect(report.contents).toBeNull();
    expect(report.categories?.map(({ name, counts }) => [name, counts?.train])).toEqual([
      ['bolt', 4],
      ['nut', 3],
    ]);
    const { stdout } = await adfw('several', ...quick, '--html', 'several.html');
    expect(await readFile(join(folder, 'several.html'), 'utf8')).toContain('"name":"bolt"');
    expect(stdout).toMatch(/bolt +4 +2 +2\n +nut +3 +2 +2\n/);
    const nut = await json('several', ...quick, '--category', 'nut');
    expect(nut.report.contents).toMatchObject({ category: 'nut', counts: { train: 3 } });
    expect(nut.report.layout.flags).toEqual(['--data', 'several', '--category', 'nut']);
  });

  it('reads other folders by what they are called, and says what to write', async () => {
    const { report } = await json('folders', ...quick);
    expect(report.layout).toMatchObject({
      dataset: 'folder',
      flags: [
        ...['--set', 'dataset.type=folder', '--set', 'dataset.train=folders/good'],
        ...['--set', 'dataset.testDefective=folders/ng'],
      ],
    });
    expect(report.contents?.counts).toMatchObject({ train: 2, testDefective: 1 });
    const asked = await json(...report.layout.flags, ...quick);
    expect(asked.report.layout).toMatchObject({ by: 'request', flags: report.layout.flags });
    expect(asked.report.contents?.counts).toEqual(report.contents?.counts);
  });

  it('says what comes nearest, and what is missing, of a folder that none reads', async () => {
    const odd = await json('odd', ...quick);
    expect(odd.code).toBe(1);
    expect(odd.report.layout).toMatchObject({ dataset: null, fits: false });
    expect(odd.report.errors[0]).toContain('--set dataset.train=odd/monday');
    const asked = await json('odd', '--dataset', 'visa', ...quick);
    expect(asked.code).toBe(1);
    expect(asked.report.layout).toMatchObject({ dataset: 'visa', by: 'request', fits: false });
    expect(asked.report.errors[0]).toContain('is neither a category');
  });

  it.each<[string, string[], string]>([
    ['no folder', ['gone'], 'gone does not exist'],
    ['a file', ['part/train/good/0.png'], 'is a file; a folder is needed'],
    ['an empty folder', ['empty'], 'empty is empty: there is no image in it'],
    ['nothing', [], 'DIR is missing'],
    ['a category that is not there', ['several', '--category', 'nit'], 'Did you mean "nut"?'],
    ['a method that is not there', ['part', '--method', 'stfpn'], 'Did you mean stfpm?'],
    ['a number that is none', ['part', '--suspicious', 'few'], '--suspicious must be a whole number'],
    ['a page in no folder', ['part', '--html', 'no/where.html'], 'no'],
  ])('refuses %s', async (_, args, message) => {
    const { code, stderr, stdout } = await adfw(...args, ...(args.includes('few') ? [] : quick.slice(0, 3)));
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });

  it.skipIf(process.getuid?.() === 0)('refuses a folder without permission', async () => {
    await category('closed');
    await chmod(join(folder, 'closed'), 0o000);
    const { code, stderr } = await adfw('closed', ...quick);
    await chmod(join(folder, 'closed'), 0o755);
    expect([code, stderr]).toEqual([2, expect.stringContaining('permission is denied')]);
  });

  it('stops at once, with nothing written', async () => {
    const { closed } = startCommand(['data', 'part', '--html', 'stopped.html', '--image-size', '32'], {
      cwd: folder,
      signalled: ['SIGINT', 'Read 11 images'],
    });
    const { code, stderr } = await closed;
    expect(code).toBe(130);
    expect(stderr).toContain('Interrupted');
    expect(await readdir(folder)).not.toContain('stopped.html');
  });
});
