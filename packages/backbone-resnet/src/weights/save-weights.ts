import { rename, writeFile } from 'node:fs/promises';
import { type Backbone, backboneState, serializeSafetensors } from '@adfw/core';
import { fileShape, type StateDict, toFileLayout } from './state-dict.js';

/** A ResNet's parameters and statistics, copied, in torchvision's names and layout. */
export async function stateDictOf(backbone: Backbone): Promise<StateDict> {
  const tensors = await Promise.all(
    Object.entries(backboneState(backbone)).map(async ([name, variable]) => {
      const data = toFileLayout(variable.shape, (await variable.data()) as Float32Array);
      return [name, { shape: fileShape(variable.shape), data }] as const;
    }),
  );
  return Object.fromEntries(tensors);
}

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
