import { type MapSize, sequence } from '../layers/layer.js';
import { describeNetwork } from './network.js';
import type { NetworkShape } from './network-shape.js';

export interface NetworkCost {
  /** Numbers that are learnt; running means and variances are not. */
  readonly parameters: number;
  /** Multiplications that are added up in convolutions and the classifier, for one image. */
  readonly multiplyAdds: number;
}

/**
 * What a network costs up to the last of `layers`. Batch normalisation, activations and pooling count nothing, as in the
 * numbers that torchvision publishes (it calls a multiply-add one FLOP).
 *
 * @param size of the images, 224x224 by default.
 * @throws ConfigurationError for layers that are none, unknown, or named twice.
 */
export function networkCost(
  shape: NetworkShape,
  layers: readonly string[],
  size: MapSize = [224, 224],
): NetworkCost {
  const network = describeNetwork(shape, layers);
  const learnt = network.tensors.filter(({ role }) => role !== 'mean' && role !== 'variance');
  const { multiplyAdds } = sequence(network.stem, ...network.layers.map(({ layer }) => layer)).work(size);
  return {
    parameters: learnt.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0),
    multiplyAdds,
  };
}
