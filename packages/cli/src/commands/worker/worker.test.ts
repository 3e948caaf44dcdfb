/** `adfw bench --queue` and `adfw worker` as their users run them: one worker is killed in the middle of a run. */
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { writeTinyCategory } from '../../../../benchmark/src/tiny-dataset.test.fixture.js';
import { hasRedis, type RedisServer, startRedis } from '../../../../queue/src/redis-server.test.fixture.js';
import { startCommand, type WarmCommand, warmCommand } from '../../shared/command.test.fixture.js';

let folder: string;
let command: WarmCommand;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-worker-'));
  command = warmCommand(folder);
});
afterAll(async () => {
  command.close();
  await rm(folder, { recursive: true, force: true });
});

describe('adfw worker', () => {
  it.each([
    [['worker', 'nowhere'], /A queue is named by the URL .* found "nowhere"\./],
    [
      ['worker', 'redis://127.0.0.1:1'],
      /No Redis or Valkey server can be reached .* the connection is refused/,
    ],
    [['worker', 'redis://127.0.0.1:1', '--jobs', '0'], /--jobs must be a whole number from 1 on/],
    [['worker', 'redis://127.0.0.1:1', '--data', 'none'], /--data none: there is no none on this machine/],
    [
      ['bench', '--method', 'stfpm', '--queue', 'http://x'],
      /A queue is named by the URL .* found "http:\/\/x"/,
    ],
    [['bench', '--method', 'stfpm', '--queue', 'redis://127.0.0.1:1'], /the connection is refused/],
    [['bench', '--method', 'stfpm', '--queue', 'redis://x', '--shard', '1/2'], /--shard and --queue exclude/],
    [['bench', '--method', 'stfpm', '--queue', 'redis://x', '--jobs', '2'], /--jobs and --queue exclude/],
    [['bench', '--method', 'stfpm', '--retries', '2'], /--retries is for workers: .* --queue/],
    [['bench', '--method', 'stfpm', '--queue', 'redis://x', '--retries', '-1'], /--retries must be a whole/],
  ])('%j is refused before anything is done', async (args, message) => {
    const { code, stdout, stderr } = await command.run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(existsSync(join(folder, 'adfw-bench'))).toBe(false);
  });
});

describe.skipIf(!hasRedis)('adfw bench --queue', () => {
  let redis: RedisServer;
  beforeEach(async () => {
    redis = await startRedis();
  });
  afterEach(() => redis.close());

  const start = (...args: string[]) => startCommand(args, { cwd: folder });

  /** The tables of a benchmark, but for how long it took. */
  const numbersOf = async (out: string) =>
    (await readFile(join(folder, out, 'tables.csv'), 'utf8')).replace(
      /^(trainSeconds|inferenceMsPerImage),.*$/gm,
      '',
    );

  it('comes to the tables of one process, also where a worker is killed in the middle of a run', async () => {
    await writeTinyCategory(join(folder, 'mvtec/whole'));
    // A loss that waits in the second epoch until there is a file: each epoch has a value of a step and one of a held-out image.
    const goOn = join(folder, 'go-on');
    await writeFile(
      join(folder, 'waiting.js'),
      `import { existsSync } from 'node:fs';
      import { tf } from '@adfw/core';
      let values = 0;
      const loss = (one, other) => {
        if (++values === 4) while (!existsSync(${JSON.stringify(goOn)}));
        return tf.addN(Object.keys(one).map((layer) => tf.losses.meanSquaredError(one[layer], other[layer])));
      };
      export default { name: 'waiting', parts: [{ kind: 'loss', name: 'waiting', summary: 'Waits.', create: () => loss }] };`,
    );
    const model = ['teacher.weights=random', 'teacher.width=4', 'layers=["layer1"]', 'loss.type=waiting'];
    const asked = [
      ...['bench', '--method', 'stfpm', '--data', 'mvtec', '--category', 'whole', '--seeds', '2'],
      ...['--image-size', '32', '--batch-size', '4', '--epochs', '3', '--threads', '1'],
      ...['--plugin', './waiting.js', ...model.flatMap((setting) => ['--set', `model.${setting}`])],
    ];
    const queued = start(...asked, '--out', 'shared', '--queue', redis.url);
    const work = ['worker', redis.url, '--lost-after', '1'];
    const dying = start(...work, '--out', 'shared');
    const checkpoint = join(folder, 'shared/stfpm/whole/42/checkpoint');
    while (!existsSync(checkpoint)) await sleep(10);
    dying.child.kill('SIGKILL');
    await writeFile(goOn, '');
    // The one that goes on has the images elsewhere.
    await cp(join(folder, 'mvtec'), join(folder, 'elsewhere'), { recursive: true });
    const worker = start(...work, '--out', 'shared', '--data', 'elsewhere');
    const { code, stderr } = await queued.closed;
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/\[1\/2\] stfpm, whole, seed 42: begun on \S+\n/);
    expect(stderr).toMatch(/seed 4[23] on \S+: image AUROC [01]\.\d+, in /);
    worker.child.kill('SIGTERM');
    const ended = await worker.closed;
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(/^2 complete, 0 failed, /) });
    expect(ended.stderr).toContain('stfpm, whole, 42: going on\n');
    const again = await start(...asked, '--out', 'shared').closed;
    expect(again.stderr).toContain('2 runs, 2 of them complete already');

    const one = await start(...asked, '--out', 'one').closed;
    expect(one.code, one.stderr).toBe(0);
    const numbers = await numbersOf('one');
    expect(numbers).toContain('imageAuroc');
    expect(await numbersOf('shared')).toBe(numbers);
  });
});
