import { expect, it } from 'vitest';
import { eachInOrder } from './each-in-order.js';

/** Calls that end when they are told to. */
function heldCalls() {
  const begun: number[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const call = (item: number, index: number) =>
    new Promise<string>((resolve, reject) => {
      begun.push(item);
      ends[index] = (error) => (error ? reject(error) : resolve(`${index}:${item}`));
    });
  const end = async (index: number, error?: Error) => {
    ends[index]?.(error);
    await new Promise(setImmediate);
  };
  return { begun, call, end };
}

it('gives results in order, whatever ends first, and keeps to its limit', async () => {
  const { begun, call, end } = heldCalls();
  const results = eachInOrder([30, 5, 20, 1], 2, call);
  expect(begun).toEqual([30, 5]);
  await end(1);
  expect(begun).toEqual([30, 5, 20]);
  await end(2);
  expect(begun).toEqual([30, 5, 20, 1]);
  await end(3);
  await end(0);
  expect(await results).toEqual(['0:30', '1:5', '2:20', '3:1']);
});

it('begins nothing more after a failure', async () => {
  const { begun, call, end } = heldCalls();
  const failing = eachInOrder([0, 1, 2, 3], 2, call);
  const failure = expect(failing).rejects.toThrow('bad');
  await end(1, new Error('bad'));
  await end(0);
  await failure;
  expect(begun).toEqual([0, 1]);
});
