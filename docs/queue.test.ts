/** Runs what the page about benchmarks shows of queues: a benchmark, and a worker in a process of its own. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCommand } from '../packages/cli/src/shared/command.test.fixture.js';
import { hasRedis, type RedisServer, startRedis } from '../packages/queue/src/redis-server.test.fixture.js';
import { example, openWorkshop, shallow, type Workshop } from './workshop.test.fixture.js';

describe.skipIf(!hasRedis)('the page about benchmarks', () => {
  let workshop: Workshop;
  let redis: RedisServer;
  beforeAll(async () => {
    [workshop, redis] = await Promise.all([openWorkshop(), startRedis()]);
  });
  afterAll(async () => {
    await workshop.close();
    await redis.close();
  });

  it('shares a benchmark with a worker', async () => {
    for (const [path, defective] of [
      ['train/good', false],
      ['test/good', false],
      ['test/crack', true],
    ] as const)
      await workshop.images(`mvtec/capsule/${path}`, 4, defective);
    const words = async (name: string) => {
      const command = (await example('benchmarks.md', name)).trim();
      return command.replace('redis://queue.example.org', redis.url).split(' ').slice(1);
    };
    const worker = startCommand(await words('queue-worker'), { cwd: workshop.folder });
    const stdout = await workshop.adfw(...(await words('queue-bench')), ...shallow);
    expect(stdout).toMatch(/\| capsule +\| +[\d.]+ \|/);
    expect(stdout).toContain(join('shared/bench', 'tables.md'));
    worker.child.kill('SIGTERM');
    const { code, stdout: said } = await worker.closed;
    expect({ code, said }).toEqual({ code: 0, said: '1 complete, 0 failed, 0 given back.\n' });
  });
});
