/** From the arguments of `adfw serve` to the models that it serves, each under a name. */
import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { modelFolder } from '@adfw/runner';
import { checkModelNames } from '@adfw/server';

export interface NamedRun {
  readonly name: string;
  /** The run directory, or its model folder. */
  readonly run: string;
}

/**
 * @param args each a run, or NAME=RUN; without a name it is called as its folder.
 * @throws ConfigurationError where there is no run, two have one name, or a name can be no part of an address.
 */
export function namedRuns(args: readonly string[]): NamedRun[] {
  const runs = args.map(namedRun);
  // Before names, since a wrong path may have the same one.
  for (const { run } of runs) modelFolder(run);
  checkModelNames(runs.map(({ name }) => name));
  return runs;
}

function namedRun(arg: string): NamedRun {
  const [, name, run] = /^([^=]*)=(.*)$/s.exec(arg) ?? [];
  // A folder may have such a name.
  if (name !== undefined && run !== undefined && !existsSync(arg)) return { name, run };
  const folder = resolve(arg);
  const isModel = basename(folder) === 'model';
  return { name: basename(isModel ? dirname(folder) : folder), run: arg };
}
