/** `adfw bench` as its users run it: on images, past one that is damaged, stopped and called again. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandOptions, startCommand } from '../../shared/command.test.fixture.js';

const image = (shade: number) =>
  sharp({ create: { width: 32, height: 32, channels: 3, background: { r: shade, g: 99, b: 99 } } })
    .png()
    .toBuffer();

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-bench-'));
  for (const category of ['broken', 'whole'])
    for (const [path, images] of [
      ['train/good', 5],
      ['test/good', 2],
      ['test/hole', 2],
    ] as const) {
      await mkdir(join(folder, 'mvtec', category, path), { recursive: true });
      for (let index = 0; index < images; index++)
        await writeFile(join(folder, 'mvtec', category, path, `${index}.png`), await image(90 + 9 * index));
    }
  await writeFile(join(folder, 'mvtec/whole/train/good/photo.heic'), '');
  await writeFile(join(folder, 'mvtec/broken/test/hole/1.png'), (await image(9)).subarray(0, 60));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bench = (args: readonly string[], signalled?: CommandOptions['signalled']) =>
  startCommand(['bench', ...args], { cwd: folder, ...(signalled && { signalled }) }).closed;

const settings = ['teacher.weights=random', 'teacher.width=4', 'layers=["layer1","layer2"]'].map(
  (setting) => `model.${setting}`,
);
const tiny = [
  ...['--method', 'stfpm', '--data', 'mvtec', '--image-size', '32', '--batch-size', '4'],
  ...settings.flatMap((setting) => ['--set', setting]),
];
const flags = [...tiny, '--out', 'bench'];

/** The tables of a benchmark, but for how long it took. */
const numbersOf = async (out: string) =>
  (await readFile(join(folder, out, 'tables.csv'), 'utf8')).replace(
    /^.*(trainSeconds|inferenceMsPerImage).*$/gm,
    '',
  );

describe('adfw bench', () => {
  it('stops at Ctrl-C, goes on past a run that fails, and shows it in the tables', async () => {
    const stopped = await bench(
      [...flags, '--epochs', '2'],
      ['SIGINT', '[2/2] stfpm, whole, seed 42: begun'],
    );
    expect(stopped).toMatchObject({ code: 130, stdout: '' });
    expect(stopped.stderr).toMatch(/Warning: \[1\/2\] stfpm, broken, seed 42 failed: .*1\.png/);
    expect(stopped.stderr).toMatch(
      /\nadfw: Interrupted\. The same command goes on where it was stopped\.\n$/,
    );
    expect(await readFile(join(folder, 'bench/tables.md'), 'utf8')).toMatch(
      /\| broken +\| +failed \|\n\| whole +\| +not run \|/,
    );

    const { code, stdout, stderr } = await bench([...flags, '--epochs', '2', '--json']);
    expect(code, stderr).toBe(1);
    const report = JSON.parse(stdout);
    expect(report).toEqual(JSON.parse(await readFile(join(folder, 'bench/bench.json'), 'utf8')));
    expect(report.runs).toMatchObject([
      { category: 'broken', status: 'failed', reason: expect.stringContaining('1.png') },
      { category: 'whole', status: 'complete', folder: join('stfpm', 'whole', '42') },
    ]);
    expect(report.runs[1].report.dataset.leftOut).toMatchObject({ count: 1, kinds: { '.heic': 1 } });
    expect(stderr).toContain('whole: Left out: a file that is no image, train/good/photo.heic.');
    expect(stderr).toContain('Warning: 1 of 2 runs failed; the same command tries it again.');
  });

  it('prints the tables of what is complete, and refuses to mix configurations', async () => {
    const complete = await bench([...flags, '--epochs', '2', '--category', 'whole']);
    expect(complete.code, complete.stderr).toBe(0);
    expect(complete.stdout).toMatch(/^# Benchmark\n.*## Image AUROC\n.*\| whole +\| +[\d.]+ \|/s);
    expect(complete.stdout).toContain(join('bench', 'tables.tex'));
    const other = await bench([...flags, '--epochs', '3']);
    expect(other).toMatchObject({ code: 2, stdout: '' });
    expect(other.stderr).toMatch(/another configuration: model\.training\.epochs is 2 there and 3 now\./);
  });

  it('does several runs at a time, to the same tables', async () => {
    const asked = [...tiny, '--category', 'whole', '--epochs', '2', '--seeds', '2', '--threads', '1'];
    const [one, two] = await Promise.all([
      bench([...asked, '--out', 'one']),
      bench([...asked, '--out', 'two', '--jobs', '2']),
    ]);
    expect([one.code, two.code], one.stderr + two.stderr).toEqual([0, 0]);
    expect(two.stderr).toContain('2 runs, 2 at a time');
    const numbers = await numbersOf('one');
    expect(numbers).toContain('imageAuroc');
    expect(await numbersOf('two')).toBe(numbers);

    const shards = ['1/2', '2/2'].map((shard) => bench([...asked, '--out', 'shards', '--shard', shard]));
    for (const { code, stdout } of await Promise.all(shards)) {
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /^Shard [12]\/2: 1 of 1 run complete, in shards\. .* without --shard writes the tables/,
      );
    }
    const collected = await bench([...asked, '--out', 'shards']);
    expect(collected.stderr).toContain('2 runs, 2 of them complete already');
    expect(await numbersOf('shards')).toBe(numbers);

    const none = await bench([...asked, '--out', 'none', '--jobs', '0']);
    expect(none).toMatchObject({
      code: 2,
      stderr: 'adfw: --jobs must be a whole number from 1 on; found "0".\n',
    });
  });
});
