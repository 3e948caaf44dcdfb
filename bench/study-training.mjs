// How training goes, epoch by epoch, seen from test images: what a method may not do, a study has to. After each epoch a line of
// JSON: the losses, what is reached on the test images and, beside it, on defects drawn into held-out images, the image AUROC of each
// layer's own map, the mean score of good and of defective images, and the size of the last scale in the branches of residual
// blocks. Students are as the epoch left them; `kept` has the same of those that training would keep, each from its best epoch so
// far. --score-at names the epochs to look at, all without it; --scores other scores that the same students are tried with.
//
//   node bench/study-training.mjs OUT.jsonl [flags of adfw run: --method, --data, --weights, --epochs, --seed, --set, …]
import { appendFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import {
  auroc,
  compose,
  copyState,
  disposeAll,
  distill,
  evaluate,
  findPart,
  holdOut,
  imagesTensor,
  memoryBudget,
  parseMemory,
  parseSetting,
  pickImages,
  restoreState,
  sampleImages,
  syntheticDefect,
  syntheticDefectKinds,
  tf,
  withPrefix,
} from '@adfw/core';
import { prepareExperiment, useEngine } from '@adfw/runner';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    method: { type: 'string', default: 'stfpm' },
    data: { type: 'string' },
    weights: { type: 'string' },
    epochs: { type: 'string', default: '20' },
    seed: { type: 'string', default: '42' },
    set: { type: 'string', multiple: true, default: [] },
    'score-at': { type: 'string' },
    scores: { type: 'string' },
  },
});
const [out] = positionals;
const settings = [
  `method=${values.method}`,
  'dataset.type=mvtec',
  `dataset.root=${values.data}`,
  `teacher.weights=${values.weights}`,
  `training.epochs=${values.epochs}`,
  `seed=${values.seed}`,
  ...values.set,
];
const { registry, experiment } = await prepareExperiment({ overrides: settings.map(parseSetting) });
await useEngine('onnxruntime');
const composition = await compose(registry, experiment);
const { teacher, students, score, loss } = composition;
const { batchSize, epochs, validationFraction, cacheMemory, ...training } = experiment.training;
const scoredEpochs = values['score-at']?.split(',').map(Number);
const dataset = await composition.dataset();
const otherScores = Object.fromEntries(
  await Promise.all(
    (values.scores?.split(',') ?? []).map(async (type) => [
      type,
      await findPart(registry, 'score', type).part.create(
        { combine: 'product', smoothing: 0 },
        { seed: 0, layers: experiment.layers },
      ),
    ]),
  ),
);
const SCORED_TOGETHER = 16;
const budget = memoryBudget(parseMemory(cacheMemory));
const nominal = sampleImages(dataset, dataset.train, budget);
const testImages = sampleImages(dataset, dataset.test, budget);
const split = holdOut(nominal.length, validationFraction, experiment.seed);

const test = {
  labels: dataset.test.map(({ label }) => label),
  images: await Promise.all(dataset.test.map((_, index) => testImages.image(index))),
  masks: await Promise.all(
    dataset.test.map(async (sample) => {
      const { width, height } = await testImages.image(0);
      return sample.label === 0
        ? new Uint8Array(width * height)
        : ((await dataset.mask(sample))?.data ?? null);
    }),
  ),
};

/** Held-out images, and each with a defect of each kind drawn into it: what nominal images alone can tell. */
const MOST_HELD_OUT = 40;
const heldOut = await Promise.all(
  split.validation.slice(0, MOST_HELD_OUT).map((index) => nominal.image(index)),
);
const synthetic = Object.fromEntries(
  syntheticDefectKinds.map((kind) => [
    kind,
    heldOut.map((image, index) => syntheticDefect(image, kind, experiment.seed, `${index}`)),
  ]),
);

/** The anomaly maps of images, and the highest value on each layer's map and on the combined one. */
async function scoresOf(images, by = score) {
  const scores = {};
  const maps = [];
  for (let start = 0; start < images.length; start += SCORED_TOGETHER) {
    const batch = imagesTensor(images.slice(start, start + SCORED_TOGETHER));
    const seen = tf.tidy(() => {
      const pyramid = teacher.features(batch, 'eval');
      const pyramids = students.map((student) => student.features(batch, 'eval', pyramid));
      const [, height, width] = batch.shape;
      const { layers, combined } = by.anomalyMaps(pyramid, pyramids, [height, width]);
      const maxima = Object.entries({ combined, ...layers }).map(([name, map]) => [
        name,
        tf.max(map, [1, 2]),
      ]);
      return { combined, maxima: Object.fromEntries(maxima) };
    });
    for (const [name, values] of Object.entries(seen.maxima))
      scores[name] = [...(scores[name] ?? []), ...(await values.data())];
    for (const map of tf.unstack(seen.combined)) {
      maps.push(await map.data());
      map.dispose();
    }
    tf.dispose([batch, seen]);
  }
  return { scores, maps };
}

/** What the students reach on the test images, and on synthetic defects beside held-out images. */
async function measured() {
  const tested = await scoresOf(test.images);
  const good = await scoresOf(heldOut);
  const guesses = {};
  for (const [kind, defects] of Object.entries(synthetic)) {
    const defective = await scoresOf(defects.map(({ image }) => image));
    guesses[kind] = measures(
      [...good.scores.combined, ...defective.scores.combined],
      [...good.maps, ...defective.maps],
      [...heldOut.map(() => 0), ...defects.map(() => 1)],
      [...heldOut.map(({ data }) => new Uint8Array(data.length / 3)), ...defects.map(({ mask }) => mask)],
    );
  }
  const others = {};
  for (const [type, other] of Object.entries(otherScores)) {
    const { scores, maps } = await scoresOf(test.images, other);
    others[type] = measures(scores.combined, maps, test.labels, test.masks);
  }
  return {
    tested: measures(tested.scores.combined, tested.maps, test.labels, test.masks),
    auroc: aurocs(tested.scores),
    synthetic: guesses,
    ...(values.scores && { otherScores: others }),
    good: means(tested.scores, 0),
    defective: means(tested.scores, 1),
  };
}

function measures(scores, maps, labels, masks) {
  const { width, height } = test.images[0];
  const { imageAuroc, pixelAuroc, aupro, diceMean, falseBads, falseGoods } = evaluate({
    scores,
    labels,
    maps,
    masks,
    size: { width, height },
    threshold: composition.threshold,
    deployed: null,
  });
  return { imageAuroc, pixelAuroc, aupro, diceMean, falseBads, falseGoods };
}

const aurocs = (scores) =>
  Object.fromEntries(Object.entries(scores).map(([name, values]) => [name, auroc(values, test.labels)]));

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const means = (scores, label) =>
  Object.fromEntries(
    Object.entries(scores).map(([name, values]) => [
      name,
      mean(values.filter((_, index) => test.labels[index] === label)),
    ]),
  );

/** What the students reach as training would keep them now: each from its best epoch. */
async function keptMeasures(tensors) {
  const own = students.map(copyState);
  for (const [index, student] of students.entries())
    restoreState(student, withPrefix(tensors, `best${index}`));
  try {
    return await measured();
  } finally {
    for (const [index, student] of students.entries()) restoreState(student, own[index]);
    for (const state of own) disposeAll(state);
  }
}

const keptEpochs = (history) => students.map((_, index) => history.findLast(({ best }) => best[index]).epoch);

async function residualScales() {
  const sizes = {};
  for (const [name, variable] of Object.entries(students[0].parameters))
    if (/\.bn2\.weight$/.test(name))
      sizes[name.replace('.bn2.weight', '')] = mean([...(await variable.data())].map(Math.abs));
  return sizes;
}

const { reduction = 'sum' } = experiment.loss;
await distill({
  teacher,
  students,
  loss,
  optimizers: await Promise.all(students.map((_, index) => composition.createOptimizer(index))),
  train: pickImages(nominal, split.train),
  validation: pickImages(nominal, split.validation),
  epochs,
  batchSize,
  schedule: training.schedule,
  clipNorm: training.clipNorm,
  averageDecay: training.averageDecay,
  preciseBatchNorm: training.preciseBatchNorm,
  patience: training.patience,
  seed: experiment.seed,
  budget,
  checkpoints: {
    load: async () => null,
    save: async ({ history, tensors }) => {
      const record = history.at(-1);
      if (scoredEpochs && !scoredEpochs.includes(record.epoch)) return;
      const now = await measured();
      const kept =
        record.best.every(Boolean) && training.averageDecay === 0 ? now : await keptMeasures(tensors);
      const line = {
        settings: {
          data: dataset.name,
          method: experiment.method,
          seed: experiment.seed,
          set: values.set,
          reduction,
        },
        epoch: record.epoch,
        loss: mean(record.loss),
        heldOutLoss: record.validationLoss && mean(record.validationLoss),
        seconds: record.seconds,
        ...now,
        kept: { epochs: keptEpochs(history), ...kept },
        scales: await residualScales(),
      };
      await appendFile(out, `${JSON.stringify(line)}\n`);
    },
  },
});
