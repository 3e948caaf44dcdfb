// A method as `adfw run` composes it, with a random ResNet-18 for a teacher, and pictures of noise.
import { compose } from '@adfw/core';
import { prepareExperiment } from '@adfw/runner';

export async function composeMethod(method) {
  const document = { method, teacher: { type: 'resnet18', weights: 'random', width: 64 } };
  const { registry, experiment } = await prepareExperiment({
    overrides: [{ source: 'benchmark', document }],
  });
  return compose(registry, experiment);
}

export const noise = (count, size) =>
  Array.from({ length: count }, (_, image) => {
    const data = Uint8Array.from({ length: size * size * 3 }, (_, i) => ((i + image) * 2654435761) >>> 24);
    return { width: size, height: size, data };
  });
