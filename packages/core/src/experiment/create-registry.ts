import type { Fault } from '../contracts/errors.js';
import type { Plugin } from '../contracts/plugin.js';
import { coreKinds } from '../plugins/core-kinds.js';
import { Container } from '../plugins/inversify.js';
import { pluginModule, type Registry } from '../plugins/registry.js';
import { faultsError } from '../plugins/schema-faults.js';
import { presetCheck } from './experiment.js';
import { checkPlugin, pluginFault } from './plugin-check.js';

/**
 * Registers what plugins bring. A plugin that is given twice counts once.
 * @param checked plugins that are registered too, but not checked by themselves: those that were when they were built, since a check
 *   compiles schemas, which would take a third of the command's start.
 * @throws ConfigurationError with every fault of every plugin: one that is malformed (see {@link checkPlugin}), two of the
 * same name or with the same kind, part or method, a preset that is no partial experiment.
 */
export function createRegistry(plugins: readonly Plugin[], checked: readonly Plugin[] = []): Registry {
  const all = [...new Set([...checked, ...plugins])];
  const added = all.filter((plugin) => !checked.includes(plugin));
  refuse(added.flatMap((plugin) => checkPlugin(plugin, { beside: all })));
  refuse(duplicates(all));
  const registry = uncheckedRegistry(all);
  refuse(faultsOfPresets(registry, added));
  return registry;
}

/**
 * The same without any check: for plugins that were checked where the model that is restored with them was fitted. A check compiles
 * schemas to code, which takes time, and which pages with a content security policy forbid.
 */
export function uncheckedRegistry(plugins: readonly Plugin[]): Registry {
  const registry = new Container({ defaultScope: 'Singleton' });
  registry.load(...[core, ...plugins].map(pluginModule));
  return registry;
}

function refuse(faults: readonly Fault[]): void {
  if (faults.length > 0) throw faultsError('The list of plugins', faults);
}

/** What every registry has. */
const core: Plugin = { name: '@adfw/core', kinds: coreKinds };

function duplicates(plugins: readonly Plugin[]): Fault[] {
  const owners = new Map<string, string>(coreKinds.map(({ name }) => [`kind "${name}"`, core.name]));
  return plugins.flatMap((plugin) => {
    const claims = [
      { keys: ['name'], claim: `plugin "${plugin.name}"` },
      ...(plugin.kinds ?? []).map(({ name }, index) => ({
        keys: ['kinds', index, 'name'],
        claim: `kind "${name}"`,
      })),
      ...(plugin.parts ?? []).map(({ kind, name }, index) => ({
        keys: ['parts', index, 'name'],
        claim: `${kind} "${name}"`,
      })),
      ...(plugin.methods ?? []).map(({ name }, index) => ({
        keys: ['methods', index, 'name'],
        claim: `method "${name}"`,
      })),
    ];
    return claims.flatMap(({ keys, claim }) => {
      const owner = owners.get(claim);
      owners.set(claim, owner ?? plugin.name);
      if (owner === undefined) return [];
      const message =
        keys.length === 1
          ? 'is the name of two plugins; rename one of them, or load one only'
          : `is taken: plugin "${owner}" brings the ${claim} already; rename one of them, or load one plugin only`;
      return [pluginFault(plugin, keys, message)];
    });
  });
}

function faultsOfPresets(registry: Registry, plugins: readonly Plugin[]): Fault[] {
  const check = presetCheck(registry);
  return plugins.flatMap((plugin) =>
    (plugin.methods ?? []).flatMap((method, index) =>
      check(method).map(({ of, keys, message, suggestion }) =>
        pluginFault(plugin, ['methods', index, of, ...keys], message, suggestion),
      ),
    ),
  );
}
