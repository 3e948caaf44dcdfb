/** Where the time of a whole run goes, on a small network. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spanned } from '@adfw/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type PreparedExperiment,
  prepareExperiment,
  profileParts,
  type RunProfile,
  refuseOtherProfile,
  runExperiment,
  saveProfile,
  startProfile,
  useEngine,
} from '../index.js';

interface TraceEvent {
  name: string;
  ph: string;
  tid: number;
  ts: number;
  dur: number;
  args?: { name?: string };
}

let folder: string;
let prepared: PreparedExperiment;
let profile: RunProfile;
let events: TraceEvent[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-profile-'));
  prepared = await prepareExperiment({
    overrides: [
      {
        source: 'the test',
        document: {
          method: 'stfpm',
          dataset: { type: 'sample', train: 20, testNominal: 4, testDefective: 4 },
          images: { size: 32 },
          model: {
            teacher: { type: 'resnet18', weights: 'random', width: 8 },
            layers: ['layer1'],
            training: { epochs: 3 },
          },
          fit: { batchSize: 4 },
        },
      },
    ],
  });
  const engine = await useEngine('onnxruntime');
  const run = (name: string) => runExperiment({ ...prepared, engine, folder: join(folder, name) });
  await run('plain');
  const profiler = await startProfile(engine);
  await run('profiled');
  const ended = profiler.end();
  expect(profiler.end()).toBe(ended);
  await saveProfile(join(folder, 'profiled'), ended);
  const written = async (file: string) => JSON.parse(await readFile(join(folder, 'profiled', file), 'utf8'));
  profile = await written('profile.json');
  events = (await written('trace.json')).traceEvents;
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const partOf = (name: string) => profile.parts.find(({ part }) => part === name);

describe('the profile of a run', () => {
  it('accounts for all of its time', () => {
    const sum = profile.parts.reduce((sum, { seconds }) => sum + seconds, 0);
    expect(sum).toBeCloseTo(profile.seconds, 3);
    expect(profile.parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 3);
    for (const { seconds } of profile.parts) expect(seconds).toBeGreaterThanOrEqual(0);
  });

  it('counts what was done', () => {
    // 16 images are trained on, and 4 held out.
    expect(partOf('training steps')?.times).toBe(3 * 4);
    expect(partOf('validation')?.times).toBe(3);
    expect(partOf('evaluation')?.times).toBe(2);
    expect(partOf('loading')?.times).toBe(2);
    // Of 20 images with features in batches of 4.
    expect(partOf('features')?.times).toBe(5);
    expect(partOf('compiling')?.times).toBeGreaterThan(0);
    const order = profile.parts.map(({ part }) => profileParts.indexOf(part as never));
    expect(order.slice(0, -1)).toEqual([...order.slice(0, -1)].sort((a, b) => a - b));
    expect(profile.parts.at(-1)?.part).toBe('rest');
  });

  it('does not change the numbers of the run', async () => {
    const saved = (name: string) => readFile(join(folder, name, 'model', 'weights.safetensors'));
    expect(await saved('profiled')).toEqual(await saved('plain'));
  });

  it('traces spans that lie within one another on each line', () => {
    const threads = events.filter(({ name }) => name === 'thread_name').map(({ args }) => args?.name);
    expect(threads[0]).toBe('main');
    expect(new Set(threads.slice(1))).toEqual(new Set(['reading an image']));
    threads.forEach((_, tid) => {
      const open: TraceEvent[] = [];
      for (const event of events.filter((event) => event.ph === 'X' && event.tid === tid)) {
        while (open.length > 0 && event.ts >= endOf(open.at(-1) as TraceEvent)) open.pop();
        // Times are rounded to nanoseconds.
        if (open.length > 0)
          expect(endOf(event)).toBeLessThanOrEqual(endOf(open.at(-1) as TraceEvent) + 0.002);
        open.push(event);
      }
    });
    const names = new Set(events.filter(({ tid }) => tid === 0).map(({ name }) => name));
    for (const name of ['run', 'fitting', 'training steps', 'compiling', 'running', 'testing', 'scoring'])
      expect(names, name).toContain(name);
    expect(events.filter(({ name }) => name === 'reading an image')).toHaveLength(20 + 8);
  });

  it('has ended: later work is not observed', async () => {
    const profiler = await startProfile(await useEngine('onnxruntime'));
    profiler.end();
    await spanned('scoring', async () => {});
    expect(profiler.end().profile.parts.map(({ part }) => part)).toEqual(['rest']);
  });

  it('replaces a profile, and no other file', async () => {
    await refuseOtherProfile(join(folder, 'profiled'));
    await refuseOtherProfile(join(folder, 'nothing there'));
    await writeFile(join(folder, 'plain', 'trace.json'), '{}');
    await expect(refuseOtherProfile(join(folder, 'plain'))).rejects.toThrow(
      /trace\.json is there and is no trace of adfw.*leave out --profile/,
    );
  });
});

const endOf = ({ ts, dur }: TraceEvent): number => ts + dur;
