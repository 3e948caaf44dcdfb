// A scoring worker beside scoring in this thread: milliseconds a call, and for how long at most no timer fired meanwhile.
//   node bench/scoring-worker.mjs [size=224] [rounds=30]

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createScoringWorker, loadModel } from '@adfw/runner';
import { smallRun } from './small-run.mjs';

const [size = 224, rounds = 30] = process.argv.slice(2).map(Number);
const folder = await mkdtemp(join(tmpdir(), 'adfw-bench-'));
try {
  const run = await smallRun(folder, size);
  const here = await loadModel(run);
  const worker = await createScoringWorker(run);
  for (const count of [1, 8]) {
    const images = Array.from({ length: count }, (_, seed) => picture(seed));
    const models = { 'this thread': here, 'the worker': worker };
    const times = { 'this thread': [], 'the worker': [] };
    // One after the other in turn, so that whatever else the machine does meets both.
    for (let round = -2; round < Math.ceil(rounds / count); round++)
      for (const [name, { detector }] of Object.entries(models)) {
        const start = performance.now();
        await detector.detect(images);
        if (round >= 0) times[name].push(performance.now() - start);
      }
    for (const [name, { detector }] of Object.entries(models)) {
      const pause = await longestPause(() => detector.detect(images));
      console.log(
        `batch ${count}, ${name}: median ${median(times[name]).toFixed(2)} ms, best ${Math.min(...times[name]).toFixed(2)} ms, longest pause of the event loop ${pause.toFixed(1)} ms`,
      );
    }
    const overhead = (median(times['the worker']) - median(times['this thread'])) / count;
    console.log(`batch ${count}: the worker takes ${overhead.toFixed(2)} ms more an image`);
  }
  await worker.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}

function picture(seed) {
  let state = seed + 1;
  const data = Uint8Array.from({ length: size * size * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return { width: size, height: size, data };
}

/** Of several runs of `work`: for how many milliseconds at most no timer fired. */
async function longestPause(work) {
  let last = performance.now();
  let pause = 0;
  const tick = () => {
    const now = performance.now();
    pause = Math.max(pause, now - last);
    last = now;
  };
  const timer = setInterval(tick, 1);
  for (let run = 0; run < 10; run++) await work();
  clearInterval(timer);
  tick();
  return pause;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}
