import { ConfigurationError } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { resNetShape } from './architectures.js';
import { describeNetwork } from './network.js';
import { layerNames } from './network-shape.js';

describe('describeNetwork', () => {
  it("has torchvision's names, each once", () => {
    const names = describeNetwork(resNetShape('resnet50'), ['layer4', 'logits']).tensors.map(
      ({ name }) => name,
    );
    expect(new Set(names).size).toBe(names.length);
    for (const name of [
      'conv1.weight',
      'bn1.running_mean',
      'layer1.0.downsample.0.weight',
      'layer2.3.bn3.running_var',
      'layer3.5.conv3.weight',
      'layer4.0.downsample.1.bias',
      'fc.weight',
      'fc.bias',
    ])
      expect(names).toContain(name);
    expect(names).not.toContain('layer1.1.downsample.0.weight');
  });

  it('leaves out what is past the last layer wanted, and keeps what is before it', () => {
    const { layers, tensors } = describeNetwork(resNetShape('resnet18'), ['layer3', 'layer1']);
    expect(layers.map(({ name }) => name)).toEqual(['layer1', 'layer2', 'layer3']);
    expect(tensors.some(({ name }) => name.startsWith('layer4'))).toBe(false);
    const all = describeNetwork(resNetShape('resnet18'), layerNames);
    expect(all.tensors.some(({ name }) => name.startsWith('fc'))).toBe(false);
  });

  it('scales every width, and takes other channels inside blocks', () => {
    const { tensors } = describeNetwork(
      resNetShape('resnet18', { width: 16, innerChannels: { layer2: 5 } }),
      ['layer2'],
    );
    const shape = (name: string) => tensors.find((tensor) => tensor.name === name)?.shape;
    expect(shape('conv1.weight')).toEqual([7, 7, 3, 16]);
    expect(shape('layer1.1.conv1.weight')).toEqual([3, 3, 16, 16]);
    expect(shape('layer2.0.conv1.weight')).toEqual([3, 3, 16, 5]);
    expect(shape('layer2.0.bn1.weight')).toEqual([5]);
    expect(shape('layer2.0.conv2.weight')).toEqual([3, 3, 5, 32]);
    expect(shape('layer2.0.downsample.0.weight')).toEqual([1, 1, 16, 32]);
  });

  it.each([
    [[], 'No layers to take features from: resnet18 has layer1, layer2, layer3, layer4, logits.'],
    [['layer1', 'layer5'], 'There is no layer "layer5": resnet18 has layer1'],
    [['layer1', 'layer1'], 'The layers layer1, layer1 name one layer twice.'],
  ])('refuses %j', (layers, message) => {
    expect(() => describeNetwork(resNetShape('resnet18'), layers)).toThrow(ConfigurationError);
    expect(() => describeNetwork(resNetShape('resnet18'), layers)).toThrow(message);
  });
});
