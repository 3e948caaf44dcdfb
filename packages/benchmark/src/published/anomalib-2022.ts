/** The results of anomalib's STFPM, as of 17 August 2022, that the thesis reports beside its own in appendix B, p. 67. */
import type { PublishedResults } from './publication.js';

/** In the order of the columns of appendix B, after their mean. */
const categories = [
  'carpet',
  'grid',
  'leather',
  'tile',
  'wood',
  'bottle',
  'cable',
  'capsule',
  'hazelnut',
  'metal_nut',
  'pill',
  'screw',
  'toothbrush',
  'transistor',
  'zipper',
];

const byCategory = (...values: readonly number[]) =>
  Object.fromEntries(categories.map((category, index) => [category, values[index] as number]));

const imageAuroc = {
  resnet18: byCategory(
    ...[0.954, 0.982, 0.989, 0.949, 0.961, 0.979, 0.838, 0.759, 0.999, 0.956, 0.705],
    ...[0.835, 0.997, 0.853, 0.645],
  ),
  wide_resnet50_2: byCategory(
    ...[0.957, 0.977, 0.981, 0.976, 0.939, 0.987, 0.878, 0.732, 0.995, 0.973, 0.652],
    ...[0.825, 0.5, 0.875, 0.899],
  ),
};

const pixelAuroc = {
  resnet18: byCategory(
    ...[0.986, 0.988, 0.991, 0.946, 0.949, 0.971, 0.898, 0.962, 0.981, 0.942, 0.878],
    ...[0.983, 0.983, 0.838, 0.972],
  ),
  wide_resnet50_2: byCategory(
    ...[0.987, 0.989, 0.98, 0.966, 0.956, 0.966, 0.913, 0.956, 0.974, 0.961, 0.946],
    ...[0.988, 0.178, 0.807, 0.98],
  ),
};

export const anomalib2022: readonly PublishedResults[] = (['resnet18', 'wide_resnet50_2'] as const).map(
  (type) => ({
    source: 'anomalib',
    method: 'STFPM',
    citation: 'anomalib as of August 2022, which the thesis reports',
    identity: {
      method: 'stfpm',
      model: {
        type: 'distillation',
        teacher: { type },
        student: { type },
        students: 1,
        adapter: 'none',
        loss: { type: 'cosine' },
        score: { type: 'distance', combine: 'product', smoothing: 0 },
      },
    },
    settings: {},
    quantities: {
      imageAuroc: { where: 'appendix B.1, p. 67', values: imageAuroc[type] },
      pixelAuroc: { where: 'appendix B.2, p. 67', values: pixelAuroc[type] },
    },
  }),
);
