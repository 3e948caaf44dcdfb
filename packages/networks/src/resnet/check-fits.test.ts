import { DataError } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { fileShape } from '../weights/state-dict.js';
import { type ResNetArchitecture, type ResNetVariation, resNetShape } from './architectures.js';
import { checkFits } from './check-fits.js';
import { describeNetwork } from './network.js';
import { layerNames } from './network-shape.js';
import { residualShape } from './residual-shape.js';

/** The shapes in a file of a network, with the classifier and the counts that torchvision's files have. */
function fileOf(
  architecture: ResNetArchitecture,
  { layers = layerNames, ...variation }: ResNetVariation & { layers?: readonly string[] } = {},
) {
  const { tensors } = describeNetwork(resNetShape(architecture, variation), layers);
  return {
    ...Object.fromEntries(tensors.map(({ name, shape }) => [name, fileShape(shape)])),
    'bn1.num_batches_tracked': [],
    'layer1.0.bn1.num_batches_tracked': [],
    'fc.weight': [1000, 512],
    'fc.bias': [1000],
  };
}
const layers = ['layer1', 'layer3'];
const check =
  (architecture: ResNetArchitecture, shapes: object, wanted = layers) =>
  () =>
    checkFits(resNetShape(architecture), wanted, shapes as Record<string, number[]>, 'weights.pth');

describe('checkFits', () => {
  it('takes a file of the network, whole or up to the last layer used', () => {
    expect(check('resnet18', fileOf('resnet18'))).not.toThrow();
    expect(check('resnet18', fileOf('resnet18', { layers: ['layer3'] }))).not.toThrow();
    expect(check('wide_resnet50_2', fileOf('wide_resnet50_2'))).not.toThrow();
  });

  it("refuses a deeper network's file, although every tensor is there", () => {
    expect(check('resnet18', fileOf('resnet34'))).toThrow(DataError);
    expect(check('resnet18', fileOf('resnet34'))).toThrow(
      'weights.pth looks like resnet34 and does not fit resnet18 up to layer3: it has layer1.2.conv1.weight, layer1.2.bn1.weight and 68 more, for which there is no place.',
    );
  });

  it.each<[ResNetArchitecture, object, string]>([
    ['resnet34', fileOf('resnet18'), 'it lacks layer1.2.conv1.weight, layer1.2.bn1.weight'],
    ['resnet34', fileOf('resnet18'), 'looks like resnet18 and does not fit'],
    ['resnet18', fileOf('resnet50'), 'looks like resnet50 and does not fit'],
    [
      'resnet50',
      fileOf('wide_resnet50_2'),
      'layer1.0.conv1.weight is [128, 64, 1, 1] and should be [64, 64, 1, 1]',
    ],
    ['resnet50', fileOf('wide_resnet50_2'), 'looks like wide_resnet50_2 and does not fit'],
    ['wide_resnet50_2', fileOf('resnet50'), 'looks like resnet50 and does not fit'],
    [
      'resnet18',
      fileOf('resnet18', { width: 16 }),
      'conv1.weight is [16, 3, 7, 7] and should be [64, 3, 7, 7]',
    ],
    ['resnet18', fileOf('resnet18', { width: 16 }), 'looks like resnet18 of width 16 and does not fit'],
    [
      'resnet18',
      fileOf('resnet18', { innerChannels: { layer1: 16 } }),
      'looks like resnet18 with 16 inner channels in layer1 and does not fit',
    ],
    [
      'resnet18',
      fileOf('resnet18', { layers: ['layer2'] }),
      'looks like resnet18 (layer1, layer2 only) and does not fit',
    ],
    [
      'resnet18',
      fileOf('resnet18', { layers: ['layer2'] }),
      'and 23 more. Take layers up to layer2 only, or a file that goes further.',
    ],
    ['resnet18', { 'encoder.weight': [3] }, "Expected are torchvision's names (conv1.weight, "],
    ['resnet18', { 'encoder.weight': [3] }, 'it has encoder.weight'],
    ['resnet18', {}, 'it is empty'],
    [
      'resnet18',
      { ...fileOf('resnet18'), 'conv1.bias': [64] },
      'it has conv1.bias, for which there is no place',
    ],
  ])(
    'says what is wrong with a file for %s, and what it is instead (%#)',
    (architecture, shapes, message) => {
      expect(check(architecture, shapes)).toThrow(DataError);
      expect(check(architecture, shapes)).toThrow(message);
    },
  );

  it('says what a classifier asks of the file', () => {
    const { 'fc.weight': _weight, 'fc.bias': _bias, ...headless } = fileOf('resnet18');
    expect(check('resnet18', fileOf('resnet18'), ['logits'])).not.toThrow();
    expect(check('resnet18', headless, ['layer1', 'logits'])).toThrow(
      'weights.pth looks like resnet18 and does not fit resnet18 up to logits: it lacks fc.weight, fc.bias. The layer "logits" needs weights with a classifier; leave it out of the layers, or use such a file.',
    );
    const ofTen = { ...fileOf('resnet18'), 'fc.weight': [10, 512], 'fc.bias': [10] };
    expect(check('resnet18', ofTen, ['logits'])).toThrow(
      'fc.weight is [10, 512] and should be [1000, 512], fc.bias is [10] and should be [1000]. Set classes to 10.',
    );
  });

  it('knows the names of a residual network whose channels are others', () => {
    const shapeOf = (width: number) => residualShape({ width, block: 'basic', classes: 1000 });
    const { tensors } = describeNetwork(shapeOf(8), layers);
    const shapes = Object.fromEntries(tensors.map(({ name, shape }) => [name, fileShape(shape)]));
    expect(() => checkFits(shapeOf(8), layers, shapes, 'weights.pth')).not.toThrow();
    expect(() => checkFits(shapeOf(16), layers, shapes, 'weights.pth')).toThrow(
      /^weights.pth does not fit the residual network up to layer3: conv1.weight is \[8, 3, 7, 7\] and should be \[16, 3, 7, 7\], .* more\.$/,
    );
  });
});
