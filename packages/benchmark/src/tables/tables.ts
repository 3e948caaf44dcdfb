/**
 * The tables of a benchmark: for each measure the categories as rows and the methods as columns, with what was published beside
 * them. Tables are data; `markdown.ts`, `csv.ts` and `latex.ts` write them.
 */
import type { BenchmarkReport, MethodReport } from '../benchmark-report.js';
import { type Measure, measures } from '../measures.js';
import type { PublishedResults } from '../published/publication.js';
import { publicationNote } from '../published/publication-note.js';
import { publishedFor } from '../published/published-results.js';
import { mean, standardDeviation } from '../statistics.js';

export interface Tables {
  /** Of the measures that the test sets allow. */
  readonly measures: readonly MeasureTable[];
  readonly costs: readonly MethodCost[];
  /** Sentences about what is published, and where ours differs from it. */
  readonly notes: readonly string[];
  /** A sentence for each failed run. */
  readonly failures: readonly string[];
  /** How many runs are not done yet. */
  readonly pending: number;
}

export interface MeasureTable {
  readonly measure: Measure;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

export interface Column {
  readonly method: string;
  /** Who published the numbers of this column: `thesis`; null for those of this benchmark. */
  readonly source: string | null;
}

export interface Row {
  readonly name: string;
  readonly kind: 'category' | 'mean';
  /** One a column. */
  readonly entries: readonly Entry[];
}

/** One place of a table. */
export interface Entry {
  /** Why there are no values, where there are none; `unmeasured` is also what was never asked for. */
  readonly status: 'measured' | 'failed' | 'pending' | 'unmeasured';
  /** One a quantity of the measure. */
  readonly values: readonly Summary[];
  /** How many seeds, in a mean row categories, the values were taken from, of how many. */
  readonly counted: number;
  readonly of: number;
}

export interface Summary {
  /** null where the runs did not give this quantity, but another of the measure. */
  readonly mean: number | null;
  /** The standard deviation over the seeds; null where there is one seed. */
  readonly deviation: number | null;
}

/** What a method costs. */
export interface MethodCost {
  readonly method: string;
  readonly parameters: number | null;
  readonly multiplyAdds: number | null;
  /** The mean over its complete runs. */
  readonly trainSeconds: number | null;
  /** The least of its runs: whatever else a machine does makes it more. */
  readonly inferenceMsPerImage: number | null;
}

export function benchmarkTables(report: BenchmarkReport): Tables {
  const published = report.methods.map((method) => ({ method, results: publishedIn(report, method) }));
  return {
    measures: measures.flatMap((measure) => measureTable(report, measure, published) ?? []),
    costs: report.methods.map((method) => methodCost(report, method)),
    notes: published.flatMap(({ method, results }) => results.map((each) => publicationNote(method, each))),
    failures: report.runs.flatMap((run) =>
      run.status === 'failed' ? [`${run.method}, ${run.category}, seed ${run.seed}: ${run.reason}`] : [],
    ),
    pending: report.runs.filter(({ status }) => status === 'pending').length,
  };
}

/** What was published of a method about categories that the benchmark has. */
const publishedIn = (report: BenchmarkReport, { experiment }: MethodReport): PublishedResults[] =>
  publishedFor(experiment).filter(({ quantities }) =>
    Object.values(quantities).some(({ values }) => hasAny(values, report.categories)),
  );

const hasAny = (values: object, categories: readonly string[]) =>
  categories.some((category) => Object.hasOwn(values, category));

/** A column with what its entries are made of, by category. */
interface Source extends Column {
  readonly samples: ReadonlyMap<string, Samples>;
}

/** A number a quantity of the measure; null where it was not measured, as what only maps tell. */
type SeedValues = readonly (number | null)[];

/** What was measured of a category, a list a seed. */
interface Samples {
  readonly status: Entry['status'];
  readonly values: readonly SeedValues[];
  /** How many seeds there are to be. */
  readonly of: number;
}

/** undefined where no run has the measure. */
function measureTable(
  report: BenchmarkReport,
  measure: Measure,
  published: readonly { method: MethodReport; results: readonly PublishedResults[] }[],
): MeasureTable | undefined {
  const { categories } = report;
  const sources = published.flatMap(({ method: { name }, results }): Source[] => [
    { method: name, source: null, samples: measuredSamples(report, measure, name) },
    ...results.flatMap((each) => publishedColumn(name, each, measure, categories) ?? []),
  ]);
  const isOurs = ({ source }: Source) => source === null;
  const asked = sources.filter(isOurs).flatMap(({ samples }) => [...samples.values()]);
  // The first measure is there also before anything is measured, to show what failed.
  if (measure !== measures[0] && !asked.some(({ status }) => status === 'measured')) return undefined;

  const rows: Row[] = categories.map((name) => ({
    name,
    kind: 'category',
    entries: sources.map(({ samples }) => categoryEntry(samples.get(name))),
  }));
  if (categories.length > 1) rows.push(meanRow('mean', sources, categories));
  const common = categories.filter((name) =>
    sources.every(({ samples }) => samples.get(name)?.status === 'measured'),
  );
  if (common.length > 1 && common.length < categories.length)
    rows.push(meanRow(`mean of the ${common.length} in every column`, sources, common));
  return { measure, columns: sources.map(({ method, source }) => ({ method, source })), rows };
}

function measuredSamples(
  { runs, categories }: BenchmarkReport,
  { quantities }: Measure,
  method: string,
): Map<string, Samples> {
  return new Map(
    categories.map((category) => {
      const own = runs.filter((run) => run.method === method && run.category === category);
      const complete = own.flatMap((run) => (run.status === 'complete' ? [run.report] : []));
      const values = complete
        .map((report) => quantities.map((quantity) => quantity.of(report)))
        .filter((list) => list.some((value) => value !== null));
      const is = (status: string) => own.some((run) => run.status === status);
      const missing = is('complete') ? 'unmeasured' : is('pending') ? 'pending' : 'failed';
      const status = values.length > 0 ? 'measured' : own.length > 0 ? missing : 'unmeasured';
      return [category, { status, values, of: own.length }];
    }),
  );
}

/** undefined where the publication does not give the measure for any of the categories. */
function publishedColumn(
  method: string,
  { source, quantities }: PublishedResults,
  measure: Measure,
  categories: readonly string[],
): Source | undefined {
  const given = categories.flatMap((category) => {
    const values = measure.quantities.map(({ id }) => quantities[id]?.values[category]);
    if (values.includes(undefined)) return [];
    return [[category, { status: 'measured', values: [values as number[]], of: 1 } as const] as const];
  });
  return given.length > 0 ? { method, source, samples: new Map(given) } : undefined;
}

const nothing: Entry = { status: 'unmeasured', values: [], counted: 0, of: 0 };

function categoryEntry(samples: Samples | undefined): Entry {
  if (samples === undefined) return nothing;
  const { status, values, of } = samples;
  return { status, values: summaries(values), counted: values.length, of };
}

/** For each quantity mean and deviation over the seeds. */
const summaries = (seeds: readonly SeedValues[]): Summary[] =>
  (seeds[0] ?? []).map((_, quantity) => {
    const values = seeds.flatMap((list) => list[quantity] ?? []);
    return { mean: values.length > 0 ? mean(values) : null, deviation: standardDeviation(values) };
  });

/** The mean over categories of their means over seeds; the deviation is that of the seeds' means over categories. */
function meanRow(name: string, sources: readonly Source[], categories: readonly string[]): Row {
  const entries = sources.map(({ samples }): Entry => {
    const counted = categories
      .map((category) => samples.get(category))
      .filter((each) => each?.status === 'measured') as Samples[];
    const of = categories.length;
    if (counted.length === 0) return { ...nothing, of };
    const seeds = counted[0]?.of ?? 0;
    const everySeed = counted.every(({ values }) => values.length === seeds);
    const values = summaries(counted.map(({ values }) => summaries(values).map((each) => each.mean)));
    const bySeed = everySeed
      ? Array.from({ length: seeds }, (_, seed) =>
          summaries(counted.map(({ values }) => values[seed] ?? [])).map(({ mean }) => mean),
        )
      : [];
    const deviations = summaries(bySeed);
    return {
      status: 'measured',
      values: values.map(({ mean }, quantity) => ({
        mean,
        deviation: deviations[quantity]?.deviation ?? null,
      })),
      counted: counted.length,
      of,
    };
  });
  return { name, kind: 'mean', entries };
}

function methodCost({ runs }: BenchmarkReport, { name, cost }: MethodReport): MethodCost {
  const timings = runs.flatMap((run) =>
    run.method === name && run.status === 'complete' ? [run.report.timings] : [],
  );
  const scoring = timings
    .map(({ inferenceMsPerImage }) => inferenceMsPerImage)
    .filter((milliseconds) => milliseconds !== null);
  return {
    method: name,
    parameters: cost?.parameters ?? null,
    multiplyAdds: cost?.multiplyAdds ?? null,
    trainSeconds: timings.length > 0 ? mean(timings.map(({ trainSeconds }) => trainSeconds)) : null,
    inferenceMsPerImage: scoring.length > 0 ? Math.min(...scoring) : null,
  };
}
