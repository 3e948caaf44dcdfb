import { ConfigurationError } from '../contracts/errors.js';
import type { ExperimentLayer } from './experiment.js';

/**
 * A single value of an experiment as the command line's `--set` gives it: `model.training.epochs=20`. The value is
 * read as JSON where it is JSON, else it is a string; the path may start with the `$.` that messages write.
 * @throws ConfigurationError where there is no `=` or no path before it.
 */
export function parseSetting(setting: string): ExperimentLayer {
  const source = `--set ${setting}`;
  const equals = setting.indexOf('=');
  const keys = setting.slice(0, Math.max(equals, 0)).trim().replace(/^\$\./, '').split('.');
  if (keys.some((key) => key === '')) {
    throw new ConfigurationError(`${source}: write path=value, as in fit.batchSize=16.`);
  }
  const value = parseValue(setting.slice(equals + 1));
  // fromEntries, since assigning a key `__proto__` would change the object instead of adding the key.
  const document = keys.reduceRight<unknown>((inner, key) => Object.fromEntries([[key, inner]]), value);
  return { source, document };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
