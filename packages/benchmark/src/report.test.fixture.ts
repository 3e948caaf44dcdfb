/** Reports of runs that nobody ran, for tests of what is made of them. */
import type { ResolvedExperiment } from '@adfw/core';
import type { RunReport } from '@adfw/runner';
import type { BenchmarkReport, CellReport } from './benchmark-report.js';

type Metrics = RunReport['metrics'];
type Measured = Partial<Metrics> & Pick<RunReport, 'synthetic'>;

const noMetrics: Metrics = {
  imageAuroc: null,
  imageAurocInterval: null,
  imageAp: null,
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
  aupro05: null,
  aupimo: null,
  pixelAp: null,
  pixelF1Max: null,
  diceMean: null,
  diceGlobal: null,
  kinds: [],
  wholeGroups: null,
  groups: [],
  views: [],
  saturatedOverlap: null,
  notes: [],
};

/** @param metrics what was measured of test images; with `synthetic`, of drawn defects. */
export const runReport = ({ synthetic = null, ...metrics }: Measured, seed = 42): RunReport => ({
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
  synthetic,
  training: [{ stage: 'students', kept: { 'student 1': 1 } }],
  model: { parameters: 2_782_784, multiplyAdds: null },
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
  dataset: { type: 'mvtec', root: '/mvtec', category: 'screw' },
  images: { size: 224 },
  model: {
    type: 'distillation',
    teacher: { type: 'resnet18', width: 64, weights: 'imagenet' },
    layers: ['layer1', 'layer2', 'layer3'],
    standardize: false,
    student: { type: 'resnet18', width: 64 },
    students: 1,
    variants: [],
    adapter: 'none',
    loss: { type: 'cosine', reduction: 'sum' },
    score: { type: 'distance', combine: 'product', smoothing: 0 },
    training: {
      epochs: 100,
      schedule: { warmUp: 0, decay: 'none' },
      clipNorm: null,
      averageDecay: 0,
      preciseBatchNorm: false,
      patience: null,
      optimizer: { type: 'sgd', learningRate: 0.4, momentum: 0.9, weightDecay: 0.0001 },
    },
  },
  fit: { batchSize: 32, validationFraction: 0.2, folds: null, cacheMemory: '2GiB' },
  threshold: { type: 'image-f1' },
  deployedThreshold: { type: 'nominal-quantile' },
  plugins: [],
  seed: 42,
} satisfies ResolvedExperiment as ResolvedExperiment;

type Outcome = Measured | 'pending' | { readonly failed: string };

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
