/** What every experiment starts from, below its method's preset: a partial experiment document. */
export const baseExperiment = {
  teacher: { type: 'resnet18', weights: 'imagenet', standardize: false },
  student: { count: 1, adapter: 'none' },
  layers: ['layer1', 'layer2', 'layer3'],
  loss: { type: 'cosine' },
  score: { type: 'distance' },
  threshold: { type: 'image-f1' },
  deployedThreshold: { type: 'nominal-quantile' },
  training: {
    epochs: 100,
    batchSize: 32,
    validationFraction: 0.2,
    folds: null,
    cacheMemory: '2GiB',
    schedule: { warmUp: 0, decay: 'none' },
    clipNorm: null,
    averageDecay: 0,
    patience: null,
    optimizer: { type: 'sgd' },
  },
  plugins: [],
  seed: 42,
} as const;
