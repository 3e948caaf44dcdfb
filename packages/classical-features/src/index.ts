/** Features from before networks were trained, and a method that is made of them. */
import { definePlugin } from '@adfw/core';
import { classicalPart } from './classical-part.js';

export { type ClassicalOptions, classicalFeatures } from './classical-part.js';
export { colourHistograms } from './colour-histograms.js';
export { type OrientedGradientsOptions, orientedGradients } from './oriented-gradients.js';

export const plugin = definePlugin({
  name: '@adfw/classical-features',
  parts: [classicalPart],
  methods: [
    {
      name: 'hog-svm',
      summary: 'A one-class support vector machine of histograms of oriented gradients.',
      reference: 'Dalal and Triggs 2005; Schölkopf et al. 2001',
      preset: {
        model: { type: 'one-class-svm', backbone: { type: 'classical' }, layers: ['hog'], pooled: false },
      },
    },
  ],
});
export default plugin;
