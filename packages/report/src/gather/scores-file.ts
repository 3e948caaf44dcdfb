import { readFile } from 'node:fs/promises';
import { DataError } from '@adfw/core';
import { parse } from 'csv-parse/sync';

/** A line of `scores.csv`, as far as a report needs it. */
export interface ImageScore {
  readonly id: string;
  /** 0 nominal, 1 defective. */
  readonly label: 0 | 1;
  readonly defect: string;
  readonly score: number;
}

const labels: Readonly<Record<string, 0 | 1>> = { nominal: 0, defective: 1 };

/**
 * The scores of a run's test images; those without a label, which count for nothing, are passed over.
 * @throws DataError that names the file and the line where it cannot be read, a column is missing or a value is none.
 */
export async function readScores(path: string): Promise<ImageScore[]> {
  let rows: Record<string, string>[];
  try {
    rows = parse(await readFile(path, 'utf8'), { columns: true, bom: true });
  } catch (error) {
    throw new DataError(`${path} cannot be read: ${(error as Error).message}. ${REMEDY}`, { cause: error });
  }
  return rows.flatMap(({ image, label = '', defect, score = '' }, index) => {
    const expected = (what: string, found: string | undefined) =>
      new DataError(`${path}, line ${index + 2}: expected ${what}, found "${found ?? ''}". ${REMEDY}`);
    if (image === undefined)
      throw expected('a column named image', Object.keys(rows[index] ?? {}).join(', '));
    if (label === '' && defect === '') return [];
    if (!Object.hasOwn(labels, label)) throw expected('the label nominal or defective', label);
    if (score.trim() === '' || !Number.isFinite(Number(score)))
      throw expected('a number as the score', score);
    return [{ id: image, label: labels[label] as 0 | 1, defect: defect ?? label, score: Number(score) }];
  });
}

const REMEDY = 'Run the experiment again, or restore the file.';
