/**
 * What an experiment can name: the kinds, parts and methods that plugins brought, in an inversify container. Each kind of part is a
 * service identifier, each part a binding of it under the part's name.
 */
import { ConfigurationError } from '../contracts/errors.js';
import type { Kind } from '../contracts/kind.js';
import type { Method, Part, PartKind } from '../contracts/part.js';
import type { Plugin } from '../contracts/plugin.js';
import { type Container, ContainerModule, type ServiceIdentifier } from './inversify.js';
import { nearestName } from './nearest-name.js';

/** A container with the bindings of {@link pluginModule}; made by {@link createRegistry}. */
export type Registry = Container;

export interface RegisteredPart<K extends PartKind = PartKind> {
  readonly part: Part<K>;
  /** The name of the plugin that brought it. */
  readonly from: string;
}

export interface RegisteredKind<K extends PartKind = PartKind> {
  readonly kind: Kind<K>;
  /** The name of the plugin that brought it. */
  readonly from: string;
}

export interface RegisteredMethod {
  readonly method: Method;
  /** The name of the plugin that brought it. */
  readonly from: string;
}

/** What parts of a kind are bound to; one is got by its name: `container.get(partIdentifier('loss'), { name: 'cosine' })`. */
export const partIdentifier = <K extends PartKind>(kind: K) =>
  Symbol.for(`adfw/part/${kind}`) as ServiceIdentifier<RegisteredPart<K>>;

/** What kinds of part are bound to; one is got by its name. */
export const kindIdentifier = Symbol.for('adfw/kind') as ServiceIdentifier<RegisteredKind>;

/** What methods are bound to; one is got by its name. */
export const methodIdentifier = Symbol.for('adfw/method') as ServiceIdentifier<RegisteredMethod>;

/** The bindings of everything that a plugin brings. */
export const pluginModule = (plugin: Plugin): ContainerModule =>
  new ContainerModule(({ bind }) => {
    for (const kind of plugin.kinds ?? []) {
      bind(kindIdentifier).toConstantValue({ kind, from: plugin.name }).when(isAskedFor(kind.name));
    }
    for (const part of plugin.parts ?? []) {
      bind(partIdentifier(part.kind))
        .toConstantValue({ part, from: plugin.name })
        .when(isAskedFor(part.name));
    }
    for (const method of plugin.methods ?? []) {
      bind(methodIdentifier).toConstantValue({ method, from: plugin.name }).when(isAskedFor(method.name));
    }
  });

// inversify's whenNamed leaves a binding out of getAll, which asks without a name.
const isAskedFor = (name: string) => (request: { readonly name: unknown }) =>
  request.name === undefined || request.name === name;

/** The kinds of part, in the order in which they were registered: core's first. */
export const listKinds = (registry: Registry): RegisteredKind[] =>
  registry.getAll(kindIdentifier, { optional: true });

/** The parts of a kind, or of every kind, in the order in which they were registered. */
export function listParts<K extends PartKind = PartKind>(registry: Registry, kind?: K): RegisteredPart<K>[] {
  const kinds = kind === undefined ? listKinds(registry).map(({ kind }) => kind.name as K) : [kind];
  return kinds.flatMap((each) => registry.getAll(partIdentifier(each), { optional: true }));
}

/** The methods, in the order in which they were registered. */
export const listMethods = (registry: Registry): RegisteredMethod[] =>
  registry.getAll(methodIdentifier, { optional: true });

/** @throws ConfigurationError that lists the kinds, when none has the name. */
export function findKind<K extends PartKind>(registry: Registry, name: K): RegisteredKind<K> {
  const found = registry.get(kindIdentifier, { name, optional: true });
  const allowed = () => listKinds(registry).map(({ kind }) => kind.name);
  return (found as RegisteredKind<K> | undefined) ?? fail('kind of part', name, allowed());
}

/** @throws ConfigurationError that lists the parts of the kind, when none has the name. */
export function findPart<K extends PartKind>(registry: Registry, kind: K, name: string): RegisteredPart<K> {
  const found = registry.get(partIdentifier(kind), { name, optional: true });
  return (
    found ??
    fail(
      kind,
      name,
      listParts(registry, kind).map(({ part }) => part.name),
    )
  );
}

/** @throws ConfigurationError that lists the methods, when none has the name. */
export function findMethod(registry: Registry, name: string): RegisteredMethod {
  const found = registry.get(methodIdentifier, { name, optional: true });
  return (
    found ??
    fail(
      'method',
      name,
      listMethods(registry).map(({ method }) => method.name),
    )
  );
}

function fail(what: string, name: string, allowed: readonly string[]): never {
  const list =
    allowed.length > 0
      ? `registered are ${allowed.join(', ')}`
      : 'none is registered: load a plugin that brings one';
  const nearest = nearestName(name, allowed);
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  throw new ConfigurationError(`There is no ${what} "${name}"; ${list}.${hint}`);
}
