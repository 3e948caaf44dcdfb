/**
 * What a browser gets in place of the modules that read and write files of weights (`browser` in package.json says so to bundlers):
 * there, networks are restored from saved models, whose bytes are given.
 */
import { ConfigurationError } from '@adfw/core';

function refuse(): never {
  throw new ConfigurationError(
    'Files of weights are read and written on Node only; in a browser, load a model that was saved there.',
  );
}

export const loadWeights = async (): Promise<never> => refuse();
export const saveWeights = async (): Promise<never> => refuse();
export const imagenetWeights = async (): Promise<never> => refuse();
export const builtInWeights = (): never => refuse();
