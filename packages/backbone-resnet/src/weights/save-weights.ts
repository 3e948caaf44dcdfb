import { rename, writeFile } from 'node:fs/promises';
import { type Backbone, backboneState, serializeSafetensors } from '@adfw/core';
import { fileShape, toFileLayout } from './state-dict.js';

/**
 * Writes a ResNet's parameters and statistics as a `.safetensors` file in torchvision's names and layout, for `loadWeights` or
 * PyTorch. The file appears whole or not at all.
 */
export async function saveWeights(backbone: Backbone, path: string): Promise<void> {
  const tensors = await Promise.all(
    Object.entries(backboneState(backbone)).map(async ([name, variable]) => {
      const data = toFileLayout(variable.shape, (await variable.data()) as Float32Array);
      return [name, { dtype: 'F32', shape: fileShape(variable.shape), data }] as const;
    }),
  );
  const part = `${path}.part`;
  await writeFile(part, serializeSafetensors(Object.fromEntries(tensors), { format: 'pt' }));
  await rename(part, path);
}
