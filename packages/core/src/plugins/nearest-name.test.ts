import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.js';

describe('nearestName', () => {
  it.each([
    ['cosin', ['cosine', 'squared'], 'cosine'],
    ['Image_F1', ['image-f1', 'pixel-f1'], 'image-f1'],
    ['lerningrate', ['momentum', 'learningRate'], 'learningRate'],
    ['nominalquantil', ['nominal-quantile'], 'nominal-quantile'],
    ['Conv', ['none', 'convolution'], 'convolution'],
    ['gro\u0308\u00dfe', ['gr\u00f6\u00dfen', 'alpha'], 'gr\u00f6\u00dfen'],
    ['deplyd-threshld', ['deployed-threshold'], 'deployed-threshold'],
  ])('%s stands for one of %j: %s', (name, allowed, nearest) => {
    expect(nearestName(name, allowed)).toBe(nearest);
  });

  it.each([
    ['variance', ['distance']],
    ['adam', ['sgd']],
    ['l', ['kd']],
    ['anything', []],
    ['', ['sgd', 'l2']],
  ])('%s stands for none of %j', (name, allowed) => {
    expect(nearestName(name, allowed)).toBeUndefined();
  });
});
