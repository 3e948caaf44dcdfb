import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { eachInOrder } from './each-in-order.js';

it('gives results in order, whatever ends first, and keeps to its limit', async () => {
  let [running, most] = [0, 0];
  const results = await eachInOrder([30, 5, 20, 1, 10], 2, async (wait, index) => {
    most = Math.max(most, ++running);
    await sleep(wait);
    running--;
    return `${index}:${wait}`;
  });
  expect(results).toEqual(['0:30', '1:5', '2:20', '3:1', '4:10']);
  expect(most).toBe(2);
});

it('begins nothing more after a failure', async () => {
  const begun: number[] = [];
  const failing = eachInOrder([0, 1, 2, 3, 4, 5], 2, async (item) => {
    begun.push(item);
    await sleep(1);
    if (item === 1) throw new Error('bad');
  });
  await expect(failing).rejects.toThrow('bad');
  await sleep(20);
  expect(begun.length).toBeLessThan(5);
});
