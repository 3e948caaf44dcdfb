/**
 * A network small enough for checks, in a ResNet's geometry: layer k of those asked for is at a quarter of the image's size, halved
 * k times, and has 8 · 2ᵏ channels.
 */
import {
  conv2d,
  dispose,
  mul,
  randomNormal,
  relu,
  type Tensor4D,
  tidy,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import type { Backbone } from '../contracts/backbone.js';
import type { FeaturePyramid } from '../contracts/feature-pyramid.js';
import type { Part } from '../contracts/part.js';

const channelsOf = (index: number): number => 8 * 2 ** index;

/** Shapes `[N, Hk, Wk, Ck]` of the layers for images of this size. */
export const tinyShapes = (
  layers: readonly string[],
  images: number,
  [height, width]: readonly [number, number],
): [layer: string, shape: [number, number, number, number]][] =>
  layers.map((layer, index) => {
    const stride = 4 * 2 ** index;
    return [layer, [images, Math.ceil(height / stride), Math.ceil(width / stride), channelsOf(index)]];
  });

export function tinyNetwork(layers: readonly string[], seed: number): Backbone {
  const weightName = (layer: string) => `${layer}.weight`;
  const parameters: Record<string, Variable> = {};
  for (const [index, layer] of layers.entries()) {
    const [side, inputs] = index === 0 ? [4, 3] : [2, channelsOf(index - 1)];
    parameters[weightName(layer)] = tidy(() => {
      const drawn = randomNormal([side, side, inputs, channelsOf(index)], 0, 1, 'float32', seed + index + 1);
      return variable(mul(drawn, Math.sqrt(2 / (side * side * inputs))));
    });
  }
  return {
    layers,
    channels: Object.fromEntries(layers.map((layer, index) => [layer, channelsOf(index)])),
    parameters,
    statistics: {},
    features: (images) =>
      tidy(() => {
        const pyramid: FeaturePyramid = {};
        let maps = images;
        for (const [index, layer] of layers.entries()) {
          const kernel = parameters[weightName(layer)] as unknown as Tensor4D;
          maps = relu(conv2d(maps, kernel, index === 0 ? 4 : 2, 'same'));
          pyramid[layer] = maps;
        }
        return pyramid;
      }),
    dispose: () => dispose(parameters),
  };
}

export const tinyNetworkPart: Part<'backbone'> = {
  kind: 'backbone',
  name: 'conformance-network',
  summary: 'A few convolutions, for checks.',
  create: (_options: unknown, { layers, seed }) => tinyNetwork(layers, seed),
};
