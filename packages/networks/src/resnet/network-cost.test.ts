import { describe, expect, it } from 'vitest';
import { resNetShape } from './architectures.js';
import { networkCost } from './network-cost.js';
import { residualShape } from './residual-shape.js';

describe('networkCost', () => {
  // What torchvision publishes of its weights: parameters, and multiply-adds (10⁹, "GFLOPS") for an image of 224x224.
  it.each([
    ['resnet18', 11_689_512, 1.814],
    ['resnet34', 21_797_672, 3.664],
    ['resnet50', 25_557_032, 4.089],
    ['wide_resnet50_2', 68_883_240, 11.398],
  ] as const)("gives %s's numbers as torchvision does", (architecture, parameters, billions) => {
    const cost = networkCost(resNetShape(architecture), ['logits']);
    expect(cost.parameters).toBe(parameters);
    expect(cost.multiplyAdds / 1e9).toBeCloseTo(billions, 3);
  });

  it('counts a thin network as one does by hand', () => {
    const shape = residualShape({ width: 4, block: 'basic', channels: { layer1: 6 }, classes: 10 });
    // conv1; layer1's two convolutions and the 1x1 one; a scale and an offset a channel behind each of the four.
    const kernels = [7 * 7 * 3 * 4, 3 * 3 * 4 * 6, 3 * 3 * 6 * 6, 4 * 6] as const;
    const scalesAndOffsets = 2 * (4 + 6 + 6 + 6);
    const [stem, ...layer1] = kernels;
    // An odd size: 33x20 becomes 17x10 behind conv1, 9x5 behind the pooling.
    expect(networkCost(shape, ['layer1'], [33, 20])).toEqual({
      parameters: kernels.reduce((a, b) => a + b) + scalesAndOffsets,
      multiplyAdds: stem * 17 * 10 + layer1.reduce((a, b) => a + b) * 9 * 5,
    });
  });
});
