import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { refuseReplacing, writeFile } from '@adfw/runner';
import type { BenchmarkReport } from './benchmark-report.js';
import { csvTables } from './tables/csv.js';
import { latexTables } from './tables/latex.js';
import { markdownTables } from './tables/markdown.js';
import { benchmarkTables } from './tables/tables.js';

/** The files of a benchmark, beside the folders of its methods. */
export const benchmarkPaths = (folder: string) => ({
  report: join(folder, 'bench.json'),
  markdown: join(folder, 'tables.md'),
  csv: join(folder, 'tables.csv'),
  latex: join(folder, 'tables.tex'),
});

/**
 * That a benchmark may be written into a folder.
 * @throws ConfigurationError that names a file in it which is not of a benchmark, and would be replaced.
 */
export async function refuseOtherBenchmark(folder: string): Promise<void> {
  const { report, ...tables } = benchmarkPaths(folder);
  const remedy = 'name another folder with --out';
  await refuseReplacing([report], {
    ours: { are: 'report of adfw bench', known: beginsWithMethods },
    remedy,
  });
  if (existsSync(report)) return;
  await refuseReplacing(Object.values(tables), { remedy });
}

const beginsWithMethods = (start: Buffer): boolean =>
  /^\s*\{\s*"methods"\s*:\s*\[/.test(start.toString('utf8'));

/**
 * Writes the report and its tables, each file whole.
 * @throws DataError where a file cannot be written.
 */
export async function saveBenchmark(report: BenchmarkReport): Promise<void> {
  const paths = benchmarkPaths(report.outputDir);
  const tables = benchmarkTables(report);
  // First: beside it the tables are known as ours.
  await writeFile(paths.report, `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(paths.markdown, markdownTables(report, tables));
  await writeFile(paths.csv, csvTables(tables));
  await writeFile(paths.latex, latexTables(report, tables));
}
