import { stringify } from 'csv-stringify/sync';
import type { Tables } from './tables.js';

const columns = [
  'quantity',
  'category',
  'method',
  'source',
  'status',
  'mean',
  'standard_deviation',
  'counted',
  'of',
];

/**
 * The tables as CSV: a line a number, unrounded. `source` is `adfw` or who published it; `counted` and `of` are seeds, in the
 * lines of means over categories the categories. Costs have no category.
 */
export function csvTables({ measures, costs }: Tables): string {
  const measured = measures.flatMap(({ measure, columns, rows }) =>
    rows.flatMap(({ name, entries }) =>
      entries.flatMap(({ status, values, counted, of }, column) =>
        measure.quantities.map(({ id }, quantity) => [
          id,
          name,
          columns[column]?.method,
          columns[column]?.source ?? 'adfw',
          status,
          values[quantity]?.mean,
          values[quantity]?.deviation,
          counted,
          of,
        ]),
      ),
    ),
  );
  const spent = costs.flatMap(({ method, ...quantities }) =>
    Object.entries(quantities).flatMap(([quantity, value]) =>
      value === null ? [] : [[quantity, '', method, 'adfw', 'measured', value]],
    ),
  );
  const lines = [...measured, ...spent].map((line) => columns.map((_, column) => line[column] ?? ''));
  return stringify([columns, ...lines]);
}
