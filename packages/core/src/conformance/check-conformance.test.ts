/** Every check of the kit, each shown to fail by a plugin that is sound but for one thing. */
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Augmentation } from '../contracts/augmentation.js';
import type { Backbone } from '../contracts/backbone.js';
import type { Dataset } from '../contracts/dataset.js';
import type { DistillationLoss } from '../contracts/distillation-loss.js';
import type { FeaturePyramid } from '../contracts/feature-pyramid.js';
import type { Model, Search } from '../contracts/model.js';
import type { Optimizer } from '../contracts/optimizer.js';
import type { ContextOf, Method, PartKind } from '../contracts/part.js';
import type { Plugin } from '../contracts/plugin.js';
import type { ScoreFunction } from '../contracts/score-function.js';
import type { GatherStage, Learner, Stage, TrainStage } from '../contracts/stage.js';
import type { Thresholder } from '../contracts/threshold.js';
import { joined, variablesState } from '../model/joined.js';
import { coreKinds } from '../plugins/core-kinds.js';
import { tf } from '../tensors/tf.js';
import { type ConformanceOptions, checkConformance } from './check-conformance.js';
import {
  imitation,
  pluginWith,
  soundBackbone,
  soundDataset,
  soundLoss,
  soundModel,
  soundOptimizer,
  soundPretraining,
  soundScore,
  soundThreshold,
} from './sound-parts.test.fixture.js';
import type { PartTrial } from './trial.js';

beforeAll(() => tf.setBackend('cpu'));

const tiny: PartTrial = { layers: ['layer1', 'layer2'], imageSize: [16, 24] };

const tried = (kind: PartKind, plugin: Plugin, trial: PartTrial = {}) =>
  checkConformance(plugin, { parts: { [`${kind}/mine`]: { ...tiny, ...trial } } });

async function fails(check: Promise<void>, message: RegExp): Promise<void> {
  await expect(check).rejects.toMatchObject({
    name: 'ConfigurationError',
    message: expect.stringMatching(message),
  });
}

describe('a sound part', () => {
  it.each(coreKinds)('of the kind $name passes', ({ name }) => tried(name, pluginWith(name)));

  it('leaves no tensors behind', async () => {
    const before = tf.memory().numTensors;
    await tried('loss', pluginWith('loss'));
    await tried('score', pluginWith('score'));
    await tried('optimizer', pluginWith('optimizer'));
    await tried('backbone', pluginWith('backbone'));
    await tried('model', pluginWith('model'));
    await tried('pretraining', pluginWith('pretraining'));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('passes on one layer and where layers differ', async () => {
    await tried('loss', pluginWith('loss'), { layers: ['a'] });
    await tried('backbone', pluginWith('backbone'), { layers: ['a', 'b', 'c'] });
  });
});

describe('a plugin', () => {
  const option = { type: 'number', default: 1, description: 'A rate.' };
  const withPart = (changes: object): Plugin => ({
    name: 'tried',
    parts: [{ ...pluginWith('loss').parts?.[0], ...changes } as never],
  });
  const cases: [string, Plugin, ConformanceOptions, RegExp][] = [
    ['is malformed', { name: 'empty' }, {}, /brings neither parts nor methods/],
    [
      'has an option that nothing describes',
      withPart({ options: { rate: { type: 'number', default: 1 } } }),
      {},
      /plugin "tried", loss "mine": \$\.parts\[0\]\.options\.rate\.description is missing/,
    ],
    [
      'has a summary that is no sentence',
      withPart({ summary: 'A loss' }),
      {},
      /summary must be a sentence and end like one; found "A loss"/,
    ],
    [
      'has a description that is no sentence',
      withPart({ options: { rate: { ...option, description: 'rate' } } }),
      {},
      /options\.rate\.description must be a sentence and end like one; found "rate"/,
    ],
    [
      'has a method whose summary is no sentence',
      { name: 'tried', methods: [{ name: 'mine', summary: 'Mine', preset: {} }] },
      {},
      /methods\[0\]\.summary must be a sentence/,
    ],
    [
      'needs an option that no trial gives',
      withPart({ options: { rate: { type: 'number', description: 'A rate.' } }, required: ['rate'] }),
      {},
      /can only be tried with a value for "rate".* parts: \{'loss\/mine': \{options: \{rate: …\}\}\}/,
    ],
    [
      'is tried with a value that its schema refuses',
      withPart({ options: { rate: option } }),
      { parts: { 'loss/mine': { options: { rate: 'high' } } } },
      /must be tried with options that it has: \$\.rate must be a number; found "high" with \{"rate":"high"\}/,
    ],
    [
      'is tried with an option it has not',
      withPart({}),
      { parts: { 'loss/mine': { options: { rate: 1 } } } },
      /\$\.rate is not known here/,
    ],
    [
      'has no part of the name that a trial is for',
      withPart({}),
      { parts: { 'loss/mien': {} } },
      /names nothing that the plugin "tried" brings; it brings loss\/mine\. Did you mean loss\/mine\?/,
    ],
    [
      'has no method of the name that settings are for',
      withPart({}),
      { methods: { mine: {} } },
      /\$\.methods\.mine names nothing/,
    ],
    [
      'has a part that throws',
      withPart({
        create: () => {
          throw new Error('no luck');
        },
      }),
      {},
      /must not fail: create\(\) threw "no luck"/,
    ],
    [
      'has a part of another kind than it says',
      withPart({ create: () => ({}) }),
      {},
      /must create a function; it gave an object with nothing in it/,
    ],
  ];
  it.each(cases)('fails that %s', (_what, plugin, options, message) =>
    fails(checkConformance(plugin, options), message),
  );

  it('is told every fault at once, with the options it was tried with', async () => {
    const loss = pluginWith('loss', () => () => tf.scalar(Number.NaN)).parts?.[0];
    const plugin = { name: 'tried', parts: [loss, { ...loss, name: 'other' }] } as Plugin;
    await fails(
      checkConformance(plugin),
      /The plugin "tried" has 2 faults:\n- .*loss "mine".*\n- .*loss "other"/,
    );
  });

  it('gives a part the defaults of its options, and those of each trial', async () => {
    const seen: unknown[] = [];
    const create = (options: unknown) => {
      seen.push(options);
      return soundLoss;
    };
    const plugin = withPart({ options: { rate: option }, create });
    await checkConformance(plugin, { parts: { 'loss/mine': [tiny, { ...tiny, options: { rate: 3 } }] } });
    expect(seen).toEqual([{ rate: 1 }, { rate: 3 }]);
  });
});

describe('a loss', () => {
  const { mul, add, sub, sum, square, mean } = tf;
  const layer = (pyramid: FeaturePyramid) => pyramid.layer1 as tf.Tensor4D;
  let calls = 0;
  const cases: [string, DistillationLoss, RegExp][] = [
    ['is a promise', (async () => tf.scalar(1)) as never, /must give a scalar tensor; found a promise/],
    ['is a plain number', (() => 1) as never, /must give a scalar tensor; found number/],
    [
      'is one an image',
      (t, s) => sum(square(sub(layer(t), layer(s))), [1, 2, 3]) as never,
      /must give a scalar; found a tensor of shape \[2\]/,
    ],
    ['is no number', (t, s) => mul(soundLoss(t, s), Number.NaN), /must give a finite number; found NaN/],
    [
      'differs each time',
      (t, s) => mul(soundLoss(t, s), 1 + Math.random()),
      /must give the same value for the same features/,
    ],
    [
      'has no logarithm at equality',
      (t, s) => tf.log(soundLoss(t, s)),
      /must be finite where teacher and student are equal; found -Infinity/,
    ],
    [
      'has no root at equality',
      (t, s) => tf.sqrt(soundLoss(t, s)),
      /must have a finite gradient where teacher and student are equal/,
    ],
    [
      'divides by the student',
      (t, s) => mean(tf.abs(tf.div(sub(layer(t), layer(s)), tf.max(tf.abs(layer(s)))))) as tf.Scalar,
      /must be finite where the student gives zeros/,
    ],
    [
      'divides by the teacher',
      (t, s) => mean(tf.abs(tf.div(sub(layer(t), layer(s)), tf.max(tf.abs(layer(t)))))) as tf.Scalar,
      /must be finite where the teacher gives zeros/,
    ],
    [
      'divides by both',
      (t, s) => tf.div(soundLoss(t, s), add(mean(square(layer(t))), mean(square(layer(s))))) as tf.Scalar,
      /must be finite where both give zeros/,
    ],
    [
      'has a gradient twice as long',
      (t, s) =>
        tf.customGrad((x, save) => {
          (save as tf.GradSaveFunc)([x as tf.Tensor]);
          return {
            value: mul(sum(square(sub(x as tf.Tensor, layer(t)))), 0.5),
            gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) =>
              mul(dy, mul(sub(saved as tf.Tensor, layer(t)), 2)),
          };
        })(layer(s)) as tf.Scalar,
      /must have the gradient that finite differences give: along the gradient/,
    ],
    [
      'has a gradient that leaves a term out',
      (t, s) =>
        tf.customGrad((x, save) => {
          (save as tf.GradSaveFunc)([x as tf.Tensor]);
          return {
            value: add(
              mul(sum(square(sub(x as tf.Tensor, layer(t)))), 0.5),
              sum(mul(layer(t), x as tf.Tensor)),
            ),
            gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => mul(dy, sub(saved as tf.Tensor, layer(t))),
          };
        })(layer(s)) as tf.Scalar,
      /must have the gradient that finite differences give/,
    ],
    [
      'does not depend on the student',
      (t) => sum(square(layer(t))),
      /the gradient of the loss threw "Cannot find a connection/,
    ],
    [
      'stops the gradient',
      (t, s) =>
        tf.customGrad((x) => ({
          value: sum(square(sub(x as tf.Tensor, layer(t)))),
          gradFunc: () => tf.zerosLike(layer(t)),
        }))(layer(s)) as tf.Scalar,
      /must have a gradient that the student can follow; found 0 for every feature/,
    ],
    [
      'is lowest elsewhere',
      (t, s) => sum(square(sub(mul(layer(t), 1.5), layer(s)))),
      /must be lowest where the student gives what the teacher gives/,
    ],
    [
      'grows the more often it is called',
      (t, s) => {
        calls++;
        return add(soundLoss(t, s), Math.max(0, calls - 25));
      },
      /must get lower in 12 steps of training/,
    ],
  ];
  it.each(cases)('fails that %s', (_what, loss, message) =>
    fails(
      tried(
        'loss',
        pluginWith('loss', () => loss),
      ),
      message,
    ),
  );

  it('may be lowest elsewhere where its trial says so', () =>
    tried(
      'loss',
      pluginWith('loss', () => (t, s) => sum(square(sub(mul(layer(t), 1.5), layer(s))))),
      { minimalAtTeacher: false },
    ));
});

describe('a score', () => {
  const { anomalyMap } = soundScore();
  const onMap = (change: (map: tf.Tensor3D) => unknown): ScoreFunction => ({
    minStudents: 1,
    anomalyMap: (...seen) => change(anomalyMap(...seen)) as tf.Tensor3D,
  });
  const learning = (learn: (value: tf.Variable) => void, statistics: boolean): ScoreFunction => {
    const factor = tf.variable(tf.scalar(1), false);
    return {
      ...onMap((map) => tf.mul(map, factor)),
      ...(statistics && { statistics: { factor } }),
      async fit(batches) {
        for await (const _ of batches) learn(factor);
      },
    };
  };
  const grow = (factor: tf.Variable) => tf.tidy(() => factor.assign(tf.add(factor, 1)));

  const cases: [string, () => ScoreFunction, RegExp][] = [
    ['needs no students', () => ({ minStudents: 0, anomalyMap }), /an integer from 1; minStudents is 0/],
    [
      'throws',
      () => ({
        minStudents: 1,
        anomalyMap() {
          throw new Error('no maps');
        },
      }),
      /must not fail: anomalyMap\(\) threw "no maps"/,
    ],
    [
      'gives several maps',
      () => onMap((map) => ({ layers: {}, combined: map })),
      /must give a tensor from anomalyMap\(\)/,
    ],
    [
      'gives maps at the size of a layer',
      () => onMap((map) => tf.slice(map, [0, 0, 0], [-1, 4, 6])),
      /must give maps of the shape \[3, 16, 24\]; found \[3, 4, 6\]/,
    ],
    [
      'swaps height and width',
      () => onMap((map) => tf.transpose(map, [0, 2, 1])),
      /must give maps of the shape \[3, 16, 24\]; found \[3, 24, 16\]/,
    ],
    [
      'learns what is no number',
      () => learning((factor) => factor.assign(tf.scalar(Number.NaN)), true),
      /must learn finite statistics; found NaN in factor/,
    ],
    [
      'differs each time',
      () => onMap((map) => tf.mul(map, 1 + Math.random())),
      /must give the same maps for the same features/,
    ],
    [
      'is no number at equality',
      () => onMap((map) => tf.div(map, tf.max(map))),
      /must give finite maps where the students give what the teacher gives; found NaN/,
    ],
    [
      'is no number at zero',
      () => ({
        minStudents: 1,
        anomalyMap: (teacher, ...rest) =>
          tf.div(anomalyMap(teacher, ...rest), tf.max(teacher.layer1 as tf.Tensor)),
      }),
      /must give finite maps where all features are zero/,
    ],
    [
      'depends on the other images',
      () => onMap((map) => tf.div(map, tf.add(tf.mean(map), 1))),
      /must give an image the same maps whatever the other images of the batch are; alone, the map/,
    ],
    [
      'is higher where it should be lower',
      () => onMap(tf.neg),
      /must be higher where the students differ from the teacher and from each other/,
    ],
    [
      'fails to fit',
      () =>
        learning(() => {
          throw new Error('no fit');
        }, true),
      /must not fail: fit\(\) threw "no fit"/,
    ],
    [
      'learns what is not saved',
      () => learning(grow, false),
      /must give the same maps after it was saved and loaded \(everything it learns in statistics\)/,
    ],
  ];
  it.each(cases)('fails that %s', (_what, create, message) =>
    fails(tried('score', pluginWith('score', create)), message),
  );

  it('may learn what is saved', () =>
    tried(
      'score',
      pluginWith('score', () => learning(grow, true)),
    ));

  it('is given as many students as it needs', async () => {
    const counts = new Set<number>();
    const score = (): ScoreFunction => ({
      minStudents: 3,
      anomalyMap: (teacher, students, size) => {
        counts.add(students.length);
        return anomalyMap(teacher, students, size);
      },
    });
    await tried('score', pluginWith('score', score));
    expect([...counts]).toEqual([3]);
  });
});

describe('a threshold', () => {
  const of =
    (threshold: Thresholder['threshold'], needs: Thresholder['needs'] = 'labels') =>
    () => ({
      ...soundThreshold(),
      needs,
      threshold,
    });
  const sound = soundThreshold().threshold;
  const nominal = (choose: (scores: number[]) => number): Thresholder['threshold'] =>
    function choice({ scores }) {
      return scores.length === 0 ? sound({ scores }) : choose(Array.from(scores));
    };
  const cases: [string, () => Thresholder, RegExp][] = [
    [
      'needs what there is not',
      of(sound, 'images' as never),
      /one of nominal, labels, masks; found "images"/,
    ],
    ['is no number', of(() => Number.NaN), /must give a finite number; found NaN/],
    [
      'sorts what it is given',
      of((images) => {
        (images.scores as number[]).sort((a, b) => b - a);
        return 0.5;
      }),
      /must leave the scores and labels it is given as they are/,
    ],
    [
      'takes the last image',
      of(
        nominal((scores) => scores.at(-1) as number),
        'nominal',
      ),
      /must not depend on the order of the images/,
    ],
    [
      'lets few pass',
      of(
        nominal((scores) => Math.min(...scores)),
        'nominal',
      ),
      /must let most nominal images pass; 20 of 20 reach its 0\.1/,
    ],
    [
      'is too high',
      of((images) => Number(sound(images)) + 0.1),
      /must tell apart scores that one threshold tells apart .*is wrong for \d+ of 30/,
    ],
    [
      'is too high for pixels',
      of((images) => Number(sound(images)) + 0.1, 'masks'),
      /must tell apart scores that one threshold tells apart .*is wrong for \d+ of 120/,
    ],
    [
      'takes no images for an answer',
      of(({ labels, ...rest }) => (labels ? Math.max(0.5, 0) : sound(rest))),
      /must throw a DataError that says what it needs where there are no images; it gave 0\.5/,
    ],
    [
      'fails without labels as code does',
      of((images) => {
        if (images.labels === undefined) throw new TypeError('labels is undefined');
        return sound(images);
      }),
      /where there are no labels; it threw "labels is undefined"/,
    ],
    ['needs no masks after all', of(sound, 'masks'), /where there are no masks; it gave 0\.6/],
  ];
  it.each(cases)('fails that %s', (_what, create, message) =>
    fails(tried('threshold', pluginWith('threshold', create)), message),
  );
});

describe('a dataset', () => {
  const base = soundDataset();
  const of = (changes: Partial<Dataset>) => () => ({ ...base, ...changes });
  const [first] = base.train as [Dataset['train'][0]];
  let made = 0;
  const cases: [string, () => Dataset, RegExp][] = [
    ['has no name', of({ name: '' }), /must have a name/],
    ['has a category that is none', of({ category: 3 as never }), /a string or null; found 3/],
    [
      'names more than it counts',
      of({ leftOut: { count: 1, kinds: {}, files: ['a', 'b'] } }),
      /leftOut\.count.*found \{"count":1/,
    ],
    ['counts nothing', of({ skipped: undefined as never }), /skipped, an integer from 0; found undefined/],
    ['has nothing to train on', of({ train: [] }), /train is empty/],
    ['trains on defects', of({ train: [{ ...first, label: 1, defect: 'hole' }] }), /label of train\/0 is 1/],
    ['has other labels', of({ test: [{ ...first, id: 'x', label: 2 as never }] }), /label of x is 2/],
    [
      'calls a defect good',
      of({ test: [{ id: 'x', label: 1, defect: 'good' }] }),
      /x has the label 1 and the defect "good"/,
    ],
    ['has an id twice', of({ test: [first] }), /two are called train\/0/],
    [
      'holds out defects',
      of({ validation: [{ id: 'x', label: 1, defect: 'hole' }] }),
      /must hold out nominal samples alone; the label of x is 1/,
    ],
    [
      'has an id twice, once without a label',
      of({ unlabelled: [{ id: 'train/0', label: null, defect: null }] }),
      /two are called train\/0/,
    ],
    [
      'knows of unlabelled samples what they are',
      of({ unlabelled: [{ id: 'x', label: 0 as never, defect: null }] }),
      /neither a label nor a defect, null for both; x has 0 and null/,
    ],
    [
      'says that more than all of a defect has to be found',
      of({
        masks: async (sample, size) => {
          const mask = await base.mask(sample, size);
          return sample.label === 1 && mask ? [{ ...mask, saturation: 99 }] : [];
        },
      }),
      /must give a mask of \d+ pixels a saturation above 0 and at most that; masks\(test\/1\) has 99/,
    ],
    [
      'has masks that are not together its mask',
      of({ masks: async () => [] }),
      /must give the union of all masks.*masks\(test\/1\) and mask\(test\/1\) differ/,
    ],
    [
      'has another order each time',
      () => ({ ...base, train: made++ % 2 === 0 ? base.train : [...base.train].reverse() }),
      /must give the same samples in the same order/,
    ],
    [
      'cannot read an image',
      of({
        image: async () => {
          throw new Error('no such file');
        },
      }),
      /must not fail: image\(train\/0\) threw "no such file"/,
    ],
    [
      'gives images of another size',
      of({ image: async () => ({ height: 3, width: 2, data: new Uint8Array(18) }) }),
      /must give images and masks of the size that is asked for, 2x3; image\(train\/0\) is 3x2/,
    ],
    [
      'gives floats',
      of({ image: async () => ({ height: 2, width: 3, data: new Float32Array(18) as never }) }),
      /must give 18 bytes .* has 18 in a Float32Array/,
    ],
    [
      'gives grey images',
      of({ image: async () => ({ height: 2, width: 3, data: new Uint8Array(6) }) }),
      /must give 18 bytes for 2x3 pixels of an RGB image; image\(train\/0\) has 6/,
    ],
    [
      'gives other pixels each time',
      of({ image: async () => ({ height: 2, width: 3, data: new Uint8Array(18).fill(++made) }) }),
      /must give the same pixels each time/,
    ],
    ['has no mask of what is nominal', of({ mask: async () => null }), /mask\(test\/0\) gave null/],
    [
      'has masks of 255',
      of({ mask: async ({ label }) => ({ height: 2, width: 3, data: new Uint8Array(6).fill(label * 255) }) }),
      /must give masks of 0 and 1; mask\(test\/1\) has 255/,
    ],
    [
      'marks what is nominal',
      of({ mask: async () => ({ height: 2, width: 3, data: new Uint8Array(6).fill(1) }) }),
      /mask\(test\/0\) marks defective pixels/,
    ],
    [
      'has masks of another size',
      of({ mask: async () => ({ height: 1, width: 1, data: new Uint8Array(1) }) }),
      /mask\(test\/0\) is 1x1/,
    ],
    [
      'has checksums that are none',
      of({ checksums: async () => ({ image: 'abc', mask: null }) }),
      /SHA-256 digests, or none at all; checksums\(.*\) gave .*"abc"/,
    ],
    [
      'has other checksums each time',
      of({ checksums: async () => ({ image: (++made).toString(16).padStart(64, '0'), mask: null }) }),
      /the same checksums each time/,
    ],
  ];
  it.each(cases)('fails that %s', (_what, create, message) =>
    fails(tried('dataset', pluginWith('dataset', create), { imageSize: [2, 3] }), message),
  );
});

describe('an augmentation', () => {
  const cases: [string, Augmentation, RegExp][] = [
    [
      'gives another size',
      ({ data }) => ({ width: 4, height: 96, data }),
      /must give an image of the same size, 16x24; found 96x4 with 1152 values/,
    ],
    [
      'writes to what it is given',
      (image) => {
        image.data.fill(0);
        return image;
      },
      /must not write to the image that it is given/,
    ],
    [
      'has random numbers of its own',
      (image) => ({ ...image, data: image.data.map((value) => value + 100 * Math.random()) }),
      /must give the same image for the same random numbers/,
    ],
    [
      'throws',
      () => {
        throw new Error('no such thing');
      },
      /an augmentation.*no such thing/,
    ],
  ];
  it.each(cases)('that %s fails', (_what, augmentation, message) =>
    fails(
      tried(
        'augmentation',
        pluginWith('augmentation', () => augmentation),
      ),
      message,
    ),
  );
});

describe('an optimizer', () => {
  const of = (change: (sound: Optimizer) => Partial<Optimizer>) => () => {
    const sound = soundOptimizer();
    return { ...sound, ...change(sound) };
  };
  const negated = (gradients: tf.NamedTensorMap) =>
    Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, tf.neg(gradient)]));
  const cases: [string, () => Optimizer, RegExp][] = [
    [
      'makes what is no number',
      of(() => ({
        step: (parameters) => {
          for (const parameter of Object.values(parameters)) parameter.assign(tf.mul(parameter, Number.NaN));
        },
      })),
      /must keep parameters finite; found NaN in weight/,
    ],
    [
      'goes uphill',
      of(({ step }) => ({ step: (parameters, gradients) => step(parameters, negated(gradients)) })),
      /must move parameters against their gradients/,
    ],
    [
      'forgets its momentum',
      of(() => ({ state: () => ({}) })),
      /must go on from its saved state as if it had not stopped; after 4 more steps weight has/,
    ],
    [
      'cannot be restored',
      of(() => ({
        restore: () => {
          throw new Error('not yet');
        },
      })),
      /must not fail: restore\(\) threw "not yet"/,
    ],
  ];
  it.each(cases)('fails that %s', (_what, create, message) =>
    fails(tried('optimizer', pluginWith('optimizer', create)), message),
  );
});

describe('a backbone', () => {
  type Context = ContextOf<'backbone'>;
  type Create = (options: never, context: Context) => Backbone;
  const of =
    (change: (sound: Backbone, context: Context) => Partial<Backbone>): Create =>
    (options, context) => {
      const sound = soundBackbone(options, context);
      return { ...sound, ...change(sound, context) };
    };
  const onFeatures = (
    change: (pyramid: FeaturePyramid, ...given: Parameters<Backbone['features']>) => unknown,
  ) =>
    of(({ features }) => ({
      features: (...given) => tf.tidy(() => change(features(...given), ...given) as FeaturePyramid),
    }));
  const mapped = (pyramid: FeaturePyramid, change: (maps: tf.Tensor4D) => tf.Tensor) =>
    Object.fromEntries(Object.entries(pyramid).map(([layer, maps]) => [layer, change(maps)]));

  const cases: [string, Create, RegExp][] = [
    [
      'has other layers',
      of(() => ({ layers: ['layer1'] })),
      /frozen, it must give the layers it is asked for, layer1, layer2; its layers are layer1/,
    ],
    ['does not know its channels', of(() => ({ channels: { layer1: 8 } })), /channels\.layer2 is undefined/],
    [
      'answers later',
      of(() => ({ features: (async () => ({})) as never })),
      /must give a pyramid of tensors, not later; found a promise/,
    ],
    [
      'gives numbers',
      onFeatures((pyramid) => ({ ...pyramid, layer1: [1] })),
      /must give a pyramid of tensors, not later; found no tensor as layer1/,
    ],
    [
      'leaves a layer out',
      onFeatures(({ layer1 }) => ({ layer1 })),
      /must give a tensor for each of layer1, layer2; found layer1/,
    ],
    [
      'has other channels than it says',
      of(({ channels }) => ({ channels: { ...channels, layer1: 9 } })),
      /must give layer1 the shape \[3, height, width, 9\]; found \[3, 4, 6, 8\]/,
    ],
    [
      'swaps height and width',
      onFeatures((pyramid) => mapped(pyramid, (maps) => tf.transpose(maps, [0, 2, 1, 3]))),
      /must keep height before width; layer1 of images 16x24 is \[3, 6, 4, 8\]/,
    ],
    [
      'gives what is no number',
      onFeatures((pyramid) => mapped(pyramid, tf.log)),
      /must give finite features; found -Infinity in layer1/,
    ],
    [
      'differs each time',
      onFeatures((pyramid) => mapped(pyramid, (maps) => tf.mul(maps, 1 + Math.random()))),
      /must give the same features for the same images in 'eval'/,
    ],
    [
      'counts in evaluation',
      of(({ features, dispose }) => {
        const seen = tf.variable(tf.scalar(0), false);
        return {
          statistics: { seen },
          features: (...given) => {
            tf.tidy(() => seen.assign(tf.add(seen, 1)));
            return features(...given);
          },
          dispose() {
            dispose();
            seen.dispose();
          },
        };
      }),
      /must change nothing in 'eval'; seen has/,
    ],
    [
      'normalises by the batch in evaluation',
      onFeatures((pyramid) => mapped(pyramid, (maps) => tf.sub(maps, tf.mean(maps)))),
      /must give an image the same features in 'eval' whatever the other images of the batch are/,
    ],
    [
      'draws from no seed',
      (options, context) => soundBackbone(options, { ...context, seed: Math.floor(Math.random() * 1e9) }),
      /must draw the same numbers from the same seed/,
    ],
    [
      'draws what is no parameter from no seed',
      of(({ features }) => {
        const factor = 1 + Math.random();
        return {
          features: (...given) =>
            tf.tidy(() => mapped(features(...given), (m) => tf.mul(m, factor))) as never,
        };
      }),
      /must give the same features from the same seed/,
    ],
    [
      'ignores the seed',
      (options, context) => soundBackbone(options, { ...context, seed: 7 }),
      /trained, it must draw other numbers from another seed/,
    ],
    ['has nothing to train', of(() => ({ parameters: {} })), /trained, it must have parameters to train/],
    [
      'trains itself',
      of(({ parameters, features }) => ({
        features: (images, mode) => {
          if (mode === 'train')
            for (const value of Object.values(parameters)) tf.tidy(() => value.assign(tf.mul(value, 0.9)));
          return features(images, mode);
        },
      })),
      /must leave its parameters to the optimizer; features\(\) in 'train' changed them/,
    ],
    [
      'cannot train',
      onFeatures((pyramid, _images, mode) => {
        if (mode === 'train') throw new Error('frozen');
        return pyramid;
      }),
      /must not fail: features\(images, 'train'\) threw "frozen"/,
    ],
    [
      'has statistics that are no numbers after training',
      of(({ features, dispose }) => {
        const mean = tf.variable(tf.scalar(0), false);
        return {
          statistics: { mean },
          features: (images, mode) => {
            if (mode === 'train') tf.tidy(() => mean.assign(tf.scalar(Number.NaN)));
            return features(images, mode);
          },
          dispose() {
            dispose();
            mean.dispose();
          },
        };
      }),
      /must keep its statistics finite in 'train'; found NaN in mean/,
    ],
    [
      'has a parameter that does nothing',
      of(({ parameters, dispose }) => {
        const idle = tf.variable(tf.scalar(1));
        return {
          parameters: { ...parameters, idle },
          dispose() {
            dispose();
            idle.dispose();
          },
        };
      }),
      /must use all of its parameters: the layers do not depend on idle/,
    ],
    [
      'has a gradient that is no number',
      onFeatures((pyramid, _images, mode) =>
        mapped(pyramid, (maps) => (mode === 'train' ? tf.sub(tf.sqrt(tf.square(maps)), 0) : maps)),
      ),
      /must have finite gradients in 'train'; found NaN/,
    ],
    [
      'has a gradient that leads away',
      onFeatures((pyramid, _images, mode) =>
        mode === 'eval'
          ? pyramid
          : mapped(
              pyramid,
              (maps) =>
                tf.customGrad((x) => ({
                  value: tf.mul(x as tf.Tensor, 1),
                  gradFunc: (dy: tf.Tensor) => tf.neg(dy),
                }))(maps) as tf.Tensor,
            ),
      ),
      /must learn: in 8 steps the distance from another network's features was to get lower/,
    ],
    [
      'has state that is not saved',
      of(({ features, dispose }, { seed }) => {
        const offset = tf.scalar(seed === 3 ? 0.5 : 0);
        return {
          features: (...given) =>
            tf.tidy(() => mapped(features(...given), (maps) => tf.add(maps, offset))) as never,
          dispose() {
            dispose();
            offset.dispose();
          },
        };
      }),
      /must give the same features after it was saved and loaded/,
    ],
    [
      'keeps its tensors',
      of(() => ({ dispose: () => undefined })),
      /frozen, it must dispose of all its tensors in dispose\(\); \d+ were left/,
    ],
  ];
  it.each(cases)('fails that %s', (_what, create, message) =>
    fails(tried('backbone', pluginWith('backbone', create)), message),
  );

  it('may be one that is trained only, and is then given what another network sees', async () => {
    const plugin = pluginWith('backbone', (options, context) => {
      if (!context.target) throw new Error('no target');
      expect(context.target.channels).toEqual({ layer1: 8, layer2: 16 });
      const sound = soundBackbone(options, context);
      return {
        ...sound,
        features: (images, mode, given) => {
          if (!given) throw new Error('nothing seen');
          return sound.features(images, mode);
        },
      };
    });
    await tried('backbone', plugin, { frozen: [false] });
    await fails(tried('backbone', plugin), /must not fail: create\(\) threw "no target"/);
  });
});

describe('a model', () => {
  /** A model that is sound but for what `change` changes. */
  const of = (change: (sound: Model) => Partial<Model>) => async (): Promise<Model> => {
    const sound = await soundModel();
    return { ...sound, ...change(sound) };
  };
  const onDetection = (change: (detection: { scores: tf.Tensor; maps: tf.Tensor | null }) => unknown) =>
    of(({ detect }) => ({ detect: (seen) => change(detect(seen)) as ReturnType<Model['detect']> }));
  const onScores = (change: (scores: tf.Tensor) => tf.Tensor) =>
    onDetection(({ scores, maps }) => ({ scores: change(scores), maps }));
  const onStages = (change: (stages: readonly Stage[]) => readonly Stage[]) =>
    of(({ stages }) => ({ stages: change(stages) }));
  const look = (name: string, more: Partial<GatherStage> = {}): GatherStage => ({
    name,
    gather: async () => undefined,
    ...more,
  });
  /** A parameter beside what the sound model learns, that is trained to be 0. */
  const training = (
    loss: (x: tf.Variable) => tf.Scalar,
    { stage = {}, saved = true }: { stage?: Partial<TrainStage>; saved?: boolean } = {},
  ) =>
    of((sound) => {
      const x = tf.tidy(() => tf.variable(tf.scalar(1)));
      return {
        ...sound,
        stages: [
          ...sound.stages,
          {
            name: 'training',
            epochs: 3,
            learners: [{ name: 'x', parameters: { x }, optimizer: soundOptimizer(), loss: () => loss(x) }],
            ...stage,
          },
        ],
        detect: (seen) => {
          const { scores, maps } = sound.detect(seen);
          return { scores: tf.add(scores, x), maps };
        },
        state: () => ({ ...sound.state(), ...(saved && { x }) }),
        restore: (state) => {
          sound.restore(state);
          if (saved && state.x) x.assign(state.x as tf.Scalar);
        },
        dispose() {
          sound.dispose();
          x.dispose();
        },
      };
    });
  const square = (x: tf.Variable) => tf.mul(tf.square(x), 0.1) as tf.Scalar;
  /** Two parameters: as the first is trained to be 0, the loss of the second gets higher, whatever this one learns itself. */
  const opposed = (gain: number) =>
    of((sound) => {
      const one = () => tf.tidy(() => tf.variable(tf.scalar(1)));
      const [x, y] = [one(), one()];
      const second = () =>
        tf.tidy(() => tf.add(tf.square(tf.sub(1, x)), tf.mul(square(y), gain))) as tf.Scalar;
      const learner = (name: string, parameter: tf.Variable, loss: () => tf.Scalar): Learner => ({
        name,
        parameters: { [name]: parameter },
        optimizer: soundOptimizer(),
        loss,
      });
      return {
        ...joined({ sound, opposed: variablesState({ x, y }) }),
        stages: [
          ...sound.stages,
          {
            name: 'training',
            epochs: 3,
            learners: [learner('first', x, () => square(x)), learner('second', y, second)],
          },
        ],
      };
    });
  /** What it finds in two steps is added to the scores. */
  const searching = (change: Partial<Search> = {}) =>
    of((sound) => ({
      search: {
        steps: 2,
        seed: 1,
        begin: (_seen, random) => ({ x: tf.scalar(random()) }),
        step: (_seen, { x }) => ({ x: tf.mul(x as tf.Tensor, 0.5) }),
        ...change,
      },
      detect: (seen, { x } = {}) => {
        const { scores, maps } = sound.detect(seen);
        return { scores: tf.add(scores, x as tf.Tensor), maps };
      },
    }));
  let count = 0;

  const cases: [string, () => Promise<Model>, RegExp][] = [
    [
      'has two stages of one name',
      onStages((stages) => [...stages, look('centre')]),
      /must give every stage a name of its own; two are called "centre"/,
    ],
    [
      'has two learners of one name',
      training(square, { stage: { learners: ['a', 'a'].map((name) => ({ name }) as never) } }),
      /must give every learner of "training" a name of its own; two are called "a"/,
    ],
    [
      'looks at held-out images before it is trained',
      onStages((stages) => [look('range', { on: 'heldOut' }), ...stages]),
      /must have its stages on held-out images last/,
    ],
    [
      'fails to gather',
      onStages(() => [
        look('centre', {
          gather: async () => {
            throw new Error('no centre');
          },
        }),
      ]),
      /must not fail: its tiny fit threw "no centre"/,
    ],
    [
      'fails on held-out images',
      onStages((stages) => [
        ...stages,
        look('range', {
          on: 'heldOut',
          gather: async () => {
            throw new Error('no range');
          },
        }),
      ]),
      /must not fail: its stage "range" threw "no range"/,
    ],
    [
      'does not learn',
      training((x) => tf.add(tf.mul(x, 0), 1)),
      /must learn: the loss of x in the stage "training" was to get lower in 3 epochs, and went 1\.000, 1\.000, 1\.000/,
    ],
    [
      'has a learner that does not learn beside one that does',
      opposed(0),
      /the loss of second in the stage "training" was to get lower in 3 epochs, and went .*; in steps of its own, while the other learners stood still, it went ([\d.]+)(, \1){4}/,
    ],
    [
      'diverges',
      training((x) => tf.mul(tf.log(tf.mul(x, -1)), 1)),
      /must not fail: its tiny fit threw "Training diverged/,
    ],
    [
      'learns what is no number',
      of(({ state }) => ({ state: () => ({ ...state(), odd: notANumber }) })),
      /must learn finite numbers; found NaN in odd/,
    ],
    [
      'learns otherwise each time',
      training((x) => tf.mul(square(x), 1 + Math.random())),
      /must learn the same from the same seed; x has/,
    ],
    [
      'learns otherwise from a checkpoint',
      () => {
        // As a momentum of its own that is no part of its state.
        let steps = 0;
        return training((x) => tf.mul(square(x), 1 + steps++ / 10))();
      },
      /must learn the same where a fit goes on from a checkpoint; x has/,
    ],
    [
      'gathers what its state lacks',
      of(() => ({ state: () => ({}), restore: () => undefined })),
      /must not fail: detect\(\) threw "The model has no .*centre/,
    ],
    ['gives no scores', onDetection(({ maps }) => ({ maps })), /must not fail: detect\(\) threw/],
    [
      'gives a score for each row',
      onDetection(({ maps }) => ({ scores: tf.max(maps as tf.Tensor, 2), maps })),
      /must give scores of the shape \[5\]; found \[5, 16\]/,
    ],
    [
      'gives maps at the size of its layer',
      onDetection(({ scores, maps }) => ({
        scores,
        maps: tf.slice(maps as tf.Tensor3D, [0, 0, 0], [-1, 4, 6]),
      })),
      /must give maps of the shape \[5, 16, 24\]; found \[5, 4, 6\]/,
    ],
    [
      'swaps height and width',
      onDetection(({ scores, maps }) => ({ scores, maps: tf.transpose(maps as tf.Tensor3D, [0, 2, 1]) })),
      /must give maps of the shape \[5, 16, 24\]; found \[5, 24, 16\]/,
    ],
    [
      'fails to detect',
      of(() => ({
        detect: () => {
          throw new Error('not yet');
        },
      })),
      /must not fail: detect\(\) threw "not yet"/,
    ],
    [
      'gives scores that are no numbers',
      onScores((scores) => tf.mul(scores, Number.NaN)),
      /must give finite scores and maps once it is fitted; found NaN in the score of image 0/,
    ],
    [
      'gives maps that are no numbers',
      onDetection(({ scores, maps }) => ({ scores, maps: tf.div(maps as tf.Tensor, 0) })),
      /must give finite scores and maps once it is fitted; found Infinity in the map of image 0/,
    ],
    [
      'detects otherwise each time',
      onScores((scores) => tf.add(scores, Math.random())),
      /must give the same scores and maps for the same images; the score of image 0 has/,
    ],
    [
      'mixes the scores of images',
      onScores((scores) => tf.div(scores, tf.max(scores))),
      /must give an image the same whatever the other images of the batch are; alone, the score of image 0/,
    ],
    [
      'mixes the maps of images',
      onDetection(({ scores, maps }) => ({
        scores,
        maps: tf.sub(maps as tf.Tensor, tf.mean(maps as tf.Tensor)),
      })),
      /must give an image the same whatever the other images of the batch are; alone, the map of image 0/,
    ],
    [
      'cannot be loaded',
      of(({ restore }) => ({
        restore: (state) => {
          count += 1;
          // A checkpoint is restored before.
          if (count > 1) throw new Error('not this file');
          restore(state);
        },
      })),
      /must not fail: loading its saved model threw "not this file"/,
    ],
    [
      'loses something when it is saved',
      () => {
        const factor = 1 + (made++ % 7);
        return onScores((scores) => tf.mul(scores, factor))();
      },
      /must give the same scores and maps after it was saved and loaded; the score of image 0/,
    ],
    [
      'counts its parameters in halves',
      of(() => ({ cost: () => ({ parameters: 0.5, multiplyAdds: null }) })),
      /must say what it costs in whole numbers; cost\(\)\.parameters is 0\.5/,
    ],
    [
      'keeps its tensors',
      of(() => ({ dispose: () => undefined })),
      /must dispose of all its tensors in dispose\(\); \d+ were left/,
    ],
    [
      'searches for no step',
      searching({ steps: 0 }),
      /must say in a whole number how many steps its search takes; search\.steps is 0/,
    ],
    [
      'searches from another start each time',
      searching({ begin: () => ({ x: tf.scalar(Math.random()) }) }),
      /must give the same scores and maps for the same images; the score of image 0 has/,
    ],
    [
      'searches from a start that depends on the images before',
      searching({ begin: () => ({ x: tf.scalar(made++ % 5) }) }),
      /must find the same for an image whatever it found before; in the opposite order the score of image 0 has/,
    ],
    [
      'keeps a tensor in each step of a search',
      searching({ step: (_seen, { x }) => ({ x: tf.keep(tf.mul(x as tf.Tensor, 0.5)) }) }),
      /must leave no tensor where its search is ended; \d+ were left/,
    ],
    [
      'finds what is not finite',
      searching({ step: (_seen, { x }) => ({ x: tf.div(x as tf.Tensor, 0) }) }),
      /must not fail: detect\(\) threw "The search for what explains an image diverged/,
    ],
    [
      'keeps a tensor each time that it detects',
      onScores((scores) => tf.keep(tf.add(scores, 0))),
      /must dispose of all its tensors in dispose\(\); \d+ were left/,
    ],
  ];
  let made = 0;
  let notANumber: tf.Tensor;
  beforeAll(() => {
    notANumber = tf.scalar(Number.NaN);
  });
  it.each(cases)('fails that %s', (_what, create, message) =>
    fails(tried('model', pluginWith('model', create)), message),
  );

  it.each<[string, () => Promise<Model>]>([
    ['be trained', training(square)],
    ['be trained in two stages', training(square, { stage: { epochs: 1 } })],
    ['have no maps', onDetection(({ scores }) => ({ scores, maps: null }))],
    [
      'look at held-out images at the end',
      onStages((stages) => [...stages, look('range', { on: 'heldOut' })]),
    ],
    ['search before it detects', searching()],
    ['say what it costs', of(() => ({ cost: () => ({ parameters: 3, multiplyAdds: 1000 }) }))],
  ])('may %s', (_, create) => tried('model', pluginWith('model', create)));

  it('may have learners that raise the loss of each other, as long as each lowers its own', () =>
    tried('model', pluginWith('model', opposed(0.1))));

  it('is tried on the network of the kit where it is for any, for a few epochs', async () => {
    const seen: unknown[] = [];
    const counting = {
      ...imitation,
      name: 'mine',
      create: (options: never, context: never) => {
        const { backbone, layers, training } = options as Record<string, { type: string; epochs: number }>;
        seen.push([backbone?.type, layers, training?.epochs]);
        return imitation.create(options, context);
      },
    };
    const parts = [counting, ...(pluginWith('loss').parts ?? []), ...(pluginWith('score').parts ?? [])];
    const named = { 'loss/mine': tiny, 'score/mine': tiny };
    await checkConformance({ name: 'tried', parts } as Plugin, { parts: { 'model/mine': tiny, ...named } });
    expect(seen[0]).toEqual(['conformance-network', ['layer1', 'layer2'], 5]);
    await checkConformance({ name: 'tried', parts } as Plugin, {
      parts: { 'model/mine': { ...tiny, options: { training: { epochs: 2 }, layers: ['a'] } }, ...named },
    });
    expect(seen.at(-1)).toEqual(['conformance-network', ['a'], 2]);
  });
});

describe('a pretraining', () => {
  const of = (change: (sound: ReturnType<typeof soundPretraining>) => object) => () => {
    const sound = soundPretraining();
    return { ...sound, ...change(sound) };
  };
  const weights = (data: number[], shape = [2]) =>
    of(() => ({ weights: async () => ({ weight: { shape, data: Float32Array.from(data) } }) }));
  it.each<[string, () => ReturnType<typeof soundPretraining>, RegExp]>([
    [
      'gives no weights',
      of(() => ({ weights: async () => ({}) })),
      /must give the weights of what was trained/,
    ],
    ['gives too few numbers', weights([1]), /as many numbers as a shape holds; those of weight are 1/],
    ['gives what is no number', weights([1, Number.NaN]), /must give finite weights; found NaN in weight/],
    [
      'cannot give its weights',
      of(() => ({
        weights: async () => {
          throw new Error('no weights');
        },
      })),
      /must not fail: weights\(\) threw "no weights"/,
    ],
    [
      'does not learn',
      of(({ stages }) => ({
        stages: stages.map((stage) => ({
          ...stage,
          learners: (stage as TrainStage).learners.map((learner) => ({
            ...learner,
            optimizer: { ...learner.optimizer, step: () => undefined },
          })),
        })),
      })),
      /must learn: the loss of network in the stage "network" was to get lower/,
    ],
    ['keeps its tensors', of(() => ({ dispose: () => undefined })), /must dispose of all its tensors/],
  ])('fails that %s', (_what, create, message) =>
    fails(tried('pretraining', pluginWith('pretraining', create)), message),
  );
});

describe('a method', () => {
  const part = <K extends PartKind>(kind: K, create?: Parameters<typeof pluginWith<K>>[1]) =>
    pluginWith(kind, create).parts?.[0] as NonNullable<Plugin['parts']>[0];
  /** A plugin with a method and nothing else, beside one with the parts that the method names. */
  const methodOn = (
    model: object,
    score: () => ScoreFunction = soundScore,
    backbone: (options: never, context: ContextOf<'backbone'>) => Backbone = soundBackbone,
    preset: Method['preset'] = {},
  ): [Plugin, ConformanceOptions] => [
    {
      name: 'tried',
      methods: [
        { name: 'mine', summary: 'Mine.', preset: { model: { type: 'imitation', ...model }, ...preset } },
      ],
    },
    {
      plugins: [
        {
          name: 'parts',
          parts: [imitation, part('loss'), part('score', score), part('backbone', backbone)] as never,
        },
      ],
    },
  ];

  it('passes on the network of the kit, and with parts of its own plugin alone', async () => {
    await checkConformance(...methodOn({}));
    const [{ methods }] = methodOn({}) as [Required<Plugin>, unknown];
    const parts = [imitation, part('loss'), part('score')] as never;
    const before = tf.memory().numTensors;
    await checkConformance(
      { name: 'tried', parts, methods },
      { parts: { 'loss/mine': tiny, 'score/mine': tiny, 'model/imitation': tiny } },
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is tried with images of the size that it says', async () => {
    const sizes = new Set<string>();
    const score = (): ScoreFunction => {
      const sound = soundScore();
      return {
        ...sound,
        anomalyMap: (teacher, students, size) => {
          sizes.add(`${size}`);
          return sound.anomalyMap(teacher, students, size);
        },
      };
    };
    await checkConformance(...methodOn({}, score));
    const [plugin, options] = methodOn({}, score);
    await checkConformance(plugin, { ...options, methods: { mine: { images: { size: [16, 32] } } } });
    expect([...sizes]).toEqual(['24,32', '16,32']);
  });

  const { anomalyMap } = soundScore();
  const onMap = (change: (map: tf.Tensor3D) => tf.Tensor) => () => ({
    minStudents: 1,
    anomalyMap: (...seen: Parameters<typeof anomalyMap>) => change(anomalyMap(...seen)) as tf.Tensor3D,
  });
  let made = 0;
  const optimizer = (learningRate: number) => ({ training: { optimizer: { type: 'sgd', learningRate } } });
  const cases: [string, [Plugin, ConformanceOptions], RegExp][] = [
    [
      'names a part that no plugin brings',
      [methodOn({})[0], {}],
      /preset\.model\.type.*\n.*call checkConformance with plugins/,
    ],
    [
      'cannot be composed',
      methodOn({ student: { type: 'mine' } }, undefined, (options, context) => ({
        ...soundBackbone(options, context),
        layers: ['layer1'],
      })),
      /must not fail: composing it threw ".*must give the layers that are asked for/,
    ],
    [
      'does not learn',
      methodOn(optimizer(1e-30)),
      /must learn: the loss of student in the stage "imitation" was to get lower in 5 epochs, and went/,
    ],
    ['diverges', methodOn(optimizer(1e20)), /must not fail: its tiny fit threw "Training diverged/],
    [
      'gives maps that are no numbers',
      methodOn(
        {},
        onMap((map) => tf.mul(map, Number.NaN)),
      ),
      /must give finite scores and maps once it is fitted; found NaN/,
    ],
    [
      'mixes images',
      methodOn(
        {},
        onMap((map) => tf.div(map, tf.max(map))),
      ),
      /must give an image the same whatever the other images of the batch are/,
    ],
    [
      'loses something when it is saved',
      methodOn({}, () => {
        const factor = ++made;
        return onMap((map) => tf.mul(map, factor))();
      }),
      /must give the same scores and maps after it was saved and loaded/,
    ],
  ];
  it.each(cases)('fails that it %s', (_what, [plugin, options], message) =>
    fails(checkConformance(plugin, options), message),
  );

  it('is tried with the settings that are given for it, which are checked', () =>
    fails(
      checkConformance(methodOn({})[0], {
        ...methodOn({})[1],
        methods: { mine: { model: { training: { epoch: 3 } } } },
      }),
      /\$\.model\.training\.epoch is not known here.* Did you mean epochs\?/,
    ));
});
