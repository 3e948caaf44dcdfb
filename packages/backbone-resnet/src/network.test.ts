import { ConfigurationError } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { layerNames } from './architectures.js';
import { describeNetwork, type NetworkOptions } from './network.js';

const count = (shape: readonly number[]) => shape.reduce((product, length) => product * length, 1);

describe('describeNetwork', () => {
  // torchvision's published numbers of parameters, less those of the classifier (which takes `features` to 1000 classes).
  it.each([
    ['resnet18', 11_689_512, 512],
    ['resnet34', 21_797_672, 512],
    ['resnet50', 25_557_032, 2048],
    ['wide_resnet50_2', 68_883_240, 2048],
  ] as const)('gives %s as many parameters as torchvision', (architecture, parameters, features) => {
    const { tensors, layers } = describeNetwork(architecture, { layers: layerNames });
    const learnt = tensors.filter(({ role }) => role !== 'mean' && role !== 'variance');
    expect(learnt.reduce((sum, { shape }) => sum + count(shape), 0)).toBe(parameters - (features + 1) * 1000);
    expect(layers.at(-1)?.channels).toBe(features);
  });

  it("has torchvision's names, each once", () => {
    const names = describeNetwork('resnet50', { layers: layerNames }).tensors.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of [
      'conv1.weight',
      'bn1.running_mean',
      'layer1.0.downsample.0.weight',
      'layer2.3.bn3.running_var',
      'layer3.5.conv3.weight',
      'layer4.0.downsample.1.bias',
    ])
      expect(names).toContain(name);
    expect(names).not.toContain('layer1.1.downsample.0.weight');
  });

  it('leaves out what is past the last layer wanted, and keeps what is before it', () => {
    const { layers, tensors } = describeNetwork('resnet18', { layers: ['layer3', 'layer1'] });
    expect(layers.map(({ name }) => name)).toEqual(['layer1', 'layer2', 'layer3']);
    expect(tensors.some(({ name }) => name.startsWith('layer4'))).toBe(false);
  });

  it('scales every width, and takes other channels inside blocks', () => {
    const { tensors } = describeNetwork('resnet18', {
      layers: ['layer2'],
      width: 16,
      innerChannels: { layer2: 5 },
    });
    const shape = (name: string) => tensors.find((tensor) => tensor.name === name)?.shape;
    expect(shape('conv1.weight')).toEqual([7, 7, 3, 16]);
    expect(shape('layer1.1.conv1.weight')).toEqual([3, 3, 16, 16]);
    expect(shape('layer2.0.conv1.weight')).toEqual([3, 3, 16, 5]);
    expect(shape('layer2.0.bn1.weight')).toEqual([5]);
    expect(shape('layer2.0.conv2.weight')).toEqual([3, 3, 5, 32]);
    expect(shape('layer2.0.downsample.0.weight')).toEqual([1, 1, 16, 32]);
  });

  it.each([
    [{ layers: [] }, 'No layers to take features from: resnet18 has layer1, layer2, layer3, layer4.'],
    [{ layers: ['layer1', 'layer5'] }, 'There is no layer "layer5": resnet18 has layer1'],
    [{ layers: ['layer1', 'layer1'] }, 'The layers layer1, layer1 name one layer twice.'],
  ] satisfies [NetworkOptions, string][])('refuses %j', (options, message) => {
    expect(() => describeNetwork('resnet18', options)).toThrow(ConfigurationError);
    expect(() => describeNetwork('resnet18', options)).toThrow(message);
  });
});
