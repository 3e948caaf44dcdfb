import { join } from 'node:path';
import { writeFile } from '@adfw/runner';
import type { BenchmarkReport } from './benchmark-report.js';
import { csvTables } from './csv.js';
import { latexTables } from './latex.js';
import { markdownTables } from './markdown.js';
import { benchmarkTables } from './tables.js';

/** The files of a benchmark, beside the folders of its methods. */
export const benchmarkPaths = (folder: string) => ({
  report: join(folder, 'bench.json'),
  markdown: join(folder, 'tables.md'),
  csv: join(folder, 'tables.csv'),
  latex: join(folder, 'tables.tex'),
});

/**
 * Writes the report and its tables, each file whole.
 * @throws DataError where a file cannot be written.
 */
export async function saveBenchmark(report: BenchmarkReport): Promise<void> {
  const paths = benchmarkPaths(report.outputDir);
  const tables = benchmarkTables(report);
  await writeFile(paths.markdown, markdownTables(report, tables));
  await writeFile(paths.csv, csvTables(tables));
  await writeFile(paths.latex, latexTables(report, tables));
  await writeFile(paths.report, `${JSON.stringify(report, null, 2)}\n`);
}
