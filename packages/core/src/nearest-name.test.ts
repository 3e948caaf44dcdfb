import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.js';

describe('nearestName', () => {
  it.each([
    ['cosin', ['cosine', 'squared'], 'cosine'],
    ['Image_F1', ['image-f1', 'pixel-f1'], 'image-f1'],
    ['lerningrate', ['momentum', 'learningRate'], 'learningRate'],
    ['nominalquantil', ['nominal-quantile'], 'nominal-quantile'],
    ['deplyd-threshld', ['deployed-threshold'], 'deployed-threshold'],
  ])('%s is a typo of one of %j: %s', (name, allowed, nearest) => {
    expect(nearestName(name, allowed)).toBe(nearest);
  });

  it.each([
    ['variance', ['distance']],
    ['adam', ['sgd']],
    ['l', ['kd']],
    ['anything', []],
    ['', ['sgd', 'l2']],
  ])('%s is no typo of any of %j', (name, allowed) => {
    expect(nearestName(name, allowed)).toBeUndefined();
  });
});
