// How training goes, epoch by epoch, seen from test images: what a method may not do, a study has to. After each epoch a line of
// JSON: the losses, the image AUROC of the anomaly map and of each layer's own, the mean score of good and of defective images,
// and the size of the last scale in the branches of residual blocks. Students are as the epoch left them; `kept` has the AUROC of
// those that training would keep, each from its best epoch so far. --score-at names the epochs to look at, all without it.
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
  holdOut,
  imagesTensor,
  memoryBudget,
  parseMemory,
  parseSetting,
  pickImages,
  restoreState,
  sampleImages,
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
const budget = memoryBudget(parseMemory(cacheMemory));
const nominal = sampleImages(dataset, dataset.train, budget);
const test = sampleImages(dataset, dataset.test, budget);
const labels = dataset.test.map(({ label }) => label);
const split = holdOut(nominal.length, validationFraction, experiment.seed);

/** The highest value on each layer's map and on the combined one, for each test image. */
async function testScores() {
  const scores = {};
  for (let start = 0; start < test.length; start += batchSize) {
    const indices = Array.from({ length: Math.min(batchSize, test.length - start) }, (_, n) => start + n);
    const images = imagesTensor(await Promise.all(indices.map((index) => test.image(index))));
    const maxima = tf.tidy(() => {
      const pyramid = teacher.features(images, 'eval');
      const pyramids = students.map((student) => student.features(images, 'eval', pyramid));
      const [, height, width] = images.shape;
      const { layers, combined } = score.anomalyMaps(pyramid, pyramids, [height, width]);
      return Object.fromEntries(
        Object.entries({ combined, ...layers }).map(([name, map]) => [name, tf.max(map, [1, 2])]),
      );
    });
    for (const [name, values] of Object.entries(maxima))
      scores[name] = [...(scores[name] ?? []), ...(await values.data())];
    tf.dispose([images, maxima]);
  }
  return scores;
}

const aurocs = (scores) =>
  Object.fromEntries(Object.entries(scores).map(([name, values]) => [name, auroc(values, labels)]));

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const ofLabel = (values, label) => values.filter((_, index) => labels[index] === label);

/** The test scores of the students as training would keep them now: each from its best epoch. */
async function keptScores(tensors) {
  const own = students.map(copyState);
  for (const [index, student] of students.entries())
    restoreState(student, withPrefix(tensors, `best${index}`));
  try {
    return await testScores();
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
      const scores = await testScores();
      const kept =
        record.best.every(Boolean) && training.averageDecay === 0 ? scores : await keptScores(tensors);
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
        auroc: aurocs(scores),
        kept: { epochs: keptEpochs(history), auroc: aurocs(kept) },
        good: Object.fromEntries(
          Object.entries(scores).map(([name, values]) => [name, mean(ofLabel(values, 0))]),
        ),
        defective: Object.fromEntries(
          Object.entries(scores).map(([name, values]) => [name, mean(ofLabel(values, 1))]),
        ),
        scales: await residualScales(),
      };
      await appendFile(out, `${JSON.stringify(line)}\n`);
    },
  },
});
