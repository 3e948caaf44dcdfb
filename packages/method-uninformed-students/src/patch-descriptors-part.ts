import { type ContextOf, DataError, type Part } from '@adfw/core';
import { fileShape, loadWeights, type StateDict } from '@adfw/networks';
import { createPatchDescriptors, describeNetworks } from './patch-descriptors.js';
import { PAPER_DESCRIPTOR_LENGTH, PAPER_WIDTH, type PatchNetworkOptions } from './patch-network.js';

/** How far apart descriptors may be: powers of two. */
export const strides = [1, 2, 4, 8, 16] as const;

export interface PatchDescriptorsPartOptions extends PatchNetworkOptions {
  readonly stride: (typeof strides)[number];
  readonly weights: string | readonly string[];
}

export const patchDescriptorsPart: Part<'backbone'> = {
  kind: 'backbone',
  name: 'patch-descriptors',
  summary: 'Networks that describe the patch around every pixel: layers patch17, patch33 and patch65.',
  reference: 'Bergmann et al. 2020, "Uninformed Students"; thesis section 4.3.1',
  options: {
    width: {
      type: 'integer',
      minimum: 1,
      default: PAPER_WIDTH,
      description: `Channels of the first convolution; the others have as many or twice as many. ${PAPER_WIDTH} is the paper's.`,
    },
    descriptorLength: {
      type: 'integer',
      minimum: 1,
      default: PAPER_DESCRIPTOR_LENGTH,
      description: `Numbers in a descriptor. ${PAPER_DESCRIPTOR_LENGTH} is the paper's.`,
    },
    stride: {
      enum: strides,
      default: 1,
      description:
        "A descriptor for every pixel (1, the paper's), or for every 2nd, 4th, … in both directions.",
    },
    weights: {
      anyOf: [
        { enum: ['random'] },
        { type: 'string', format: 'path' },
        { type: 'array', items: { type: 'string', format: 'path' }, minItems: 1 },
      ],
      default: 'random',
      description:
        'What it starts from: `random` (from the seed; it makes a weak teacher), or the file, or files, that `adfw pretrain descriptors` wrote for the layers.',
    },
  },
  async create({ weights, ...options }: PatchDescriptorsPartOptions, context) {
    const isRandom = weights === 'random' || context.restoring === true;
    return createPatchDescriptors({
      ...options,
      layers: context.layers,
      seed: context.seed,
      frozen: context.frozen,
      ...(!isRandom && { state: await readState([weights].flat(), options, context) }),
    });
  },
};

/** The tensors of all layers, of one file or several. */
async function readState(
  paths: readonly string[],
  options: PatchNetworkOptions,
  { layers }: ContextOf<'backbone'>,
): Promise<StateDict> {
  const tensors = describeNetworks(layers, options).flatMap(({ network }) => network.tensors);
  const files = await Promise.all(
    paths.map((path) => loadWeights(path, (name) => tensors.some((spec) => spec.name === name))),
  );
  const state: Record<string, StateDict[string]> = {};
  for (const { name, shape } of tensors) {
    const index = files.findIndex((file) => Object.hasOwn(file.state, name));
    const found = files[index]?.state[name];
    if (!found)
      throw new DataError(
        `${paths.join(' and ')} lacks ${name}. ` +
          `Train the layer ${name.split('.')[0]} with adfw pretrain descriptors and name its file too, or leave it out of layers.`,
      );
    const expected = fileShape(shape);
    if (`${found.shape}` !== `${expected}`)
      throw new DataError(
        `${paths[index]} does not fit: ${name} is [${found.shape.join(', ')}] and should be [${expected.join(', ')}]. ` +
          'Set width and descriptorLength as it was trained with.',
      );
    state[name] = found;
  }
  return state;
}
