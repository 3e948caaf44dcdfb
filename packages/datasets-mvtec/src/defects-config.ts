/** `defects_config.json` of MVTec LOCO and AutoVI: from how many pixels on a defect counts as found. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError, DataError } from '@adfw/core';
import type { SaturationOf } from '@adfw/images';

const FILE = 'defects_config.json';

/** A kind of defect, by the grey value that its masks have. */
interface DefectConfig {
  readonly pixel_value: number;
  /** Pixels, or with `relative_saturation` a share of the defect's. */
  readonly saturation_threshold: number;
  readonly relative_saturation: boolean;
}

/**
 * Reads a category's list of defects.
 * @returns null where there is none, or it is empty.
 * @throws ConfigurationError that names the file where it is not a list of defects with `pixel_value`, `saturation_threshold` and
 * `relative_saturation`.
 */
export async function readSaturations(folder: string): Promise<SaturationOf | null> {
  const path = join(folder, FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new ConfigurationError(`${path} cannot be read: ${error.message}`, [], { cause: error });
  });
  if (text === null) return null;
  const defects = parsed(text, path);
  if (defects.length === 0) return null;
  const byValue = new Map(defects.map((defect) => [defect.pixel_value, defect]));
  return (value, area, name) => {
    const defect = byValue.get(value);
    if (!defect)
      throw new DataError(
        `The grey value of ${name} is ${value}, which ${path} has no defect of; it has ${[...byValue.keys()].join(', ')}. Add it, or remove the file: sPRO is then not measured.`,
      );
    const { saturation_threshold: threshold, relative_saturation: isRelative } = defect;
    return Math.min(isRelative ? threshold * area : threshold, area);
  };
}

function parsed(text: string, path: string): DefectConfig[] {
  const refuse = (what: string, cause?: unknown) => new ConfigurationError(`${path} ${what}.`, [], { cause });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse(`is not JSON: ${(error as Error).message}`, error);
  }
  if (!Array.isArray(value)) throw refuse('is not a list of defects');
  const wrong = value.findIndex((entry) => !isDefect(entry));
  if (wrong >= 0)
    throw refuse(
      `has no defect as its entry ${wrong + 1}: it takes {"pixel_value": 1 to 65535, "saturation_threshold": above 0, "relative_saturation": true or false}, with at most 1 where that is true`,
    );
  return value;
}

function isDefect(entry: Partial<DefectConfig> | null): entry is DefectConfig {
  const {
    pixel_value: value,
    saturation_threshold: threshold,
    relative_saturation: isRelative,
  } = entry ?? {};
  if (typeof value !== 'number' || typeof threshold !== 'number' || typeof isRelative !== 'boolean')
    return false;
  const most = isRelative ? 1 : Number.POSITIVE_INFINITY;
  return Number.isInteger(value) && value > 0 && value < 65536 && threshold > 0 && threshold <= most;
}
