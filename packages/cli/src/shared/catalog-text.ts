/** Methods and parts, as lists and in detail, for a person. */
import { describeSchema, type JsonSchema, type PartKind, partSlots } from '@adfw/core';
import type { CatalogEntry, Description, MethodDescription, PartDescription } from './catalog.js';
import type { Colours } from './streams.js';
import { formatTable } from './table.js';

interface Style {
  colours: Colours;
  width: number;
}

const headings: Record<CatalogEntry['kind'], string> = {
  method: 'Methods',
  backbone: 'Backbones (teacher, student)',
  loss: 'Losses',
  score: 'Scores',
  threshold: 'Thresholds (threshold, deployedThreshold)',
  dataset: 'Datasets',
  optimizer: 'Optimizers (training.optimizer)',
};

export function catalogText(entries: readonly CatalogEntry[], { colours, width }: Style): string {
  const { bold, cyan, dim } = colours;
  const longest = Math.max(...entries.map(({ name }) => name.length));
  const sections = Object.entries(headings).flatMap(([kind, heading]) => {
    const rows = entries
      .filter((entry) => entry.kind === kind)
      .map(({ name, summary, plugin }) => [cyan(name.padEnd(longest)), `${summary} ${dim(`(${plugin})`)}`]);
    return rows.length > 0 ? [`${bold(heading)}\n${formatTable(rows, { indent: '  ', width })}\n`] : [];
  });
  return `${sections.join('\n')}\nadfw describe NAME shows the options of one.`;
}

export function descriptionText(description: Description, style: Style): string {
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
    ...(kind === 'method' ? methodDetails(description, style) : partDetails(description, style)),
  ].join('\n');
}

function methodDetails({ name, preset }: MethodDescription, { colours }: Style): string[] {
  return [
    colours.bold('Preset'),
    JSON.stringify(preset, null, 2),
    '',
    colours.bold('Use'),
    `  adfw run --method ${name} --data DIR`,
  ];
}

function partDetails(part: PartDescription, { colours, width }: Style): string[] {
  const { properties, required } = part.options;
  const rows = Object.entries(properties).map(([name, schema]) => [
    colours.cyan(name),
    describeSchema(schema),
    required.includes(name) ? 'required' : JSON.stringify(schema.default),
    String(schema.description ?? ''),
  ]);
  const header = ['option', 'must be', 'default', ''].map(colours.dim);
  return [
    colours.bold('Options'),
    rows.length > 0 ? formatTable([header, ...rows], { indent: '  ', width }) : '  none',
    '',
    colours.bold('In an experiment'),
    `  ${JSON.stringify(sample(part))}`,
    '',
    colours.bold('On the command line'),
    `  --set ${slotOf(part.kind)}.type=${part.name}`,
  ];
}

const slotOf = (kind: PartKind): string =>
  Object.entries(partSlots).find(([, slotKind]) => slotKind === kind)?.[0] ?? kind;

/** The smallest experiment that uses a part with its defaults spelt out. */
function sample({ kind, name, options }: PartDescription): unknown {
  const { properties } = options;
  const defaults = Object.fromEntries(
    Object.entries(properties).map(([option, schema]) => [option, exampleOf(schema)]),
  );
  return slotOf(kind)
    .split('.')
    .reduceRight<unknown>((inner, key) => ({ [key]: inner }), { type: name, ...defaults });
}

const exampleOf = (schema: JsonSchema): unknown =>
  schema.default !== undefined ? schema.default : schema.format === 'path' ? 'DIR' : '…';
