import { checkPlugin } from '@adfw/core';
import { expect, it } from 'vitest';
import { plugin } from './index.js';

it('brings losses whose schemas and defaults are right', () => {
  expect(checkPlugin(plugin)).toEqual([]);
  expect(plugin.parts?.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    'loss l2',
    'loss l1',
    'loss relation',
    'loss response',
  ]);
});
