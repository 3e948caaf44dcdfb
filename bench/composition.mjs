// A method as `adfw run` composes it, with a random ResNet-18 in place of a pretrained one, and pictures of noise.
import { compose, pretrainedSlots } from '@adfw/core';
import { prepareExperiment } from '@adfw/runner';

/**
 * @param size height and width of the images.
 * @param options of the model.
 */
export async function composeMethod(method, size, options = {}) {
  const prepare = (model) =>
    prepareExperiment({
      overrides: [{ source: 'benchmark', document: { method, images: { size }, model } }],
    });
  const { registry, experiment } = await prepare(options);
  const network = { type: 'resnet18', weights: 'random', width: 64 };
  const slots = pretrainedSlots(registry, experiment.model);
  const random = Object.fromEntries(slots.map((slot) => [slot, network]));
  return compose(registry, (await prepare({ ...options, ...random })).experiment);
}

/** What a composition's model trains. */
export const learnersOf = ({ model }) => model.stages.flatMap(({ learners = [] }) => learners);

export const noise = (count, size) =>
  Array.from({ length: count }, (_, image) => {
    const data = Uint8Array.from({ length: size * size * 3 }, (_, i) => ((i + image) * 2654435761) >>> 24);
    return { width: size, height: size, data };
  });
