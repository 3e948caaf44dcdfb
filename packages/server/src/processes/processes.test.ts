import { describe, expect, it } from 'vitest';
import { serverMetrics, summedMetrics } from '../server-metrics.js';
import { shareOf } from './processes.js';
import type { ServingTask } from './serving.js';

const task: ServingTask = {
  runs: [{ name: 'part', run: 'runs/part' }],
  engine: { name: 'auto', options: {} },
  options: { port: 8080 },
  logLevel: 'error',
};

describe('the share of one of several processes', () => {
  const threadsOf = (count: number, processors: number, given: ServingTask['engine'] = task.engine) =>
    shareOf({ ...task, engine: given }, count, processors).engine.options.threads;

  it('is a part of the threads, at least one', () => {
    expect([1, 2, 3, 8, 16].map((count) => threadsOf(count, 8))).toEqual([8, 4, 2, 1, 1]);
    expect(threadsOf(2, 8, { name: 'onnxruntime', options: { threads: 6 } })).toBe(3);
    expect(threadsOf(2, 8, { name: 'wasm', options: {} })).toBeUndefined();
  });

  it('is a part of the threads that decode', () => {
    expect([1, 2, 8].map((count) => shareOf(task, count, 8).options.imageThreads)).toEqual([4, 4, 1]);
    expect(shareOf({ ...task, options: { imageThreads: 3 } }, 8, 8).options.imageThreads).toBe(3);
  });
});

it('the metrics of several processes are summed, but for what is no amount', async () => {
  const since = (seconds: number) => new Date(1000 * seconds);
  const process = (images: number, isStale: boolean, start: number) => {
    const metrics = serverMetrics(() => [{ name: 'part', images, waiting: 0, isStale, since: since(start) }]);
    for (let n = 0; n < images; n++) metrics.image('part', 'nominal');
    metrics.batch('part', images, 0.03);
    return metrics;
  };
  const processes = [process(2, false, 500), process(5, true, 400)];
  const text = await summedMetrics(await Promise.all(processes.map((metrics) => metrics.data())));
  for (const line of [
    'adfw_images_total{model="part",verdict="nominal"} 7',
    'adfw_batch_images_sum{model="part"} 7',
    'adfw_batch_images_bucket{le="2",model="part"} 1',
    'adfw_queue_images{model="part"} 7',
    'adfw_model_stale{model="part"} 1',
    'adfw_model_since_seconds{model="part"} 400',
    'adfw_processes 2',
  ])
    expect(text.split('\n')).toContain(line);
});
