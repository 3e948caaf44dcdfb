import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { PartChoice, ResolvedExperiment } from '@adfw/core';

/** Where a run goes that was given no folder: `adfw-runs/fvv-screw-20250131-174502`. */
export function defaultRunFolder(
  { method, dataset }: Pick<ResolvedExperiment, 'method' | 'dataset'>,
  now = new Date(),
  parent = 'adfw-runs',
): string {
  const { type, category, root }: Partial<PartChoice> = dataset ?? { type: 'dataset' };
  const subject = typeof category === 'string' ? category : typeof root === 'string' ? basename(root) : type;
  const name = [method, subject, timestamp(now)].join('-').replaceAll(/[^\w.-]+/g, '-');
  return firstFree(join(parent, name));
}

/** Two runs may start in the same second. */
function firstFree(folder: string): string {
  let candidate = folder;
  for (let number = 2; existsSync(candidate); number++) candidate = `${folder}-${number}`;
  return candidate;
}

/** Local time: `20250131-174502`. */
function timestamp(now: Date): string {
  const date = [now.getFullYear(), now.getMonth() + 1, now.getDate()];
  const time = [now.getHours(), now.getMinutes(), now.getSeconds()];
  return [date, time].map((parts) => parts.map((part) => String(part).padStart(2, '0')).join('')).join('-');
}
