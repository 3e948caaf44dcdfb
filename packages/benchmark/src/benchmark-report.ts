/** What is known of a benchmark: `bench.json`, and what its tables are made of. */
import type { Cost, ResolvedExperiment } from '@adfw/core';
import type { RunReport } from '@adfw/runner';

export interface BenchmarkReport {
  readonly methods: readonly MethodReport[];
  readonly categories: readonly string[];
  readonly seeds: readonly number[];
  readonly runs: readonly CellReport[];
  /** The benchmark's folder, which the run directories and tables lie in. */
  readonly outputDir: string;
}

/** A column of the tables. */
export interface MethodReport {
  readonly name: string;
  /** The experiment of its first category and seed. */
  readonly experiment: ResolvedExperiment;
  /** What its model has learnt costs; null until a run of it is complete, and where it does not say. */
  readonly cost: Cost | null;
}

/** What became of a run. */
export type CellReport = {
  readonly method: string;
  readonly category: string;
  readonly seed: number;
  /** Below the benchmark's folder. */
  readonly folder: string;
} & (
  | { readonly status: 'complete'; readonly report: RunReport }
  | { readonly status: 'failed'; readonly reason: string }
  | { readonly status: 'pending' }
);
