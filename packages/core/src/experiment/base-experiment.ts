/** What every experiment starts from, below its method's preset: a partial experiment document. Of models it knows nothing. */
export const baseExperiment = {
  images: { size: 224, fit: 'stretch', region: null, tile: null },
  fit: { batchSize: 8, validationFraction: 0.2, folds: null, cacheMemory: '2GiB' },
  threshold: { type: 'image-f1' },
  deployedThreshold: { type: 'nominal-quantile' },
  plugins: [],
  seed: 42,
} as const;
