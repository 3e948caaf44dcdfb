/** Finds and loads plugins: the built-in ones, which tests check, and those that an experiment or `--plugin` names. */
import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigurationError, createRegistry, type Plugin, type Registry } from '@adfw/core';
import { plugin as mvtec } from '@adfw/datasets-mvtec';
import { plugin as sample } from '@adfw/datasets-sample';
import { methodPlugins } from './methods.js';
import { PROJECT_PACKAGE, type Resolvers } from './plugin-resolution.js';

export const builtInPlugins: readonly Plugin[] = [...methodPlugins, mvtec, sample];

/**
 * A registry with the built-in plugins and those that `specifiers` name: paths (`./my-variant.js`) or packages.
 * @throws ConfigurationError that names a plugin which is missing, does not load, or is not well-formed.
 */
export async function loadRegistry(
  specifiers: readonly string[] = [],
  folder = process.cwd(),
): Promise<Registry> {
  const plugins: Plugin[] = [];
  for (const specifier of new Set(specifiers)) plugins.push(await loadPlugin(specifier, folder));
  return createRegistry(plugins, builtInPlugins);
}

/** Plugins by path, written so that they mean the same from every folder; packages as they are. */
export const absolutePlugin = (specifier: string, folder = process.cwd()): string =>
  isPath(specifier) ? resolve(folder, specifier) : specifier;

const isPath = (specifier: string) =>
  specifier.startsWith('.') || isAbsolute(specifier) || /\.[cm]?js$/.test(specifier);

async function loadPlugin(specifier: string, folder: string): Promise<Plugin> {
  hookResolution(folder);
  const path = absolutePlugin(specifier, folder);
  if (isPath(specifier) && !existsSync(path))
    throw new ConfigurationError(
      `There is no plugin ${path}: a plugin is named by the path of an ES module, or by a package's name.`,
    );
  let module: { default?: unknown };
  try {
    module = await import(isPath(specifier) ? pathToFileURL(path).href : `${PROJECT_PACKAGE}${specifier}`);
  } catch (error) {
    throw new ConfigurationError(whyNotLoaded(specifier, error as NodeJS.ErrnoException), [], {
      cause: error,
    });
  }
  if (typeof module.default !== 'object' || module.default === null)
    throw new ConfigurationError(
      `The plugin ${specifier} has no default export. A plugin ends with: export default { name, parts: [...], methods: [...] };`,
    );
  return module.default as Plugin;
}

function whyNotLoaded(specifier: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${specifier}'`))
    return `There is no package ${specifier}: install it, or name a module by its path, as in ./${specifier}.js.`;
  return `The plugin ${specifier} does not load: ${message}${/[.?!]$/.test(message) ? '' : '.'}`;
}

let hooked = false;
/** Lets a plugin import `@adfw/core` wherever it lies, and get the copy that runs it; packages are looked for from `folder`. */
function hookResolution(folder: string): void {
  if (hooked) return;
  const project = pathToFileURL(join(folder, 'plugin.js')).href;
  register('./plugin-resolution.js', import.meta.url, {
    data: { runner: import.meta.url, project } satisfies Resolvers,
  });
  hooked = true;
}
