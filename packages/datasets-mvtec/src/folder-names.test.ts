import { ConfigurationError } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { isDoubtfulName, isNominalName, layoutFolder, nominalFolder } from './folder-names.js';

describe('the folder of nominal images', () => {
  it.each(['good', 'Good', 'GOOD', 'good ', 'OK', 'okay', 'normal', 'Nominal', 'pass', 'i.O.'])(
    'may be called "%s"',
    (name) => {
      expect(nominalFolder(['crack', name, 'no_good'], 'test')).toBe(name);
    },
  );

  it.each([
    'crack',
    'NG',
    'nok',
    'not_ok',
    'n.i.O.',
    'abnormal',
    'ko',
    'bad',
    'food',
    'wood',
    'goo',
    'defect',
    'no good',
    'faulty_imprint',
    'combined',
    'structural_anomalies',
  ])('is not the one called "%s", which is a kind of defect', (name) => {
    expect([isNominalName(name), isDoubtfulName(name)]).toEqual([false, false]);
    expect(nominalFolder([name], 'test')).toBeNull();
  });

  it.each([
    'goood',
    'good_parts',
    'OK 2',
    'gut',
    'non-defective',
    'Defect free',
    'undamaged',
    'no_defects',
    'fehlerfrei',
  ])('is refused where one is called "%s", which may be it', (name) => {
    expect(() => nominalFolder(['good', name], 'some/test')).toThrow(
      new RegExp(`not certain whether the images in some/test/${name} are nominal.*"good", "${name}"`),
    );
  });

  it('is refused where there are several', () => {
    expect(() => nominalFolder(['Good', 'crack', 'good '], 'some/test')).toThrow(
      /not certain which is the folder of the nominal images in some\/test: there are "Good", "good "/,
    );
    expect(() => nominalFolder(['good', 'ok'], 'test')).toThrow(ConfigurationError);
  });
});

describe('the folders of a category', () => {
  it('are called as in MVTec AD, or so that it can mean nothing else', () => {
    expect(layoutFolder('train', ['test', 'Train'], '.')).toBe('Train');
    expect(layoutFolder('test', ['testing', 'train'], '.')).toBe('testing');
    expect(layoutFolder('ground_truth', ['masks', 'Ground Truth'], '.')).toBe('Ground Truth');
    expect(layoutFolder('ground_truth', ['masks'], '.')).toBe('masks');
    expect(layoutFolder('test', ['train', 'tests'], '.')).toBeNull();
  });

  it('are refused where there are several', () => {
    expect(() => layoutFolder('test', ['Test', 'test'], 'data')).toThrow(
      /not certain which is the folder test in data: there are "Test", "test"/,
    );
    expect(() => layoutFolder('ground_truth', ['gt', 'masks'], 'data')).toThrow(/ground_truth/);
  });
});
