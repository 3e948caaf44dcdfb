/**
 * What a word of a command line may become: a command, a flag, or a value of a flag or argument. The commands' own declarations say
 * which flags there are; names of methods and parts come from what is registered.
 */
import type { JsonSchema, PartChoice, Registry } from '@adfw/core';
import type { Command } from '@oclif/core';

export interface Candidate {
  value: string;
  description?: string;
}

export interface Candidates {
  list: readonly Candidate[];
  /** Whether a file may be named as well. */
  files: boolean;
}

type CommandDeclaration = Pick<Command.Loadable, 'id' | 'hidden' | 'summary' | 'flags' | 'args'>;
type FlagDeclaration = CommandDeclaration['flags'][string];

const nothing: Candidates = { list: [], files: false };
const files: Candidates = { list: [], files: true };

/** @param words what follows `adfw`, up to the word that is being written, which may be empty. */
export async function candidates(
  words: readonly string[],
  commands: readonly CommandDeclaration[],
): Promise<Candidates> {
  const line = joinAssignments(words);
  const current = line.at(-1) ?? '';
  const before = line.slice(0, -1);
  const command = commandOf(before, commands);
  const started = startedCommands(before, commands);
  if (!command) return matching({ list: started, files: false }, current);
  const given = before.slice(command.id.split(':').length);
  const assigned = /^(--[\w-]+)=(.*)$/s.exec(current);
  if (assigned) {
    const [, flag = '', value = ''] = assigned;
    const found = await valuesOf(command, command.flags[flag.slice(2)], value, given);
    return { ...found, list: found.list.map((each) => ({ ...each, value: `${flag}=${each.value}` })) };
  }
  const expecting = command.flags[before.at(-1)?.replace(/^--/, '') ?? ''];
  if (before.at(-1)?.startsWith('--') && expecting?.type === 'option')
    return valuesOf(command, expecting, current, given);
  if (current.startsWith('-')) return matching({ list: flagsOf(command, given), files: false }, current);
  const found = await argumentsOf(command, given);
  return matching({ ...found, list: [...started, ...found.list] }, current);
}

/** bash gives `--flag=value` in three words. */
function joinAssignments(words: readonly string[]): string[] {
  const joined: string[] = [];
  for (const [index, word] of words.entries()) {
    const follows = index > 0 && (word === '=' || words[index - 1] === '=');
    if (follows && joined.length > 0) joined[joined.length - 1] += word;
    else joined.push(word);
  }
  return joined;
}

const commandOf = (words: readonly string[], commands: readonly CommandDeclaration[]) =>
  commands
    .filter(({ id }) => id.split(':').every((part, index) => words[index] === part))
    .toSorted((a, b) => b.id.length - a.id.length)[0];

/** The next words of the commands that begin with these. */
function startedCommands(words: readonly string[], commands: readonly CommandDeclaration[]): Candidate[] {
  return commands
    .filter(({ hidden, id }) => {
      const parts = id.split(':');
      return (
        !hidden && parts.length === words.length + 1 && words.every((word, index) => parts[index] === word)
      );
    })
    .map(({ id, summary }) => candidate(id.split(':').at(-1) as string, summary));
}

const flagsOf = ({ flags }: CommandDeclaration, given: readonly string[]): Candidate[] => [
  ...Object.values(flags)
    .filter((flag) => !flag.hidden && (isRepeatable(flag) || !given.includes(`--${flag.name}`)))
    .map(({ name, summary }) => candidate(`--${name}`, summary)),
  candidate('--help', 'Show what the command takes.'),
];

const isRepeatable = (flag: FlagDeclaration): boolean => flag.type === 'option' && flag.multiple === true;

const candidate = (value: string, description?: string): Candidate =>
  description === undefined ? { value } : { value, description };

const named = (values: readonly string[]): Candidates => ({
  list: values.map((value) => ({ value })),
  files: false,
});

const matching = ({ list, files }: Candidates, current: string): Candidates => ({
  list: list.filter(({ value }) => value.startsWith(current)),
  files,
});

/** The values that a flag may have, where something is known of them. */
async function valuesOf(
  command: CommandDeclaration,
  flag: FlagDeclaration | undefined,
  current: string,
  given: readonly string[],
): Promise<Candidates> {
  if (flag?.type !== 'option') return nothing;
  // Of a list with commas, the last one is being written.
  const start = flag.delimiter === ',' ? current.lastIndexOf(',') + 1 : 0;
  const found = matching(await knownValues(command, flag.name, current, given), current.slice(start));
  const list = found.list.map((each) => ({ ...each, value: current.slice(0, start) + each.value }));
  return { list, files: found.files };
}

async function knownValues(
  { id }: CommandDeclaration,
  flag: string,
  current: string,
  given: readonly string[],
): Promise<Candidates> {
  switch (flag) {
    case 'method':
      return { list: await methodNames(given), files: false };
    case 'dataset':
      return { list: await datasetNames(given), files: false };
    case 'category':
      return named(await categories(given));
    case 'weights':
      return { list: ['built-in', 'imagenet', 'random'].map((value) => ({ value })), files: true };
    case 'engine':
      return named((await import('@adfw/runner')).engineNames);
    case 'provider':
      return named((await import('@adfw/runner')).providerNames);
    case 'set':
      return { list: await settings(given, current), files: false };
    case 'images':
      return id === 'pretrain' ? { list: [{ value: 'generated' }], files: true } : files;
    default:
      return takesPath.has(flag) ? files : nothing;
  }
}

const takesPath = new Set(['config', 'data', 'html', 'out', 'scores', 'plugin', 'resume', 'dir']);

async function argumentsOf({ id, args }: CommandDeclaration, given: readonly string[]): Promise<Candidates> {
  if (id === 'describe') return { list: await partNames(given), files: false };
  if (id === 'completion') return named((await import('../completion/shells.js')).shells);
  if (id === 'pretrain') {
    const { pretrainingParts } = await import('@adfw/runner');
    return { list: pretrainingParts.map(({ name, summary }) => candidate(name, summary)), files: false };
  }
  if (id === 'init:plugin') return nothing;
  return Object.keys(args).length > 0 ? files : nothing;
}

/** What is registered, with the plugins that the line names; a plugin that does not load says so when the command is run. */
async function registryOf(given: readonly string[]): Promise<Registry> {
  const { loadRegistry } = await import('@adfw/runner/plugins');
  const plugins = valuesGiven('--plugin', given);
  return loadRegistry(plugins).catch(() => loadRegistry());
}

const valuesGiven = (flag: string, given: readonly string[]): string[] =>
  given.flatMap((word, index) => {
    if (word.startsWith(`${flag}=`)) return [word.slice(flag.length + 1)];
    return given[index - 1] === flag ? [word] : [];
  });

async function methodNames(given: readonly string[]): Promise<Candidate[]> {
  const { listMethods } = await import('@adfw/core');
  return listMethods(await registryOf(given)).map(({ method }) => candidate(method.name, method.summary));
}

async function datasetNames(given: readonly string[]): Promise<Candidate[]> {
  const { listParts } = await import('@adfw/core');
  const parts = listParts(await registryOf(given), 'dataset');
  return parts.map(({ part }) => candidate(part.name, part.summary));
}

async function partNames(given: readonly string[]): Promise<Candidate[]> {
  const { listAll } = await import('../../shared/catalog.js');
  const all = listAll(await registryOf(given));
  return all.map(({ kind, name, summary }) => {
    const isShared = all.filter((other) => other.name === name).length > 1;
    return candidate(isShared ? `${kind}/${name}` : name, summary);
  });
}

async function categories(given: readonly string[]): Promise<string[]> {
  const data = valuesGiven('--data', given).at(-1);
  if (data === undefined) return [];
  const { datasetCategories } = await import('@adfw/core');
  const { dataDocument, draftRequest } = await import('@adfw/runner');
  const document = dataDocument(data, valuesGiven('--dataset', given).at(-1));
  try {
    const { registry, draft } = await draftRequest({
      overrides: [{ source: '--data', document }],
      plugins: valuesGiven('--plugin', given),
    });
    return [...((await datasetCategories(registry, draft.dataset as PartChoice)) ?? [])];
  } catch {
    return [];
  }
}

/** `model.students=`, and after the `=` the values that the schema lists. */
async function settings(given: readonly string[], current: string): Promise<Candidate[]> {
  const { experimentSchema } = await import('@adfw/core');
  const all = placesOf(experimentSchema(await registryOf(given)));
  const equals = current.indexOf('=');
  if (equals === -1) return [...all].map(([path, { description }]) => candidate(`${path}=`, description));
  const path = current.slice(0, equals);
  return [...(all.get(path)?.values ?? [])].map((value) => ({ value: `${path}=${value}` }));
}

interface Place {
  description?: string;
  values: Set<string>;
}

/** Every place of an experiment that one value can be set at; what several parts have in one place is one place. */
function placesOf(
  root: JsonSchema,
  schema: JsonSchema = root,
  path: readonly string[] = [],
  places: Map<string, Place> = new Map(),
  within: readonly string[] = [],
): Map<string, Place> {
  const { description, $ref } = schema as { description?: string; $ref?: string };
  if ($ref !== undefined) {
    // A part in a slot of its own kind, as deep as one likes.
    if (within.includes($ref)) return places;
    const kind = (root.$defs as Readonly<Record<string, JsonSchema>>)[$ref.slice('#/$defs/'.length)];
    return kind ? placesOf(root, kind, path, places, [...within, $ref]) : places;
  }
  const { anyOf = [] } = schema as { anyOf?: readonly JsonSchema[] };
  const values = [schema, ...anyOf].flatMap(({ enum: some = [], const: one, type }) =>
    type === 'boolean' ? ['true', 'false'] : [...(some as unknown[]), ...(one === undefined ? [] : [one])],
  );
  const inner = [schema, ...anyOf].flatMap((each) =>
    Object.entries((each.properties ?? {}) as Record<string, JsonSchema | true>),
  );
  if (inner.length === 0) {
    const key = path.join('.');
    const place = places.get(key) ?? { values: new Set<string>() };
    for (const value of values) place.values.add(String(value));
    places.set(key, { ...(description && { description }), ...place });
    return places;
  }
  for (const [name, child] of inner)
    if (child !== true && name !== '$schema' && name !== 'plugins')
      placesOf(root, child, [...path, name], places, within);
  return places;
}

/** A line a candidate, its description behind a tab; the line `:files` where a file may be named as well. */
export function candidateText(
  { list, files }: Candidates,
  words: readonly string[],
  shell: string | undefined,
): string {
  // bash takes what follows the "=" for a word of its own.
  const cut = shell === 'bash' ? lengthBeforeValue(joinAssignments(words).at(-1) ?? '') : 0;
  const lines = list.map(({ value, description }) =>
    `${value.slice(cut)}\t${(description ?? '').replaceAll(/\s+/g, ' ')}`.trimEnd(),
  );
  return [...lines, ...(files ? [':files'] : [])].join('\n');
}

const lengthBeforeValue = (word: string): number => word.lastIndexOf('=') + 1;
