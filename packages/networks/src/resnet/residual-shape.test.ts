import { ConfigurationError } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { architectureNames, architectures, resNetShape } from './architectures.js';
import { layerNames } from './network-shape.js';
import { type ResidualShapeOptions, residualShape } from './residual-shape.js';

const options: ResidualShapeOptions = { width: 16, block: 'basic', classes: 10 };

describe('residualShape', () => {
  it('is one block a layer, twice as wide from layer to layer', () => {
    expect(residualShape(options)).toMatchObject({
      stem: 16,
      layers: {
        layer1: [{ inner: 16, outputs: 16 }],
        layer2: [{ inner: 32, outputs: 32 }],
        layer3: [{ inner: 64, outputs: 64 }],
        layer4: [{ inner: 128, outputs: 128 }],
      },
    });
  });

  it.each(architectureNames)('can be %s', (architecture) => {
    const { name: _, ...standard } = resNetShape(architecture);
    const { block, blocks, innerFactor } = architectures[architecture];
    const byLayer = <T>(of: (index: number) => T) =>
      Object.fromEntries(layerNames.map((name, index) => [name, of(index)]));
    const shape = residualShape({
      width: 64,
      block,
      blocks: byLayer((index) => blocks[index] as number),
      channels: block === 'basic' ? {} : byLayer((index) => 256 * 2 ** index),
      innerChannels: innerFactor === 1 ? {} : byLayer((index) => 128 * 2 ** index),
      classes: 1000,
    });
    expect(shape).toMatchObject(standard);
  });

  it('takes channels for each block, which say how many blocks there are', () => {
    const { layers, stem } = residualShape({
      ...options,
      blocks: { layer2: 2 },
      channels: { stem: 8, layer1: [4, 6, 5], layer2: 12 },
      innerChannels: { layer1: 3, layer2: [7, 9] },
    });
    expect(stem).toBe(8);
    expect(layers.layer1).toEqual([4, 6, 5].map((outputs) => ({ inner: 3, outputs })));
    expect(layers.layer2).toEqual([7, 9].map((inner) => ({ inner, outputs: 12 })));
  });

  it('keeps a channel inside the thinnest bottleneck', () => {
    const { layers } = residualShape({ ...options, width: 1, block: 'bottleneck' });
    expect(layers.layer1).toEqual([{ inner: 1, outputs: 1 }]);
  });

  it.each<[Partial<ResidualShapeOptions>, string]>([
    [
      { blocks: { layer2: 3 }, channels: { layer2: [8, 16] } },
      'layer2 cannot have both 3 and 2 blocks: blocks.layer2 is 3, channels.layer2 lists 2.',
    ],
    [
      { channels: { layer1: [8, 16] }, innerChannels: { layer1: [4] } },
      'layer1 cannot have both 2 and 1 blocks: channels.layer1 lists 2, innerChannels.layer1 lists 1.',
    ],
  ])('refuses %j', (faulty, message) => {
    expect(() => residualShape({ ...options, ...faulty })).toThrow(ConfigurationError);
    expect(() => residualShape({ ...options, ...faulty })).toThrow(message);
  });
});
