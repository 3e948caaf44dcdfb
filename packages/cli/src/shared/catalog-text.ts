/** Methods and parts, as lists and in detail, for a person. */
import {
  describeSchema,
  isRecord,
  isSlot,
  type JsonRecord,
  listKinds,
  listParts,
  type PartKind,
  type Registry,
} from '@adfw/core';
import stringWidth from 'string-width';
import {
  type CatalogEntry,
  type Description,
  type MethodDescription,
  type OptionSchema,
  optionsOf,
  type PartDescription,
  placesOfKinds,
} from './catalog.js';
import type { Colours } from './streams.js';
import { formatTable } from './table.js';

interface Style {
  colours: Colours;
  width: number;
}

export function catalogText(
  registry: Registry,
  entries: readonly CatalogEntry[],
  { colours, width }: Style,
): string {
  const { bold, cyan, dim } = colours;
  const longest = Math.max(...entries.map(({ name }) => name.length));
  const places = placesOfKinds(registry);
  const headings = [
    ['method', 'Methods'],
    ...listKinds(registry).map(({ kind: { name, title } }) => [name, title]),
  ];
  const sections = headings.flatMap(([kind, heading]) => {
    const rows = entries
      .filter((entry) => entry.kind === kind)
      .map(({ name, summary, plugin }) => [cyan(name.padEnd(longest)), `${summary} ${dim(`(${plugin})`)}`]);
    const where = places.get(kind as PartKind)?.join(', ') ?? kind;
    const title = bold(String(heading)) + (where === kind ? '' : ` (${where})`);
    return rows.length > 0 ? [`${title}\n${formatTable(rows, { indent: '  ', width })}\n`] : [];
  });
  return `${sections.join('\n')}\nadfw describe NAME shows the options of one.`;
}

export function descriptionText(registry: Registry, description: Description, style: Style): string {
  const { bold, dim } = style.colours;
  const { kind, name, summary, reference, plugin } = description;
  const about = [...(reference === null ? [] : [['Source', reference]]), ['Plugin', plugin]].map(
    ([label = '', text = '']) => [dim(label), text],
  );
  return [
    `${bold(name)}  ${dim(kind)}`,
    formatTable([[summary]], { width: style.width }),
    '',
    formatTable(about, { width: style.width }),
    '',
    ...(kind === 'method'
      ? methodDetails(registry, description, style)
      : partDetails(registry, description, style)),
  ].join('\n');
}

function methodDetails(
  registry: Registry,
  { name, preset, model }: MethodDescription,
  { colours, width }: Style,
): string[] {
  const { bold, cyan, dim } = colours;
  const rows = valuesOf(registry, 'model', model, ['model']).map(({ keys, value }) => {
    const isOfPreset = has(preset, keys);
    const text = JSON.stringify(value);
    return [cyan(keys.join('.')), isOfPreset ? `${bold(text)} ${dim('(preset)')}` : text];
  });
  return [
    bold('Preset'),
    JSON.stringify(preset, null, 2),
    '',
    bold('Its model'),
    formatTable(rows, { indent: '  ', width }),
    '',
    `adfw describe model/${model.type} says what its options are.`,
    '',
    bold('Use'),
    `  adfw run --method ${name} --data DIR`,
  ];
}

interface OptionValue {
  keys: readonly string[];
  value: unknown;
}

/** Each option of a part and of the parts in its slots, with its value. */
function valuesOf(
  registry: Registry,
  kind: PartKind,
  choice: JsonRecord,
  keys: readonly string[],
): OptionValue[] {
  const part = listParts(registry, kind).find(({ part }) => part.name === choice.type)?.part;
  return [
    { keys: [...keys, 'type'], value: choice.type },
    ...optionsOf(part ?? {}).flatMap(([own, schema]) => {
      const value = own.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), choice);
      if (value === undefined) return [];
      return isSlot(schema) && isRecord(value)
        ? valuesOf(registry, schema.part, value, [...keys, ...own])
        : [{ keys: [...keys, ...own], value }];
    }),
  ];
}

const has = (document: unknown, [key, ...rest]: readonly string[]): boolean =>
  key === undefined || (isRecord(document) && Object.hasOwn(document, key) && has(document[key], rest));

function partDetails(registry: Registry, part: PartDescription, { colours, width }: Style): string[] {
  const { properties, required } = part.options;
  const rows = optionsOf({ options: properties }).map(([keys, schema]) => [
    colours.cyan(keys.join('.')),
    describeOption(schema),
    required.includes(keys.join('.')) ? 'required' : describeDefault(schema),
    String(schema.description ?? ''),
  ]);
  const header = ['option', 'must be', 'default', ''].map(colours.dim);
  const place = placesOfKinds(registry).get(part.kind)?.[0] ?? part.kind;
  return [
    colours.bold('Options'),
    rows.length > 0 ? optionTable([header, ...rows], width) : '  none',
    '',
    colours.bold('In an experiment'),
    indented(jsonText(sample(part, place), width - 2)),
    '',
    colours.bold('On the command line'),
    place.endsWith('[]')
      ? `  --set '${place.slice(0, -2)}=[{"type":"${part.name}"}]'`
      : part.kind === 'dataset'
        ? `  ${datasetFlags(part)}`
        : `  --set ${place}.type=${part.name}`,
  ];
}

/** How `adfw run` is told of a dataset. */
const datasetFlags = ({ name, options: { properties, required } }: PartDescription): string =>
  [
    `--dataset ${name}`,
    ...(required.length > 0 ? ['--data DIR'] : []),
    ...('category' in properties ? ['--category NAME'] : []),
  ].join(' ');

const narrowestNote = 36;

/** Rows of cells and a note; below the cells where beside them there is too little room. */
function optionTable(rows: readonly string[][], width: number): string {
  const table = formatTable(rows, { indent: '  ', width });
  const cells = formatTable(
    rows.map((row) => row.slice(0, -1)),
    { indent: '  ' },
  ).split('\n');
  const widest = Math.max(...cells.map((line) => stringWidth(line)));
  if (widest + narrowestNote <= width) return table;
  return cells
    .flatMap((line, index) => [line, formatTable([[rows[index]?.at(-1) ?? '']], { indent: '      ', width })])
    .filter((line) => line !== '')
    .join('\n');
}

/** What a value must be, as it follows "must be"; for a slot the kind of part: `a backbone`. */
function describeOption(schema: unknown): string {
  if (isSlot(schema)) return `${/^[aeiou]/.test(schema.part) ? 'an' : 'a'} ${schema.part}`;
  if (isRecord(schema) && isSlot(schema.items)) return `an array, each ${describeOption(schema.items)}`;
  return describeSchema(schema);
}

/** `{"type":"sgd"}`; `like teacher, but for weights`. */
function describeDefault(schema: OptionSchema): string {
  if (schema.default !== undefined) return JSON.stringify(schema.default);
  if (!isSlot(schema) || schema.like === undefined) return '';
  return `like ${schema.like}${schema.except ? `, but for ${schema.except.join(', ')}` : ''}`;
}

/** The smallest experiment that uses a part with its defaults spelt out. */
const sample = ({ name, options }: PartDescription, place: string): unknown =>
  place
    .split('.')
    .reduceRight<unknown>(
      (inner, key) => (key.endsWith('[]') ? { [key.slice(0, -2)]: [inner] } : { [key]: inner }),
      { type: name, ...examplesOf(options.properties) },
    );

const examplesOf = (schemas: Readonly<Record<string, unknown>>): JsonRecord =>
  Object.fromEntries(
    Object.entries(schemas).flatMap(([option, schema]) => {
      const example = exampleOf(schema as OptionSchema);
      return example === undefined ? [] : [[option, example]];
    }),
  );

/** Nothing for a slot that is like another. */
function exampleOf(schema: OptionSchema): unknown {
  if (schema.default !== undefined) return schema.default;
  if (isSlot(schema)) return schema.like === undefined ? { type: '…' } : undefined;
  if (isRecord(schema.properties)) return examplesOf(schema.properties);
  return schema.format === 'path' ? 'DIR' : '…';
}

/** What fits on a line is on one. @param key is before the value. */
function jsonText(value: unknown, width: number, key = ''): string {
  const line = key + JSON.stringify(value);
  if (line.length <= width || !isRecord(value)) return line;
  const entries = Object.entries(value).map(([key, inner]) =>
    jsonText(inner, width - 2, `${JSON.stringify(key)}: `),
  );
  return `${key}{\n${indented(entries.join(',\n'))}\n}`;
}

const indented = (text: string): string => text.replaceAll(/^/gm, '  ');
