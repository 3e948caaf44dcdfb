/** Which workers there are: each says every few seconds that it lives, and is forgotten when it does not. */
import type { Redis } from 'ioredis';
import { PREFIX } from './cell-job.js';

export interface LivingWorker {
  readonly name: string;
  readonly version: string;
}

const WORKERS = `${PREFIX}:workers`;
const workerKey = (name: string): string => `${PREFIX}:worker:${name}`;
const saysEachMilliseconds = 5000;
const forgottenAfterMilliseconds = 20_000;

/** @returns what ends it. */
export async function sayLiving(redis: Redis, worker: LivingWorker): Promise<() => Promise<void>> {
  const { name } = worker;
  const say = async () => {
    await redis.set(workerKey(name), JSON.stringify(worker), 'PX', forgottenAfterMilliseconds);
    await redis.sadd(WORKERS, name);
  };
  await say();
  const timer = setInterval(() => void say().catch(() => {}), saysEachMilliseconds);
  return async () => {
    clearInterval(timer);
    await redis.del(workerKey(name));
    await redis.srem(WORKERS, name);
  };
}

export async function livingWorkers(redis: Redis): Promise<LivingWorker[]> {
  const names = (await redis.smembers(WORKERS)).sort();
  const living: LivingWorker[] = [];
  for (const name of names) {
    const said = await redis.get(workerKey(name));
    if (said === null) await redis.srem(WORKERS, name);
    else living.push(JSON.parse(said));
  }
  return living;
}

/** @returns what says which workers of a version have come and gone since it was called before. */
export function workersRoll({
  redis,
  server,
  version,
  onNote,
}: {
  redis: Redis;
  server: string;
  version: string;
  onNote: ((message: string, kind: 'note' | 'warning') => void) | undefined;
}): () => Promise<void> {
  let before: readonly string[] | null = null;
  return async () => {
    const living = await livingWorkers(redis);
    const now = living.filter((worker) => worker.version === version).map(({ name }) => name);
    const known = before ?? [];
    if (now.length === 0 && before?.length !== 0)
      onNote?.(`No worker is at ${server}: start one or more, adfw worker ${server}`, 'warning');
    for (const name of now) if (!known.includes(name)) onNote?.(`The worker ${name} is there`, 'note');
    for (const name of known) if (!now.includes(name)) onNote?.(`The worker ${name} is gone`, 'note');
    before = now;
  };
}
