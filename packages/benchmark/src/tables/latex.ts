import type { BenchmarkReport } from '../benchmark-report.js';
import { columnTitle, costExplanation, costTexts, costTitles, entryText } from './entry-text.js';
import { seedsText } from './run-settings.js';
import type { MeasureTable, Tables } from './tables.js';

/**
 * The tables as LaTeX, to be read by `\input`; they need the packages booktabs and graphicx. A table that is
 * wider than the text is made smaller. What is published is in italics.
 */
export function latexTables(report: BenchmarkReport, tables: Tables): string {
  const caption = seedsText(report) + (tables.notes.length > 0 ? ' Published numbers are in italics.' : '');
  const cost = float({
    label: 'cost',
    caption: `Cost. ${costExplanation}`,
    rows: [costTitles, ...tables.costs.map(costTexts)].map((row) => row.map(escapeLatex)),
    rules: [],
  });
  const floats = [...tables.measures.map((table) => measureTable(table, caption)), cost];
  return `${['% \\usepackage{booktabs,graphicx}', ...floats].join('\n\n')}\n`;
}

function measureTable({ measure, columns, rows }: MeasureTable, caption: string): string {
  const italic = (text: string, column: number) =>
    columns[column]?.source === null || text === '-' ? escapeLatex(text) : `\\textit{${escapeLatex(text)}}`;
  const firstMean = rows.findIndex(({ kind }) => kind === 'mean');
  return float({
    label: measure.id,
    caption: `${measure.title}. ${measure.explanation} ${caption}`,
    rows: [
      ['category', ...columns.map(columnTitle).map(italic)],
      ...rows.map(({ name, entries }) => [
        escapeLatex(name),
        ...entries.map((entry) => entryText(entry, measure)).map(italic),
      ]),
    ],
    rules: firstMean === -1 ? [] : [firstMean],
  });
}

/** @param rules before which rows, the heading not counted, there is a line. */
function float(table: {
  label: string;
  caption: string;
  rows: readonly (readonly string[])[];
  rules: readonly number[];
}): string {
  const { label, caption, rules } = table;
  const [heading = [], ...rows] = table.rows.map((row) => `    ${row.join(' & ')} \\\\`);
  const body = rows.flatMap((row, index) => (rules.includes(index) ? ['    \\midrule', row] : [row]));
  const columns = table.rows[0]?.length ?? 1;
  return [
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${escapeLatex(caption)}}`,
    `  \\label{tab:${label}}`,
    '  \\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%',
    `  \\begin{tabular}{l${'r'.repeat(columns - 1)}}`,
    '    \\toprule',
    heading,
    '    \\midrule',
    ...body,
    '    \\bottomrule',
    '  \\end{tabular}}',
    '\\end{table}',
  ].join('\n');
}

const commands: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '\\textless{}',
  '>': '\\textgreater{}',
  '|': '\\textbar{}',
  '±': '$\\pm$',
};

/** Text in which every character stands for itself. */
export const escapeLatex = (text: string): string =>
  text.replaceAll(/[\\~^<>|±&%$#_{}]/g, (character) => commands[character] ?? `\\${character}`);
