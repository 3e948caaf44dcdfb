// How much of a training epoch the engine waits for images. On the built packages (npm run build):
//   node bench/waiting.mjs [--methods autoencoder,stfpm] [--images 96] [--from 900] [--batch 8] [--size 224] [--epochs 3]
// It trains on JPEG photographs in files. As `adfw run` does, it reads each of them once before it trains; then there is memory for all of
// them, or for none, so that they are read again in every epoch. `adfw run --profile` says the same of a whole run.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fit as fitStages, memoryBudget, observeSpans, pickImages, sampleImages } from '@adfw/core';
import { createFolderDataset } from '@adfw/datasets-mvtec';
import { useEngine } from '@adfw/runner';
import { composeMethod } from './composition.mjs';
import { flagsOf } from './flags.mjs';
import { picture } from './picture.mjs';

const values = flagsOf({
  methods: { type: 'string', default: 'autoencoder,stfpm' },
  images: { type: 'string', default: '96' },
  from: { type: 'string', default: '900' },
  batch: { type: 'string', default: '8' },
  size: { type: 'string', default: '224' },
  epochs: { type: 'string', default: '3' },
});
const [count, from, batchSize, side, epochs] = ['images', 'from', 'batch', 'size', 'epochs'].map((name) =>
  Number(values[name]),
);
if (count % batchSize !== 0) {
  console.error(`--images is ${count}; it must be a multiple of --batch, ${batchSize}.`);
  process.exit(2);
}

await useEngine('onnxruntime');
const folder = await mkdtemp(join(tmpdir(), 'adfw-waiting-'));
try {
  for (let i = 0; i < count; i++)
    await picture(i, from)
      .jpeg()
      .toFile(join(folder, `${i}.jpg`));
  console.log(
    ['method', 'memory', 'epoch', 'seconds', 'waits', 'share'].map((cell) => cell.padStart(12)).join(''),
  );
  for (const method of values.methods.split(','))
    for (const memory of [2 ** 31, 0]) {
      // The first time, the engine compiles.
      await epochsOf(method, memory, 1);
      for (const [epoch, { seconds, waited }] of (await epochsOf(method, memory, epochs)).entries())
        console.log(
          [
            method,
            memory > 0 ? 'all' : 'none',
            epoch + 1,
            seconds.toFixed(2),
            waited.toFixed(2),
            `${((waited / seconds) * 100).toFixed(1)} %`,
          ]
            .map((cell) => String(cell).padStart(12))
            .join(''),
        );
    }
} finally {
  await rm(folder, { recursive: true });
}

/** The seconds that each epoch took, and those in which it waited. */
async function epochsOf(method, memory, epochs) {
  const composition = await composeMethod(method, side, { training: { epochs } });
  const dataset = await createFolderDataset(
    { train: folder, testNominal: null, testDefective: null, masks: null },
    { report: () => {} },
  );
  const budget = memoryBudget(memory);
  const images = sampleImages(dataset, dataset.train, { height: side, width: side }, budget);
  for (let start = 0; start < count; start += batchSize)
    await Promise.all(Array.from({ length: batchSize }, (_, n) => images.image(start + n)));
  const result = [];
  let began = performance.now();
  let waited = 0;
  observeSpans({
    begin(name) {
      const start = performance.now();
      return () => {
        if (name === 'waiting for images') waited += (performance.now() - start) / 1000;
      };
    },
    beginBeside: () => () => {},
  });
  const onProgress = ({ type }) => {
    const now = performance.now();
    // Features are computed before the first epoch; that is none of it.
    if (type === 'epoch') result.push({ seconds: (now - began) / 1000, waited });
    else if (type !== 'features') return;
    began = now;
    waited = 0;
  };
  try {
    const heldOut = pickImages(images, []);
    await fitStages(
      composition.model,
      { train: images, heldOut },
      { batchSize, seed: 1, budget, onProgress },
    );
  } finally {
    observeSpans(null);
    composition.dispose();
  }
  return result;
}
