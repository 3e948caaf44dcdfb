/** What `adfw init plugin` does: it copies a plugin that works (templates/plugin) under another name. */
import { mkdtemp, readdir, readFile, rm, writeFile as writeTemporary } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigurationError, experimentSchema, listMethods, listParts } from '@adfw/core';
import { createFolder, loadRegistry, writeFile } from '@adfw/runner';
import { shellCommand } from '../../shared/format.js';

export interface InitializedPlugin {
  name: string;
  folder: string;
  /** Names of the files in it. */
  files: string[];
}

const packageFolder = fileURLToPath(new URL('../../../', import.meta.url));
const template = join(packageFolder, 'templates/plugin');
const templateName = 'my-variant';

/** Files that npm would leave out of a package, or take for its own, are called otherwise in it. */
const targets: Readonly<Record<string, (name: string) => string>> = {
  gitignore: () => '.gitignore',
  'manifest.json': () => 'package.json',
  'test.js': (name) => `${name}.test.js`,
  [`${templateName}.js`]: (name) => `${name}.js`,
};

/**
 * @param folder made where it is not there.
 * @throws ConfigurationError for a name that cannot be a plugin's or is taken, and for a folder that is not empty.
 */
export async function initPlugin(name: string, folder: string): Promise<InitializedPlugin> {
  await checkName(name);
  await refuseUsed(folder);
  const files = await templateFiles(name);
  files['experiment.schema.json'] = await schemaWith(files[`${name}.js`] as string, name);
  await createFolder(folder);
  for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
  return { name, folder, files: Object.keys(files).sort() };
}

async function checkName(name: string): Promise<void> {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 100)
    throw new ConfigurationError(
      `"${name}" cannot be the name of a plugin: use lower case letters and digits, with "-" between words, as in my-variant.`,
    );
  const registry = await loadRegistry();
  const taken = [
    ...listMethods(registry).map(({ method, from }) => ({ ...method, kind: 'method', from })),
    ...listParts(registry, 'loss').map(({ part, from }) => ({ ...part, from })),
  ].find((registered) => registered.name === name);
  if (taken)
    throw new ConfigurationError(
      `There is a ${taken.kind} "${name}" already, in ${taken.from}; choose another name, as in my-${name}.`,
    );
}

async function refuseUsed(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new ConfigurationError(
      `The folder ${folder} cannot be used: ${error.code === 'ENOTDIR' ? 'a file is in its place' : `the system says ${error.code}`}. Name another with --dir.`,
      [],
      { cause: error },
    );
  });
  if (found.length > 0)
    throw new ConfigurationError(
      `The folder ${folder} is not empty (it holds ${found.slice(0, 3).join(', ')}${found.length > 3 ? ', …' : ''}), and nothing is overwritten. Name another with --dir.`,
    );
}

async function templateFiles(name: string): Promise<Record<string, string>> {
  const { version } = JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8'));
  const files: Record<string, string> = {};
  for (const file of await readdir(template)) {
    const content = await readFile(join(template, file), 'utf8');
    files[targets[file]?.(name) ?? file] = content
      .replaceAll(templateName, name)
      .replaceAll('ADFW_VERSION', `^${version}`);
  }
  return files;
}

/** The schema of experiments with the new plugin, which is loaded from a place of its own: its folder is not there yet. */
async function schemaWith(code: string, name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'adfw-init-'));
  try {
    const file = join(folder, `${name}.js`);
    await writeTemporary(join(folder, 'package.json'), '{ "type": "module" }\n');
    await writeTemporary(file, code);
    return `${JSON.stringify(experimentSchema(await loadRegistry([file])), null, 2)}\n`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function initializedText({ name, folder, files }: InitializedPlugin): string {
  const next = [
    ...(folder === '.' ? [] : [shellCommand(['cd', folder])]),
    'npm install && npm test',
    shellCommand(['npx', 'adfw', 'run', '--plugin', `./${name}.js`, '--method', name]),
  ];
  return [
    `The plugin ${name} is in ${folder}: ${files.join(', ')}.`,
    `${name}.js is the variant. Next:`,
    ...next.map((command) => `  ${command}`),
  ].join('\n');
}
