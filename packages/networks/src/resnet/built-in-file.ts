import { fileURLToPath } from 'node:url';

/** The path of the built-in teacher's weights. */
export const builtInWeights = (): string =>
  fileURLToPath(new URL('../../teachers/resnet18-half-inner.safetensors', import.meta.url));
