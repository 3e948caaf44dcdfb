/** Runs grids of experiments (methods x categories x seeds) and tabulates them beside published results. */
export type { BenchmarkReport, CellReport, MethodReport } from './benchmark-report.js';
export type { CellTask, EngineChoice } from './cells/cell-task.js';
export type { Places } from './cells/places.js';
export { type CellOptions, checkExperiments, runCell } from './cells/run-cell.js';
export {
  type BenchmarkMethod,
  type Cell,
  type Convenience,
  type Grid,
  type GridRequest,
  planGrid,
} from './grid.js';
export { type Measure, measures, type Quantity, type QuantityId } from './measures.js';
export type { PublishedQuantity, PublishedResults } from './published/publication.js';
export {
  publications,
  publishedFor,
  settingsThatDiffer,
} from './published/published-results.js';
export {
  type BenchmarkEvent,
  type BenchmarkOptions,
  type CellWorkers,
  type RemoteCellOptions,
  runBenchmark,
} from './run-benchmark.js';
export { benchmarkPaths, saveBenchmark } from './save-benchmark.js';
export { type Shard, shardOf } from './shard.js';
export { csvTables } from './tables/csv.js';
export { latexTables } from './tables/latex.js';
export { markdownTables } from './tables/markdown.js';
export {
  benchmarkTables,
  type Column,
  type Entry,
  type MeasureTable,
  type MethodCost,
  type Row,
  type Summary,
  type Tables,
} from './tables/tables.js';
