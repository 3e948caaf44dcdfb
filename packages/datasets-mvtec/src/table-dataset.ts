/** The dataset `table`: images that a table of one's own lists, with what is known of each. */
import { basename, dirname, extname, resolve } from 'node:path';
import {
  ConfigurationError,
  type Dataset,
  findCategory,
  foldedName,
  type Part,
  type PartContext,
} from '@adfw/core';
import { categoryOption } from './categories.js';
import { type FileDatasetOptions, fileDatasetOptions } from './file-dataset.js';
import { isDefectiveName, isNominalName } from './folder-names.js';
import { type ListedImage, listedDataset } from './listed-dataset.js';
import { readTable, TABLE_FORMATS, type Table, type TableRow } from './table-file.js';

/** What a column says, and how the columns are called by default. */
const roles = ['image', 'label', 'mask', 'split', 'category', 'defect', 'group', 'view'] as const;
type Role = (typeof roles)[number];

export interface TableOptions extends FileDatasetOptions {
  readonly file: string;
  readonly root: string | null;
  readonly category: string | null;
  readonly nominal: readonly string[] | null;
  readonly columns: Readonly<Partial<Record<Role, string>>>;
}

export const tableDataset: Part<'dataset'> = {
  kind: 'dataset',
  name: 'table',
  summary:
    'Images that a table lists, a line each: its label and split, and where there are some its mask, category and group.',
  options: {
    file: {
      type: 'string',
      format: 'path',
      description: `The table: ${TABLE_FORMATS}. CSV begins with the names of the columns; JSON Lines has an object a line.`,
    },
    root: {
      type: ['string', 'null'],
      format: 'path',
      default: null,
      description: 'The folder that paths of images and masks start from; by default that of the table.',
    },
    category: {
      ...categoryOption,
      description: 'Which category of the table to take; null where it has no such column.',
    },
    nominal: {
      type: ['array', 'null'],
      items: { type: 'string' },
      default: null,
      description:
        'The labels of nominal images, where all others are kinds of defects; null for labels such as good, normal, 0 and defective, anomaly, 1.',
    },
    columns: {
      type: 'object',
      description: 'How columns are called, where it is otherwise than what they say.',
      default: {},
      properties: Object.fromEntries(
        roles.map((role) => [role, { type: 'string', description: `The name of the column ${role}.` }]),
      ),
      additionalProperties: false,
    },
    ...fileDatasetOptions,
  },
  required: ['file'],
  categories: async (options: TableOptions) => {
    const { rows, has } = await openTable(options);
    return has('category') ? categoriesOf(rows) : null;
  },
  create: createTableDataset,
};

/**
 * Opens the images that a table lists; paths in it are relative to `root`, or absolute. Sample ids are the paths as they are listed.
 * @throws ConfigurationError that names the line where one cannot be read, says what is not known, or lists what is not there.
 */
export async function createTableDataset(options: TableOptions, context: PartContext): Promise<Dataset> {
  const { file, nominal } = options;
  const { rows, has } = await openTable(options);
  const root = options.root ?? dirname(file);
  const all = has('category') ? categoriesOf(rows) : null;
  if (all === null && options.category !== null)
    throw new ConfigurationError(
      `${file} has no column category: leave out the category "${options.category}".`,
    );
  const category = all === null ? null : findCategory(options.category, all, file);
  const images = rows
    .filter(({ values }) => category === null || values.category === category)
    .map((row): ListedImage => {
      const where = `line ${row.line} of ${file}`;
      const { image, label, mask, defect, group, view } = row.values;
      if (image === '') throw new ConfigurationError(`Found no path of an image in ${where}.`);
      const kind = kindOf(label, nominal, where);
      return {
        where,
        id: image.replaceAll('\\', '/'),
        path: resolve(root, image),
        split: splitOf(row.values.split, where),
        label: kind === null ? null : kind === 'good' ? 0 : 1,
        defect: defect === '' || kind === 'good' ? (kind ?? '') : defectName(defect, where),
        maskPath: mask === '' ? null : resolve(root, mask),
        ...(group !== '' && { group }),
        ...(view !== '' && { view }),
      };
    });
  return listedDataset({ name: basename(file, extname(file)), category, file, images }, options, context);
}

interface NamedRow extends Pick<TableRow, 'line'> {
  readonly values: Readonly<Record<Role, string>>;
}

/** The rows by what their columns say; empty is what the table has no column for. */
async function openTable({ file, columns }: Pick<TableOptions, 'file' | 'columns'>) {
  const table = await readTable(file);
  const nameOf = (role: Role): string => columns[role] ?? role;
  const has = (role: Role): boolean => table.columns.includes(nameOf(role));
  for (const role of roles)
    if (!has(role) && (columns[role] !== undefined || NEEDED.includes(role)))
      throw missingColumn(role, nameOf(role), file, table);
  const rows = table.rows.map(
    ({ line, values }): NamedRow => ({
      line,
      values: Object.fromEntries(roles.map((role) => [role, values[nameOf(role)] ?? ''])) as Record<
        Role,
        string
      >,
    }),
  );
  return { rows, has };
}

const NEEDED: readonly Role[] = ['image', 'label', 'split'];

function missingColumn(role: Role, name: string, file: string, { columns }: Table): ConfigurationError {
  const use = {
    image: 'the paths of the images',
    label: 'which images are nominal',
    split: 'which images are trained on (train), held out (validation) and tested with (test)',
  } as Partial<Record<Role, string>>;
  const says = use[role] === undefined ? '' : `, which says ${use[role]}`;
  return new ConfigurationError(
    `${file} has no column ${name}${says}; there are ${columns.join(', ')}. One of another name: --set dataset.columns.${role}=NAME.`,
  );
}

const categoriesOf = (rows: readonly NamedRow[]): string[] => {
  const unnamed = rows.find(({ values }) => values.category === '');
  if (unnamed) throw new ConfigurationError(`Line ${unnamed.line} of the table names no category.`);
  return [...new Set(rows.map(({ values }) => values.category))];
};

const splitWords: Readonly<Record<string, ListedImage['split']>> = {
  train: 'train',
  training: 'train',
  validation: 'validation',
  valid: 'validation',
  val: 'validation',
  test: 'test',
  testing: 'test',
};

function splitOf(text: string, where: string): ListedImage['split'] {
  const split = splitWords[foldedName(text)];
  if (split === undefined)
    throw new ConfigurationError(
      `Found the split "${text}" in ${where}; it should be train, validation or test.`,
    );
  return split;
}

/** `good`, or what the defect is called; null where it is not known. */
function kindOf(label: string, nominal: readonly string[] | null, where: string): string | null {
  if (label === '') return null;
  if (nominal !== null) return nominal.includes(label) ? 'good' : defectName(label, where);
  if (label === '0' || foldedName(label) === 'false' || isNominalName(label)) return 'good';
  if (label === '1' || foldedName(label) === 'true') return 'defective';
  if (isDefectiveName(label)) return label;
  throw new ConfigurationError(
    `Found the label "${label}" in ${where}, which is neither of nominal images (good, normal, ok, 0) nor of defective ones (defective, anomaly, bad, 1). Where labels are kinds of defects, say which are nominal: --set 'dataset.nominal=["good"]'.`,
  );
}

function defectName(name: string, where: string): string {
  if (!isNominalName(name)) return name;
  throw new ConfigurationError(
    `Found a defect called "${name}" in ${where}, which reads as nominal: call it otherwise.`,
  );
}
