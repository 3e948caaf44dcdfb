import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { withTrainingLog } from './training-log.js';

const folder = mkdtempSync(join(tmpdir(), 'adfw-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('has a line for each entry of the checkpoint, also where training was killed before it was written', async () => {
  const file = join(folder, 'train.jsonl');
  const lines = () => readFileSync(file, 'utf8');
  const history = [{ epoch: 1 }, { epoch: 2 }];
  const log = withTrainingLog(
    { save: async () => undefined, load: async () => ({ history, tensors: {} }) },
    file,
  );
  await log.save({ history: history.slice(0, 1), tensors: {} });
  expect(lines()).toBe('{"epoch":1}\n');
  await log.load();
  expect(lines()).toBe('{"epoch":1}\n{"epoch":2}\n');
});

it('is not written where there is no checkpoint', async () => {
  const file = join(folder, 'none.jsonl');
  await withTrainingLog({ save: async () => undefined, load: async () => null }, file).load();
  expect(() => readFileSync(file)).toThrow('ENOENT');
});
