import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import './index.js';

/** The kernels in the first column of the table under a heading. */
function listedUnder(heading: string): string[] {
  const text = readFileSync(new URL('../FEATURES.md', import.meta.url), 'utf8');
  const [section = ''] = text.split(`\n## ${heading}`).slice(1);
  const [table = ''] = section.split('\n## ');
  return [...table.matchAll(/^\| (\w+) +\|/gm)]
    .map(([, name]) => name as string)
    .filter((n) => n !== 'kernel');
}

describe('FEATURES.md', () => {
  const registered = tf.getKernelsForBackend('onnxruntime').map(({ kernelName }) => kernelName);
  const named = Object.entries(tf).flatMap(([name, value]) => (name === value ? [name] : []));

  it('lists the kernels that are registered: npm run test:conformance writes it', () => {
    expect(listedUnder('Registered')).toEqual([...registered].sort());
  });
  it('says why each other kernel that tfjs-core names is not', () => {
    expect(listedUnder('Not registered').sort()).toEqual(named.filter((n) => !registered.includes(n)).sort());
  });
});
