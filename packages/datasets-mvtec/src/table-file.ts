/** Tables of strings: CSV, TSV, and JSON Lines, with the number of the line that each row begins in. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { ConfigurationError } from '@adfw/core';
import { parse } from 'csv-parse/sync';

export interface TableRow {
  /** From 1 on. */
  readonly line: number;
  /** By the column's name; empty where there is nothing. */
  readonly values: Readonly<Record<string, string>>;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly TableRow[];
}

/** Whether a file is called as a table is. */
export const isTable = (name: string): boolean => extname(name).toLowerCase() in readers;

export const TABLE_FORMATS = '.csv, .tsv, .jsonl or .ndjson';

/**
 * Reads a table, by the ending of its name: CSV and TSV with a line of names first, or JSON Lines, an object a line.
 * @throws ConfigurationError that names the file, and the line where one cannot be read.
 */
export async function readTable(path: string): Promise<Table> {
  const reader = readers[extname(path).toLowerCase()];
  if (reader === undefined)
    throw new ConfigurationError(`${path} is no table: its name should end in ${TABLE_FORMATS}.`);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const fault = error.code === 'ENOENT' ? 'does not exist' : `cannot be read: ${error.message}`;
    throw new ConfigurationError(`The table ${path} ${fault}.`, [], { cause: error });
  });
  return reader(text, path);
}

const separated =
  (delimiter: string) =>
  (text: string, path: string): Table => {
    type Record = { record: readonly string[]; info: { lines: number } };
    let records: Record[];
    try {
      records = parse(text, {
        bom: true,
        delimiter,
        info: true,
        relax_column_count: true,
        skip_empty_lines: true,
        trim: true,
      }) as unknown as Record[];
    } catch (error) {
      const { lines, message } = error as Error & { lines?: number };
      throw unreadable(path, lines ?? 1, message, error);
    }
    const [header, ...body] = records;
    if (header === undefined) throw new ConfigurationError(`The table ${path} is empty.`);
    const columns = header.record;
    const repeated = columns.find((name, index) => columns.indexOf(name) !== index);
    if (repeated !== undefined)
      throw unreadable(path, header.info.lines, `two columns are called "${repeated}"`);
    return {
      columns,
      rows: body.map(({ record, info: { lines } }) => {
        if (record.length !== columns.length)
          throw unreadable(
            path,
            lines,
            `it has ${record.length} values, and there are ${columns.length} columns (${columns.join(', ')})`,
          );
        return {
          line: lines,
          values: Object.fromEntries(columns.map((name, index) => [name, record[index] as string])),
        };
      }),
    };
  };

function jsonLines(text: string, path: string): Table {
  const rows = text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .flatMap((each, index): TableRow[] => {
      if (each.trim() === '') return [];
      const line = index + 1;
      let value: unknown;
      try {
        value = JSON.parse(each);
      } catch (error) {
        throw unreadable(path, line, (error as Error).message, error);
      }
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw unreadable(path, line, 'it is no object');
      return [{ line, values: Object.fromEntries(Object.entries(value).map(textOf(path, line))) }];
    });
  if (rows.length === 0) throw new ConfigurationError(`The table ${path} is empty.`);
  return { columns: [...new Set(rows.flatMap(({ values }) => Object.keys(values)))], rows };
}

const textOf =
  (path: string, line: number) =>
  ([name, value]: [string, unknown]): [string, string] => {
    if (typeof value === 'object' && value !== null)
      throw unreadable(path, line, `"${name}" is neither a text nor a number`);
    return [name, value == null ? '' : String(value).trim()];
  };

const readers: Readonly<Record<string, (text: string, path: string) => Table>> = {
  '.csv': separated(','),
  '.tsv': separated('\t'),
  '.jsonl': jsonLines,
  '.ndjson': jsonLines,
};

const unreadable = (path: string, line: number, fault: string, cause?: unknown): ConfigurationError =>
  new ConfigurationError(`Line ${line} of ${path} cannot be read: ${fault.replace(/\.$/, '')}.`, [], {
    cause,
  });
