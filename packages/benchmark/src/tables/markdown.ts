import { markdownTable } from 'markdown-table';
import type { BenchmarkReport } from '../benchmark-report.js';
import { columnTitle, costExplanation, costTexts, costTitles, entryText } from './entry-text.js';
import { methodText, seedsText } from './run-settings.js';
import type { MeasureTable, Tables } from './tables.js';

/** The tables as Markdown; what is published, and not measured here, is in italics. */
export function markdownTables(report: BenchmarkReport, tables: Tables): string {
  const { notes, failures, pending } = tables;
  const settings = [...report.methods.map(methodText), ...notes];
  const blocks = [
    '# Benchmark',
    seedsText(report) + (tables.notes.length > 0 ? ' Published numbers are in italics.' : ''),
    list(settings),
    ...(pending > 0 ? [`**${pending} of ${report.runs.length} runs are not done yet.**`] : []),
    ...tables.measures.flatMap(measureBlocks),
    '## Cost',
    costExplanation,
    costTable(tables),
    ...(failures.length > 0 ? ['## Failed runs', list(failures)] : []),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function measureBlocks({ measure, columns, rows }: MeasureTable): string[] {
  const italic = (text: string, column: number) =>
    columns[column]?.source === null || text === '-' ? text : `_${text}_`;
  const table = [
    ['category', ...columns.map(columnTitle).map(italic)],
    ...rows.map(({ name, entries }) => [
      name,
      ...entries.map((entry) => entryText(entry, measure)).map(italic),
    ]),
  ];
  return [`## ${measure.title}`, measure.explanation, aligned(table)];
}

const costTable = ({ costs }: Tables): string => aligned([[...costTitles], ...costs.map(costTexts)]);

/** Names may have characters that mean something in Markdown. */
const escaped = (text: string) => text.replaceAll(/[\\|`*[\]<>]/g, '\\$&');

function aligned(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]?.length ?? 0;
  const align = Array.from({ length: columns }, (_, column) => (column === 0 ? 'l' : 'r'));
  return markdownTable(
    rows.map((row) => row.map(escaped)),
    { align },
  );
}

const list = (lines: readonly string[]): string => lines.map((line) => `- ${escaped(line)}`).join('\n');
