import {
  type Backbone,
  ConfigurationError,
  type ContextOf,
  type JsonSchema,
  type Part,
  type Size,
  type tf,
} from '@adfw/core';
import { colourHistograms } from './colour-histograms.js';
import { type OrientedGradientsOptions, orientedGradients } from './oriented-gradients.js';

export interface ClassicalOptions extends OrientedGradientsOptions {
  /** Bins of the range of each colour. */
  readonly bins: number;
}

const integer = (minimum: number, value: number, description: string): JsonSchema => ({
  type: 'integer',
  minimum,
  default: value,
  description,
});

const layerNames = ['hog', 'colour'] as const;
type LayerName = (typeof layerNames)[number];

export const classicalPart: Part<'backbone'> = {
  kind: 'backbone',
  name: 'classical',
  summary:
    'Features that are not learnt: the layer hog, histograms of oriented gradients, and the layer colour.',
  reference: 'Dalal and Triggs 2005, "Histograms of Oriented Gradients for Human Detection"',
  options: {
    cell: integer(2, 8, 'Height and width of a cell, in pixels.'),
    block: integer(1, 2, 'Height and width of the blocks of hog, in cells; they overlap.'),
    orientations: integer(2, 9, 'Bins of the angle of a gradient, over 180 degrees.'),
    bins: integer(2, 8, "Bins of each of a pixel's colours."),
  },
  create: (options: ClassicalOptions, { layers, frozen }: ContextOf<'backbone'>) => {
    if (!frozen)
      throw new ConfigurationError('it has nothing to train: it can only be a network that is frozen.');
    const unknown = layers.find((layer) => !layerNames.includes(layer as LayerName));
    if (unknown !== undefined)
      throw new ConfigurationError(
        `it has no layer "${unknown}"; its layers are ${layerNames.join(' and ')}: set "layers" to one or both.`,
      );
    return classicalFeatures(options, layers as readonly LayerName[]);
  },
};

/** @throws ConfigurationError for images that are smaller than a block. */
export function classicalFeatures(
  options: ClassicalOptions,
  layers: readonly LayerName[] = layerNames,
): Backbone {
  const { cell, block, orientations, bins } = options;
  const channels = { hog: block * block * orientations, colour: 3 * bins };
  const features = {
    hog: (images: tf.Tensor4D) => orientedGradients(images, options),
    colour: (images: tf.Tensor4D) => colourHistograms(images, cell, bins),
  };
  return {
    layers,
    channels: Object.fromEntries(layers.map((layer) => [layer, channels[layer]])),
    // Pixels from 0 to 1.
    normalization: { mean: [0, 0, 0], std: [1, 1, 1] },
    parameters: {},
    statistics: {},
    features(images) {
      const [, height, width] = images.shape;
      checkSize({ height, width }, layers.includes('hog') ? block * cell : cell);
      return Object.fromEntries(layers.map((layer) => [layer, features[layer](images)]));
    },
    cost: () => ({ parameters: 0, multiplyAdds: null }),
    dispose() {},
  };
}

function checkSize({ height, width }: Size, smallest: number): void {
  if (Math.min(height, width) >= smallest) return;
  throw new ConfigurationError(
    `Images of ${height}x${width} are smaller than a block of ${smallest}x${smallest} pixels: give "classical" a smaller cell or block, or take larger images.`,
  );
}
