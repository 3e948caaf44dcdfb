import { join } from 'node:path';
import envPaths from 'env-paths';

/**
 * The folder where downloaded weights are kept from run to run: `weights` in the user's cache folder for adfw (`~/.cache/adfw` on
 * Linux), or in the folder that the environment variable `ADFW_CACHE` names.
 */
export const weightsCache = (): string =>
  join(process.env.ADFW_CACHE || envPaths('adfw', { suffix: '' }).cache, 'weights');
