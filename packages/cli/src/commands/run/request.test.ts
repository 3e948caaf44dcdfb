import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { experimentRequest } from './request.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'adfw-request-'));
  for (const category of ['screw', 'tile'])
    await mkdir(join(root, category, 'train/good'), { recursive: true });
});
afterAll(() => rm(root, { recursive: true }));

it('names the benchmark of all categories, with the flags that were given', async () => {
  const flags = { method: 'stfpm', data: root, category: 'all', epochs: '3', 'skip-bad-images': true };
  const request = experimentRequest({
    ...flags,
    set: ['a=b c', 'model.students=1'],
    out: 'runs/all',
    json: false,
  });
  await expect(request).rejects.toThrow(
    `A run takes one category: screw, tile. All of them, one after the other: adfw bench --method stfpm --data ${root} --category all --epochs 3 --skip-bad-images --set 'a=b c' --set model.students=1`,
  );
  await expect(request).rejects.toMatchObject({ name: 'ConfigurationError' });
});

it('lets a category be called all', async () => {
  await mkdir(join(root, 'parts/all/train/good'), { recursive: true });
  const request = experimentRequest({ method: 'stfpm', data: join(root, 'parts'), category: 'all' });
  expect((await request).overrides).toHaveLength(3);
});
