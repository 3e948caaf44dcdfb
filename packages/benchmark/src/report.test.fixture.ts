/** Reports of runs that nobody ran, for tests of what is made of them. */
import type { ResolvedExperiment } from '@adfw/core';
import type { RunReport } from '@adfw/runner';
import type { BenchmarkReport, CellReport } from './benchmark-report.js';

type Metrics = RunReport['metrics'];

const noMetrics: Metrics = {
  imageAuroc: null,
  partialAuroc: null,
  imageF1: null,
  precision: null,
  recall: null,
  falseBads: null,
  falseGoods: null,
  threshold: null,
  deployed: null,
  pixelAuroc: null,
  aupro: null,
  diceMean: null,
  diceGlobal: null,
  notes: [],
};

export const runReport = (metrics: Partial<Metrics>, seed = 42): RunReport => ({
  method: 'stfpm',
  dataset: {
    name: 'mvtec',
    category: null,
    train: 4,
    validation: 1,
    testGood: 2,
    testDefective: 2,
    skipped: 0,
  },
  metrics: { ...noMetrics, ...metrics },
  bestEpochs: [1],
  // Another seed takes a second and a millisecond longer.
  timings: {
    trainSeconds: 8 + seed - 42,
    trainImagesPerSecond: 20,
    inferenceMsPerImage: 5 + seed - 42,
    totalSeconds: 10,
  },
  engine: { name: 'cpu', version: '4', provider: 'javascript', threads: 1 },
  outputDir: 'run',
});

/** The thesis' STFPM. */
export const stfpmExperiment = {
  method: 'stfpm',
  teacher: { type: 'resnet18', width: 64, weights: 'imagenet', standardize: false },
  student: { type: 'resnet18', width: 64, count: 1, adapter: 'none', variants: [] },
  layers: ['layer1', 'layer2', 'layer3'],
  loss: { type: 'cosine', reduction: 'sum' },
  score: { type: 'distance', combine: 'product', smoothing: 0 },
  threshold: { type: 'image-f1' },
  deployedThreshold: { type: 'nominal-quantile' },
  dataset: { type: 'mvtec', root: '/mvtec', category: 'screw', imageSize: 224 },
  training: {
    epochs: 100,
    batchSize: 32,
    validationFraction: 0.2,
    folds: null,
    cacheMemory: '2GiB',
    schedule: { warmUp: 0, decay: 'none' },
    clipNorm: null,
    averageDecay: 0,
    preciseBatchNorm: false,
    patience: null,
    optimizer: { type: 'sgd', learningRate: 0.4, momentum: 0.9, weightDecay: 0.0001 },
  },
  plugins: [],
  seed: 42,
} satisfies ResolvedExperiment as ResolvedExperiment;

type Outcome = Partial<Metrics> | 'pending' | { readonly failed: string };

/** @param outcomes by method, by category, one a seed. */
export function benchmarkReport(
  seeds: readonly number[],
  outcomes: Readonly<Record<string, Readonly<Record<string, readonly Outcome[]>>>>,
  experiments: Readonly<Record<string, ResolvedExperiment>> = {},
): BenchmarkReport {
  const methods = Object.keys(outcomes);
  const runs = methods.flatMap((method) =>
    Object.entries(outcomes[method] ?? {}).flatMap(([category, list]) =>
      list.map((outcome, index): CellReport => {
        const seed = seeds[index] as number;
        const place = { method, category, seed, folder: `${method}/${category}/${seed}` };
        if (outcome === 'pending') return { ...place, status: 'pending' };
        if ('failed' in outcome) return { ...place, status: 'failed', reason: outcome.failed };
        return { ...place, status: 'complete', report: runReport(outcome, seed) };
      }),
    ),
  );
  return {
    methods: methods.map((name) => ({
      name,
      experiment: experiments[name] ?? { ...stfpmExperiment, method: name },
      cost: null,
    })),
    categories: [...new Set(runs.map(({ category }) => category))],
    seeds,
    runs,
    outputDir: 'bench',
  };
}
