/** Text in columns, without lines between them. */
import Table from 'cli-table3';
import stringWidth from 'string-width';

export interface TableOptions {
  /** One a column; left where it is missing. */
  align?: readonly ('left' | 'right')[];
  /** Before each line. */
  indent?: string;
  /** How wide the table may be: the last column is wrapped to fit. */
  width?: number;
}

const lines = ['top', 'bottom', 'left', 'right', 'mid', 'top-mid', 'top-left', 'top-right', 'bottom-mid'];
const corners = ['bottom-left', 'bottom-right', 'left-mid', 'mid-mid', 'right-mid'];
const noLines = Object.fromEntries([...lines, ...corners].map((name) => [name, '']));
const gap = '  ';
/** Below this a wrapped column is harder to read than lines that the terminal breaks. */
const narrowest = 24;

/** Rows of cells, which may be coloured, as lines without spaces at their ends. */
export function formatTable(
  rows: readonly (readonly string[])[],
  { align = [], indent = '', width = Number.POSITIVE_INFINITY }: TableOptions = {},
): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const columnWidth = (column: number) => Math.max(...rows.map((row) => stringWidth(row[column] ?? '')));
  const widths = Array.from({ length: columns }, (_, column) => columnWidth(column));
  const others = widths.slice(0, -1).reduce((sum, each) => sum + each + gap.length, indent.length);
  const last = Math.min(widths.at(-1) ?? 0, Math.max(narrowest, width - others));
  const table = new Table({
    chars: { ...noLines, middle: gap },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    wordWrap: true,
    colAligns: widths.map((_, column) => align[column] ?? 'left'),
    colWidths: [...widths.slice(0, -1), last],
  });
  table.push(...rows.map((row) => widths.map((_, column) => row[column] ?? '')));
  return table
    .toString()
    .split('\n')
    .map((line) => `${indent}${line}`.trimEnd())
    .join('\n');
}

/** One row of a table whose widths are known before its rows are; a cell that is wider moves the rest of its row. */
export function formatRow(
  cells: readonly string[],
  columns: readonly { readonly width: number; readonly align?: 'left' | 'right' }[],
): string {
  const padded = cells.map((cell, column) => {
    const { width = 0, align = 'left' } = columns[column] ?? {};
    const space = ' '.repeat(Math.max(0, width - stringWidth(cell)));
    return align === 'left' ? cell + space : space + cell;
  });
  return padded.join(gap).trimEnd();
}

/** How wide text for a person should be. */
export const textWidth = (stream: { columns?: number }): number => Math.min(stream.columns ?? 100, 110);
