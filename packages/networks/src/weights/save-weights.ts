import { rename, writeFile } from 'node:fs/promises';
import { type Backbone, serializeSafetensors } from '@adfw/core';
import { stateDictOf } from './state-dict.js';

/**
 * Writes a ResNet's parameters and statistics as a `.safetensors` file in torchvision's names and layout, for `loadWeights` or
 * PyTorch. The file appears whole or not at all.
 */
export async function saveWeights(backbone: Backbone, path: string): Promise<void> {
  const tensors = Object.entries(await stateDictOf(backbone)).map(
    ([name, { shape, data }]) => [name, { dtype: 'F32', shape, data }] as const,
  );
  const part = `${path}.part`;
  await writeFile(part, serializeSafetensors(Object.fromEntries(tensors), { format: 'pt' }));
  await rename(part, path);
}
