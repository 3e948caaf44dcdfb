/** What each method is trained with: on the built-in sample much as `adfw run` has it there, on files as in docs/methods.md. */

const fast = { optimizer: { learningRate: 0.001 } };
const network = { backbone: { type: 'resnet18' } };

/** By method: the document of the sample, and that of files. */
const settings = {
  fastflow: {
    sample: { images: { size: 128 }, fit: { batchSize: 8 }, model: { ...network, training: { epochs: 20 } } },
    files: { images: { size: 224 }, fit: { batchSize: 32 }, model: { ...network, training: { epochs: 10 } } },
  },
  cflow: {
    sample: { images: { size: 128 }, fit: { batchSize: 8 }, model: { ...network, training: { epochs: 20 } } },
    files: { images: { size: 224 }, fit: { batchSize: 32 }, model: { ...network, training: { epochs: 5 } } },
  },
  differnet: {
    sample: {
      images: { size: 128 },
      fit: { batchSize: 8 },
      model: { ...network, layers: ['layer3'], hidden: 128, training: { epochs: 30, ...fast } },
    },
    files: {
      images: { size: 224 },
      fit: { batchSize: 24 },
      model: { ...network, layers: ['layer3'], training: { epochs: 12 } },
    },
  },
  cutpaste: {
    sample: {
      images: { size: 128 },
      fit: { batchSize: 8 },
      model: { ...network, layers: ['layer3'], training: { epochs: 10 } },
    },
    files: {
      images: { size: 224 },
      fit: { batchSize: 32 },
      model: { ...network, layers: ['layer3'], training: { epochs: 8 } },
    },
  },
  'geometric-transformations': {
    sample: { images: { size: 32 }, fit: { batchSize: 8 }, model: { training: { epochs: 27 } } },
    files: { images: { size: 32 }, fit: { batchSize: 16 }, model: { training: { epochs: 27 } } },
  },
  ...Object.fromEntries(
    ['autoencoder', 'ssim-autoencoder', 'vae'].map((name) => [
      name,
      {
        sample: { images: { size: 64 }, fit: { batchSize: 8 }, model: { training: { epochs: 30, ...fast } } },
        files: {
          images: { size: 128 },
          fit: { batchSize: 32 },
          model: { training: { epochs: name === 'ssim-autoencoder' ? 30 : 50 } },
        },
      },
    ]),
  ),
  dagmm: {
    sample: { images: { size: 64 }, fit: { batchSize: 16 }, model: { training: { epochs: 30, ...fast } } },
    files: { images: { size: 128 }, fit: { batchSize: 32 }, model: { training: { epochs: 50 } } },
  },
  ...Object.fromEntries(
    ['deep-svdd', 'dense-deep-svdd'].map((name) => [
      name,
      {
        sample: {
          images: { size: 64 },
          fit: { batchSize: 8 },
          model: { pretraining: { epochs: 10, ...fast }, training: { epochs: 10, ...fast } },
        },
        files: {
          images: { size: 128 },
          fit: { batchSize: 32 },
          model: { pretraining: { epochs: 50 }, training: { epochs: 150 } },
        },
      },
    ]),
  ),
  anogan: {
    sample: {
      images: { size: 64 },
      fit: { batchSize: 8 },
      model: { search: { steps: 100, learningRate: 0.05 }, training: { epochs: 40 } },
    },
    files: {
      images: { size: 64 },
      fit: { batchSize: 64 },
      model: { search: { steps: 100, learningRate: 0.05 }, training: { epochs: 100 } },
    },
  },
  bigan: {
    sample: { images: { size: 64 }, fit: { batchSize: 8 }, model: { training: { epochs: 40 } } },
    files: { images: { size: 64 }, fit: { batchSize: 64 }, model: { training: { epochs: 100 } } },
  },
  ganomaly: {
    sample: { images: { size: 64 }, fit: { batchSize: 8 }, model: { training: { epochs: 30 } } },
    files: { images: { size: 64 }, fit: { batchSize: 64 }, model: { training: { epochs: 15 } } },
  },
};
/** AnoGAN with as long a search as published. */
const publishedSearch = { steps: 500, learningRate: 0.01 };
settings['anogan-500'] = Object.fromEntries(
  Object.entries(settings.anogan).map(([data, document]) => [
    data,
    { ...document, model: { ...document.model, search: publishedSearch } },
  ]),
);

export const trainedMethods = Object.keys(settings);

/** The experiment document of a method. @param data 'sample' or 'files'. */
export function settingsOf(name, data, weights) {
  const document = settings[name]?.[data];
  if (!document) throw new Error(`There is no method ${name} here; there are ${trainedMethods.join(', ')}.`);
  const { backbone } = document.model;
  return {
    method: name === 'anogan-500' ? 'anogan' : name,
    ...document,
    model: { ...document.model, ...(backbone && { backbone: { ...backbone, weights } }) },
  };
}
