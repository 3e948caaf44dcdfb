/** Which runs a benchmark is made of: methods x categories x seeds, each a resolved experiment with a run directory. */
import { basename, join, resolve } from 'node:path';
import {
  ConfigurationError,
  datasetCategories,
  type ExperimentLayer,
  findCategory,
  findPart,
  type JsonRecord,
  normalizedName,
  type PartChoice,
  type Registry,
  type ResolvedExperiment,
} from '@adfw/core';
import { type DependentDocument, dataDocument, fileKey, prepareExperiment, usualDataset } from '@adfw/runner';

/** A column of the tables: a method, or an experiment document of one's own. */
export interface BenchmarkMethod {
  /** The heading of the column, and a folder's name. */
  readonly name: string;
  /** The path of an experiment document. */
  readonly config?: string;
  /** What goes before the document, or stands for it: `{ "method": "stfpm" }`. */
  readonly overrides?: readonly ExperimentLayer[];
}

export interface GridRequest {
  readonly methods: readonly BenchmarkMethod[];
  /** Several categories of a dataset. Without it each experiment is one row. */
  readonly data?: {
    /** Where the images are; without it the experiments say their dataset, which is else the built-in sample. */
    readonly root?: string;
    /** How they are laid out: the name of a dataset, `mvtec` by default. */
    readonly dataset?: string;
    /** Which categories of it, all by default. */
    readonly categories?: readonly string[];
  };
  readonly seeds: readonly number[];
  /** What goes before all methods' documents. */
  readonly overrides?: readonly ExperimentLayer[];
  /** What goes between the two, for the methods that have a place for it. */
  readonly conveniences?: readonly Convenience[];
  readonly plugins?: readonly string[];
}

/** Something that models of some kinds have and others have not, such as a number of epochs. */
export interface Convenience {
  /** What messages call it: `--epochs`. */
  readonly source: string;
  /**
   * The partial experiment that it stands for.
   * @param experiment what it would go into, resolved without it.
   * @returns null where that has no place for it.
   */
  document(experiment: ResolvedExperiment, registry: Registry): JsonRecord | null;
}

/** One run. */
export interface Cell {
  readonly method: string;
  readonly category: string;
  readonly seed: number;
  /** Below the benchmark's folder: `stfpm/screw/42`. */
  readonly folder: string;
  readonly experiment: ResolvedExperiment;
}

export interface Grid {
  readonly methods: readonly string[];
  readonly categories: readonly string[];
  readonly seeds: readonly number[];
  /** In the order in which they are run: one seed of everything comes before the next seed. */
  readonly cells: readonly Cell[];
  /** A sentence for each convenience that was left out for some of the methods. */
  readonly notes: readonly string[];
}

/**
 * Resolves the experiments of a grid; what is wrong with one of them shows before anything is run.
 * @throws ConfigurationError with every fault of the first document that has one; for a category that is not there, names that are
 *   no folder's names, anything that is named twice, and a convenience that none of the methods has a place for.
 */
export async function planGrid(request: GridRequest): Promise<Grid> {
  const { methods, seeds, conveniences = [] } = request;
  if (methods.length === 0) throw new ConfigurationError('A benchmark needs at least one method.');
  if (seeds.length === 0) throw new ConfigurationError('A benchmark needs at least one seed.');
  refuseRepeated(
    'method',
    methods.map(({ name }) => name),
  );
  refuseRepeated('seed', seeds.map(String));
  for (const { name } of methods) refuseUnusableName('The name of a method', name);

  const { data } = request;
  const resolved: ResolvedMethod[] = [];
  for (const method of methods)
    resolved.push(
      await resolveMethod(method, request).catch((error: unknown) => {
        throw inMethod(method.name, error);
      }),
    );
  const notes = conveniences.flatMap(({ source }) => leftOutNote(source, resolved));
  const [{ registry, experiment: first }] = resolved as [ResolvedMethod];
  const categories = data === undefined ? [null] : await categoriesOf(registry, first, data.categories);
  const experiments = categories.flatMap((category) =>
    resolved.map(({ method, experiment }) => {
      const own = category === null ? experiment : inCategory(experiment, category);
      return { method, category: categoryOf(own), experiment: own };
    }),
  );
  for (const { category } of experiments) refuseUnusableName('The name of a category', category);
  return {
    methods: methods.map(({ name }) => name),
    categories: [...new Set(experiments.map(({ category }) => category))],
    seeds,
    cells: seeds.flatMap((seed) =>
      experiments.map(({ method, category, experiment }) => ({
        method,
        category,
        seed,
        folder: join(method, category, String(seed)),
        experiment: { ...experiment, seed },
      })),
    ),
    notes,
  };
}

interface ResolvedMethod {
  readonly method: string;
  readonly registry: Registry;
  readonly experiment: ResolvedExperiment;
  /** The sources of the conveniences that it has no place for. */
  readonly leftOut: readonly string[];
}

async function resolveMethod(
  { name, config, overrides: own = [] }: BenchmarkMethod,
  { data, conveniences = [], overrides = [], plugins = [] }: GridRequest,
): Promise<ResolvedMethod> {
  const lower = [...own, ...(data === undefined ? [] : datasetLayers(data))];
  const prepare = (between: readonly ExperimentLayer[]) =>
    prepareExperiment({
      ...(config !== undefined && { config }),
      overrides: [...lower, ...between, ...overrides],
      plugins,
    });
  const { registry, experiment } = await prepare([]);
  const leftOut: string[] = [];
  const taken: ExperimentLayer[] = [];
  for (const { source, document: documentFor } of conveniences) {
    const document = documentFor(experiment, registry);
    if (document === null) leftOut.push(source);
    else taken.push({ source, document });
  }
  return {
    method: name,
    registry,
    experiment: taken.length > 0 ? (await prepare(taken)).experiment : experiment,
    leftOut,
  };
}

/** @throws ConfigurationError where no method has a place for it. */
function leftOutNote(source: string, resolved: readonly ResolvedMethod[]): string[] {
  const without = resolved.filter(({ leftOut }) => leftOut.includes(source)).map(({ method }) => method);
  if (without.length === 0) return [];
  const names = without.join(', ');
  if (without.length === resolved.length)
    throw new ConfigurationError(`${source} has no place in ${names}: leave it out.`);
  return [`${source} has no place in ${names}, and is left out there.`];
}

const datasetLayers = ({ root, dataset }: NonNullable<GridRequest['data']>): ExperimentLayer[] =>
  root === undefined
    ? []
    : [
        { source: '--data', document: dataDocument(root, dataset) },
        { source: '--data', document: withoutCategory(dataset) },
      ];

/** What a document says of the category is another one's matter. */
const withoutCategory =
  (dataset = usualDataset): DependentDocument =>
  (_draft, registry) =>
    hasCategories(registry, dataset) ? { dataset: { type: dataset, category: null } } : {};

const hasCategories = (registry: Registry, dataset: string): boolean =>
  findPart(registry, 'dataset', dataset).part.categories !== undefined;

const inCategory = (experiment: ResolvedExperiment, category: string): ResolvedExperiment => ({
  ...experiment,
  dataset: { ...(experiment.dataset as PartChoice), category },
});

/** The categories that are asked for; null stands for the dataset itself, where it is one category. */
async function categoriesOf(
  registry: Registry,
  { dataset }: ResolvedExperiment,
  categories: readonly string[] | undefined,
): Promise<readonly (string | null)[]> {
  if (!dataset)
    throw new ConfigurationError('A benchmark of categories needs a dataset: name it with --data.');
  const there = await datasetCategories(registry, dataset);
  const where = typeof dataset.root === 'string' ? dataset.root : `the dataset "${dataset.type}"`;
  if (there === null) {
    const [only, ...more] = categories ?? [];
    const itself =
      only !== undefined &&
      more.length === 0 &&
      normalizedName(only) === normalizedName(basename(resolve(where)));
    if (categories === undefined || itself) return [null];
    throw new ConfigurationError(
      hasCategories(registry, dataset.type)
        ? `${where} is one category itself: leave the categories out, or name the folder that holds the categories.`
        : `The dataset "${dataset.type}" has no categories: leave them out.`,
    );
  }
  if (categories === undefined) return there;
  const found = categories.map((category) => findCategory(category, there, where));
  refuseRepeated('category', found);
  return found;
}

/** What the rows of the tables are called. */
function categoryOf({ dataset }: ResolvedExperiment): string {
  const { type, category, root } = dataset ?? { type: 'dataset' };
  if (typeof category === 'string') return category;
  return typeof root === 'string' ? basename(root) : type;
}

function refuseRepeated(what: string, names: readonly string[]): void {
  // A method's runs lie in a folder of its name; categories are folders already, on a disk that tells them apart.
  const keys = what === 'method' ? names.map(fileKey) : names;
  const repeated = names.find((_, index) => keys.indexOf(keys[index] as string) !== index);
  if (repeated === undefined) return;
  const remedy = what === 'method' ? ' Give a variant another name, as in --config NAME=FILE.' : '';
  throw new ConfigurationError(`The ${what} "${repeated}" is named twice.${remedy}`);
}

function refuseUnusableName(what: string, name: string): void {
  if (name !== '' && !name.startsWith('.') && !/[/\\:]/.test(name)) return;
  throw new ConfigurationError(
    `${what} is the name of a folder as well, so it may have no slash, backslash or colon and no dot at its start; found "${name}".`,
  );
}

/** Faults of a method's own document: which method, where the message does not say it. */
function inMethod(name: string, error: unknown): unknown {
  if (!(error instanceof ConfigurationError) || error.message.includes(name)) return error;
  return new ConfigurationError(`${name}: ${error.message}`, error.faults, { cause: error });
}
