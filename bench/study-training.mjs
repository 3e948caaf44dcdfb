// How training goes, epoch by epoch, seen from test images: what a method may not do, a study has to. After each epoch a line of
// JSON: the losses, what is reached on the test images and, beside it, on defects drawn into held-out images, the mean score of good
// and of defective images, and the size of the last scale in the branches of residual blocks. What learns is as the epoch left it;
// `kept` has the same of what training would keep, each learner from its best epoch so far. --score-at names the epochs to look at,
// all without it; --also, which may be repeated, other options of the model that the same weights are tried with.
//
//   node bench/study-training.mjs OUT.jsonl [flags of adfw run: --method, --data, --weights, --epochs, --seed, --set, …]
//     [--also model.score.type=variance] [--also 'model.layers=["layer1"]']
import { appendFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import {
  compose,
  copyTensors,
  detectorOf,
  disposeAll,
  evaluate,
  fit as fitStages,
  gatherFrom,
  heldOutStages,
  holdOut,
  imageSizeOf,
  imagesTensor,
  memoryBudget,
  parseMemory,
  parseSetting,
  pickImages,
  pretrainedSlots,
  resolveExperiment,
  restoreVariables,
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
    also: { type: 'string', multiple: true, default: [] },
  },
});
const [out] = positionals;
if (!out || !values.data) {
  console.error('Name the file to write, and the images with --data.');
  process.exit(2);
}
const settings = (more) =>
  [
    `method=${values.method}`,
    'dataset.type=mvtec',
    `dataset.root=${values.data}`,
    `model.training.epochs=${values.epochs}`,
    `seed=${values.seed}`,
    ...more,
    ...values.set,
  ].map(parseSetting);
const asked = await prepareExperiment({ overrides: settings([]) });
const weights =
  values.weights === undefined
    ? []
    : pretrainedSlots(asked.registry, asked.experiment.model).map(
        (slot) => `model.${slot}.weights=${values.weights}`,
      );
const { registry, experiment } = await prepareExperiment({ overrides: settings(weights) });
await useEngine('onnxruntime');
const composition = await compose(registry, experiment);
const { model } = composition;
const learners = model.stages.flatMap(({ learners = [] }) => learners);
const scoredEpochs = values['score-at']?.split(',').map(Number);
const dataset = await composition.dataset();
/** Models with other options, by the setting. */
const others = {};
for (const setting of values.also) {
  const layers = [{ source: 'study', document: experiment }, parseSetting(setting)];
  others[setting] = (await compose(registry, resolveExperiment({ registry, layers }))).model;
}
const SCORED_TOGETHER = 16;
const { batchSize, validationFraction, cacheMemory } = experiment.fit;
const size = imageSizeOf(experiment);
const budget = memoryBudget(parseMemory(cacheMemory));
const nominal = sampleImages(dataset, dataset.train, size, budget);
const testImages = sampleImages(dataset, dataset.test, size, budget);
const split = holdOut(nominal.length, validationFraction, experiment.seed);
const [train, validation] = [split.train, split.validation].map((indices) => pickImages(nominal, indices));

const nothing = () => new Uint8Array(size.width * size.height);
const test = {
  labels: dataset.test.map(({ label }) => label),
  images: await Promise.all(dataset.test.map((_, index) => testImages.image(index))),
  masks: await Promise.all(
    dataset.test.map(async (sample) =>
      sample.label === 0 ? nothing() : ((await dataset.mask(sample, size))?.data ?? null),
    ),
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

/** The scores and anomaly maps of images. */
async function detected(images, by) {
  const detector = detectorOf(by);
  const [scores, maps] = [[], []];
  for (let start = 0; start < images.length; start += SCORED_TOGETHER) {
    const batch = imagesTensor(images.slice(start, start + SCORED_TOGETHER), by.normalization);
    const detection = detector.tensors(batch);
    scores.push(...(await detection.scores.data()));
    for (const map of detection.maps ? tf.unstack(detection.maps) : []) {
      maps.push(await map.data());
      map.dispose();
    }
    tf.dispose([batch, detection.scores, detection.maps]);
  }
  return { scores, maps };
}

/** What is learnt at the end of a fit, from held-out images. */
async function finish(by) {
  for (const stage of heldOutStages(by))
    await gatherFrom(by, stage, validation.length > 0 ? validation : train, {
      batchSize,
      seed: experiment.seed,
      budget,
    });
}

/** What is reached on the test images, and on synthetic defects beside held-out images. */
async function measured() {
  await finish(model);
  const tested = await detected(test.images, model);
  const good = await detected(heldOut, model);
  const guesses = {};
  for (const [kind, defects] of heldOut.length > 0 ? Object.entries(synthetic) : []) {
    const defective = await detected(
      defects.map(({ image }) => image),
      model,
    );
    guesses[kind] = measures(
      { scores: [...good.scores, ...defective.scores], maps: [...good.maps, ...defective.maps] },
      [...heldOut.map(() => 0), ...defects.map(() => 1)],
      [...heldOut.map(nothing), ...defects.map(({ mask }) => mask)],
    );
  }
  const also = {};
  for (const [setting, other] of Object.entries(others)) {
    other.restore(model.state());
    await finish(other);
    also[setting] = measures(await detected(test.images, other), test.labels, test.masks);
  }
  return {
    tested: measures(tested, test.labels, test.masks),
    synthetic: guesses,
    ...(values.also.length > 0 && { also }),
    good: mean(tested.scores.filter((_, index) => test.labels[index] === 0)),
    defective: mean(tested.scores.filter((_, index) => test.labels[index] === 1)),
  };
}

function measures({ scores, maps }, labels, masks) {
  const { imageAuroc, pixelAuroc, aupro, diceMean, falseBads, falseGoods } = evaluate({
    scores,
    labels,
    maps,
    masks: maps.length > 0 ? masks : masks.map(() => null),
    size,
    threshold: composition.threshold,
    deployed: null,
  });
  return { imageAuroc, pixelAuroc, aupro, diceMean, falseBads, falseGoods };
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

const variablesOf = ({ parameters, statistics }) => ({ ...parameters, ...statistics });

/** What is reached by what training would keep now: each learner from its best epoch. */
async function keptMeasures(tensors) {
  const own = learners.map((learner) => copyTensors(variablesOf(learner)));
  const kept = learners.map(({ name }) => withPrefix(tensors, `best/${name}`));
  const restore = (states) => {
    for (const [index, learner] of learners.entries()) restoreVariables(variablesOf(learner), states[index]);
  };
  restore(kept);
  try {
    return await measured();
  } finally {
    restore(own);
    for (const state of own) disposeAll(state);
  }
}

async function residualScales() {
  const sizes = {};
  for (const [name, variable] of Object.entries(learners[0]?.parameters ?? {}))
    if (/\.bn2\.weight$/.test(name))
      sizes[name.replace('.bn2.weight', '')] = mean([...(await variable.data())].map(Math.abs));
  return sizes;
}

let epochsSeen = 0;
/** @param checkpoint after an epoch, or at a stage's end. */
async function look({ history, tensors }) {
  const record = history.at(-1);
  if (history.length === epochsSeen) return;
  epochsSeen = history.length;
  if (scoredEpochs && !scoredEpochs.includes(record.epoch)) return;
  const now = await measured();
  const isKept = Object.values(record.best).every(Boolean) && !(experiment.model.training?.averageDecay > 0);
  const kept = isKept ? now : await keptMeasures(tensors);
  const epochs = Object.fromEntries(
    Object.keys(record.best).map((learner) => [
      learner,
      history.findLast(({ stage, best }) => stage === record.stage && best[learner]).epoch,
    ]),
  );
  const line = {
    settings: {
      data: dataset.name,
      method: experiment.method,
      seed: experiment.seed,
      set: values.set,
    },
    stage: record.stage,
    epoch: record.epoch,
    loss: mean(Object.values(record.loss)),
    heldOutLoss: record.heldOutLoss && mean(Object.values(record.heldOutLoss)),
    seconds: record.seconds,
    ...now,
    kept: { epochs, ...kept },
    scales: await residualScales(),
  };
  await appendFile(out, `${JSON.stringify(line)}\n`);
}

await fitStages(
  model,
  { train, heldOut: validation },
  {
    batchSize,
    seed: experiment.seed,
    budget,
    checkpoints: { load: async () => null, save: look },
  },
);
