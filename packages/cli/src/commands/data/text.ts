/** What `adfw data` prints. */
import type { AuditContents, AuditReport, DuplicatePair, RunEstimate } from '@adfw/audit';
import { count, formatScore, formatSeconds } from '../../shared/format.js';
import type { Colours } from '../../shared/streams.js';
import { formatTable } from '../../shared/table.js';
import { runCommand } from './request.js';

export interface AuditTextContext {
  /** Of the run that it would be; null where none can be. */
  readonly method: string | null;
  /** The page with the pictures, where one was written. */
  readonly page: string | null;
  readonly colours: Colours;
  readonly width: number;
}

/** So many of a list are shown; all of them are in the JSON. */
const SHOWN = 10;

export function auditText(report: AuditReport, context: AuditTextContext): string {
  const { contents, categories, layout } = report;
  const { bold, green, red, dim } = context.colours;
  const name = contents
    ? [contents.name, contents.category].filter((part) => part !== null).join(' / ')
    : null;
  const outcome = report.usable
    ? green(
        report.warnings.length > 0
          ? `can be trained on, with ${count(report.warnings.length, 'warning')}`
          : 'can be trained on',
      )
    : red('cannot be trained on as it is');
  const read =
    layout.dataset === null
      ? 'no layout that is known'
      : `${layout.fits ? 'read as' : 'nearest is'} the dataset "${layout.dataset}"${layout.by === 'folder' ? ', by what lies where' : ''}`;
  const command =
    layout.fits && context.method !== null ? [dim(runCommand(context.method, layout.flags))] : [];
  return [
    '',
    `${bold(name ?? 'This data')} ${outcome}: ${read}`,
    ...command,
    ...sentences('✘', report.errors, context, red),
    ...sentences('!', report.warnings, context, context.colours.yellow),
    ...sentences('·', report.notes, context, dim),
    ...(categories ? ['', categoryTable(categories, context)] : []),
    ...(contents ? contentsText(contents, context) : []),
    ...(context.page === null ? [] : ['', `  Page  ${context.page}: open it in a browser`]),
    '',
  ].join('\n');
}

const sentences = (
  mark: string,
  texts: readonly string[],
  { width }: AuditTextContext,
  colour: (text: string) => string,
): string[] =>
  texts.length === 0
    ? []
    : [
        '',
        formatTable(
          texts.map((text) => [colour(mark), text]),
          { indent: '  ', width },
        ),
      ];

function categoryTable(
  categories: NonNullable<AuditReport['categories']>,
  { width, colours: { dim } }: AuditTextContext,
): string {
  const rows = categories.map(({ name, counts, fault }) =>
    counts === null
      ? [name, '', '', '', fault ?? '']
      : [
          name,
          `${counts.train}`,
          `${counts.testGood}`,
          `${counts.testDefective}`,
          [
            counts.validation > 0 ? `${counts.validation} held out` : '',
            counts.unlabelled > 0 ? `${counts.unlabelled} without a label` : '',
          ]
            .filter(Boolean)
            .join(', '),
        ],
  );
  const table = formatTable([['Category', 'Train', 'Test good', 'Defective', ''].map(dim), ...rows], {
    align: ['left', 'right', 'right', 'right'],
    indent: '  ',
    width,
  });
  return `${table}\n\n  Look at one of them with --category ${categories[0]?.name ?? 'NAME'}; a run takes one, adfw bench all.`;
}

function contentsText(contents: AuditContents, context: AuditTextContext): string[] {
  const { bold, dim } = context.colours;
  const { width } = context;
  const section = (title: string, rows: readonly (readonly string[])[], total = rows.length): string[] =>
    rows.length === 0
      ? []
      : [
          '',
          `  ${bold(title)}`,
          formatTable(rows.slice(0, SHOWN), { indent: '    ', width }),
          ...(total > SHOWN ? [dim(`    and ${total - SHOWN} more, which --json has`)] : []),
        ];
  const { masks, unreadable, duplicates, suspicious, estimate } = contents;
  const maskRows = [
    ...masks.otherSize.map(({ id, fault }) => [id, shortFault(fault)]),
    ...masks.empty.map(({ id }) => [id, 'defective, and no pixel of its mask is marked']),
    ...masks.ofNominal.map(({ id, share }) => [id, `nominal, and its mask marks ${percent(share)} of it`]),
    ...masks.nearlyFull.map(({ id, share }) => [id, `its mask marks ${percent(share)} of it`]),
    ...masks.missing.map((id) => [id, 'defective, without a mask']),
    ...masks.withoutImage.map((file) => [file, 'a mask of no image']),
  ];
  return [
    '',
    kindTable(contents, context),
    ...filesText(contents, context),
    ...section(
      'Cannot be read',
      unreadable.map(({ id, what, fault }) => [what === 'mask' ? `mask of ${id}` : id, shortFault(fault)]),
    ),
    ...section('Masks', maskRows),
    ...section('Near-duplicates', duplicates.pairs.map(pairRow), duplicates.total),
    ...(suspicious && suspicious.images.length > 0
      ? [
          ...section(
            'Least nominal of the nominal images',
            suspicious.images.map(({ id, score }) => [id, formatScore(score)]),
          ),
          dim(
            `    distance from the others (median ${formatScore(suspicious.median)}), ${suspicious.network}; look at them before you trust it`,
          ),
        ]
      : []),
    ...(estimate ? estimateText(estimate, context) : []),
  ];
}

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

/** Without the paths, which the id tells. */
const shortFault = (fault: string): string =>
  fault
    .replace(/^.* cannot be read as an image: /s, '')
    .replace(
      /^The mask .* is (\d+x\d+) pixels but its image .* is (\d+x\d+)/s,
      'its mask is $1 pixels and it is $2',
    );

const pairRow = ({ one, other, kind, exact, similarity }: DuplicatePair): string[] => [
  one,
  other,
  `${exact ? 'one file' : similarity.toFixed(3)}, ${pairNames[kind]}`,
];

const pairNames = {
  'train-test': 'learnt and tested',
  contradictory: 'good and defective',
  train: 'both learnt',
  test: 'both tested',
} as const;

function kindTable({ kinds }: AuditContents, { colours: { dim }, width }: AuditTextContext): string {
  const rows = kinds.map(({ split, kind, images, groups, views }, index) => [
    kinds[index - 1]?.split === split ? '' : split,
    kind ?? 'without a label',
    `${images}`,
    dim(
      [groups === null ? '' : count(groups, 'group'), views === null ? '' : count(views, 'view')]
        .filter(Boolean)
        .join(', '),
    ),
  ]);
  return formatTable(rows, { align: ['left', 'left', 'right'], indent: '  ', width });
}

function filesText({ files, masks }: AuditContents, { width }: AuditTextContext): string[] {
  const several = (texts: readonly string[]) =>
    texts.length > 4 ? `${texts.slice(0, 3).join(', ')} and ${texts.length - 3} more` : texts.join(', ');
  const rows = [
    ...(files.sizes.length > 0
      ? [
          [
            'Sizes',
            several(files.sizes.map(({ width, height, images }) => `${width}x${height} (${images})`)),
          ],
          [
            'Files',
            `${several(files.formats.map(({ format, images }) => `${format} (${images})`))}; ${(files.bytes / 2 ** 20).toFixed(1)} MiB`,
          ],
          [
            'Samples',
            several(
              files.samples.map(
                ({ colors, alpha, bits, images }) =>
                  `${colors}${alpha ? ' and alpha' : ''}, ${count(bits, 'bit')} (${images})`,
              ),
            ),
          ],
        ]
      : []),
    ['Masks', masks.masked === 0 ? 'none' : `of ${count(masks.masked, 'image')}`],
  ];
  return ['', formatTable(rows, { indent: '  ', width })];
}

function estimateText(
  { method, images, tiles, stages, featurePasses, seconds, cache, notes }: RunEstimate,
  { width, colours: { bold, dim } }: AuditTextContext,
): string[] {
  const { reading, fitting, scoring } = seconds;
  const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  const rows = [
    [
      'Images',
      `${images.train} to fit to, ${images.heldOut} held out, ${images.scored} scored${tiles > 1 ? `; each in ${tiles} tiles` : ''}`,
    ],
    ...(featurePasses > 0 ? [['Feature passes', `${featurePasses} images through the frozen network`]] : []),
    [
      'Time',
      `about ${formatSeconds(reading + fitting + (scoring ?? 0))}: reading ${formatSeconds(reading)}, fitting ${formatSeconds(fitting)}${scoring === null ? '' : `, scoring ${formatSeconds(scoring)}`}`,
    ],
    ...stages.flatMap(({ name, epochs, steps, seconds }) =>
      stages.length > 1 || epochs !== null
        ? [
            [
              dim(`  ${name}`),
              dim(
                `${formatSeconds(seconds)}${epochs === null ? '' : `: ${count(epochs, 'epoch')}, ${count(steps ?? 0, 'step')}`}`,
              ),
            ],
          ]
        : [],
    ),
    [
      'Memory kept',
      `${mebibytes(cache.images)} of images and ${mebibytes(cache.features)} of features, of at most ${mebibytes(cache.limit)}`,
    ],
    ...notes.map((note) => ['', note]),
  ];
  return [
    '',
    `  ${bold(`A run of ${method}, on this machine`)}`,
    formatTable(rows, { indent: '    ', width }),
  ];
}
