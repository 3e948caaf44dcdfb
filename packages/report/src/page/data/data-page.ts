/** What was found in a data set, with pictures. */
import type { AuditContents, AuditReport } from '@adfw/audit';
import {
  type DataCard,
  type DataDocument,
  type DataSection,
  dataSections,
} from '../../data/data-document.js';
import { unfolding } from '../details.js';
import { element } from '../shared/elements.js';
import { count, formatSeconds } from '../shared/format.js';

export function dataPage({ report, pictures }: DataDocument): Node[] {
  const { contents } = report;
  return [
    header(report),
    ...(report.categories ? [categoriesOf(report.categories)] : []),
    ...dataSections(report).map((section) => sectionOf(section, pictures)),
    element(
      'section',
      { class: 'details' },
      ...(contents ? [...details(contents)] : []),
      unfolding('All that was found', element('pre', { tabindex: 0 }, JSON.stringify(report, null, 2))),
    ),
  ];
}

function header(report: AuditReport): HTMLElement {
  const { contents, layout, usable, errors, warnings, notes } = report;
  const name = [contents?.name ?? 'This data', contents?.category].filter(Boolean).join(' / ');
  return element(
    'header',
    { class: 'verdict' },
    element('p', { class: 'run-name' }, `adfw data, dataset ${layout.dataset ?? 'unknown'}`),
    element('h1', {}, `${name} ${usable ? 'can be trained on' : 'cannot be trained on as it is'}`),
    ...(contents ? [tiles(contents)] : []),
    ...list('cost error', errors),
    ...list('cost', warnings),
    ...(notes.length > 0
      ? [element('ul', { class: 'notes' }, ...notes.map((note) => element('li', {}, note)))]
      : []),
  );
}

const categoriesOf = (categories: NonNullable<AuditReport['categories']>): HTMLElement =>
  element(
    'section',
    { class: 'findings' },
    element('h2', {}, `Categories (${categories.length})`),
    tableOf(
      ['Category', 'Train', 'Test good', 'Defective', ''],
      categories.map(({ name, counts, fault }) => [
        name,
        `${counts?.train ?? '–'}`,
        `${counts?.testGood ?? '–'}`,
        `${counts?.testDefective ?? '–'}`,
        fault ?? '',
      ]),
    ),
  );

const list = (name: string, sentences: readonly string[]): HTMLElement[] =>
  sentences.map((sentence) => element('p', { class: name }, sentence));

function tiles({ counts, files, masks }: AuditContents): HTMLElement {
  const { train, validation, testGood, testDefective, unlabelled } = counts;
  const [size] = files.sizes;
  const tile = (name: string, value: string, note: string) =>
    element(
      'div',
      { class: 'tile' },
      element('span', {}, name),
      element('b', {}, value),
      element('small', {}, note),
    );
  return element(
    'div',
    { class: 'tiles' },
    tile(
      'To train on',
      `${train}`,
      validation > 0 ? `${count(validation, 'image')} held out` : 'nominal images',
    ),
    tile('Good, to test with', `${testGood}`, unlabelled > 0 ? `${unlabelled} without a label beside` : ''),
    tile('Defective', `${testDefective}`, masks.masked > 0 ? 'with masks' : 'without masks'),
    ...(size
      ? [
          tile(
            files.sizes.length > 1 ? 'Sizes' : 'Size',
            files.sizes.length > 1 ? `${files.sizes.length}` : `${size.width}x${size.height}`,
            files.sizes.length > 1
              ? `most ${size.width}x${size.height} (${size.images})`
              : files.formats.map(({ format }) => format).join(', '),
          ),
        ]
      : []),
  );
}

function sectionOf(
  { title, note, cards, total }: DataSection,
  pictures: DataDocument['pictures'],
): HTMLElement {
  const shown = total > cards.length ? `${cards.length} of ${total} are shown. ` : '';
  return element(
    'section',
    { class: 'findings' },
    element('h2', {}, `${title} (${total})`),
    element('p', { class: 'note' }, `${shown}${note}`),
    element('ul', { class: 'finding-cards' }, ...cards.map((card) => cardOf(card, pictures))),
  );
}

const cardOf = ({ pictures: names, text }: DataCard, pictures: DataDocument['pictures']): HTMLElement =>
  element(
    'li',
    { class: `finding of-${Math.min(names.length, 2)}` },
    element(
      'div',
      { class: 'side-by-side' },
      ...names.map(({ key, name }) => {
        const picture = pictures[key];
        return element(
          'figure',
          {},
          element(
            'span',
            { class: 'frame' },
            picture
              ? element('img', {
                  src: `data:image/webp;base64,${picture.data}`,
                  width: picture.width,
                  height: picture.height,
                  alt: name,
                  loading: 'lazy',
                })
              : element('span', { class: 'no-picture' }, 'no picture'),
          ),
          element('figcaption', { class: 'name' }, name),
        );
      }),
    ),
    element('p', { class: 'caption' }, text),
  );

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const row = (tag: 'th' | 'td', cells: readonly string[]) =>
    element('tr', {}, ...cells.map((cell) => element(tag, {}, cell)));
  return element(
    'div',
    { class: 'wide' },
    element(
      'table',
      {},
      element('thead', {}, row('th', head)),
      element('tbody', {}, ...rows.map((cells) => row('td', cells))),
    ),
  );
}

function* details({ kinds, files, unreadable, estimate }: AuditContents): Generator<HTMLElement> {
  if (unreadable.length > 0)
    yield unfolding(
      `Cannot be read (${unreadable.length})`,
      tableOf(
        ['Image', 'What', 'Why'],
        unreadable.map(({ id, what, fault }) => [id, what, fault]),
      ),
    );
  yield unfolding(
    'Images by split and kind',
    tableOf(
      ['Split', 'Kind', 'Images', 'Groups', 'Views'],
      kinds.map(({ split, kind, images, groups, views }) => [
        split,
        kind ?? 'without a label',
        `${images}`,
        `${groups ?? '–'}`,
        `${views ?? '–'}`,
      ]),
    ),
  );
  if (files.sizes.length > 0)
    yield unfolding(
      'Sizes, formats and samples',
      tableOf(
        ['What', 'Images'],
        [
          ...files.sizes.map(({ width, height, images }) => [`${width}x${height}`, `${images}`]),
          ...files.formats.map(({ format, images }) => [format, `${images}`]),
          ...files.samples.map(({ colors, alpha, bits, images }) => [
            `${colors}${alpha ? ' and alpha' : ''}, ${bits} bits`,
            `${images}`,
          ]),
        ],
      ),
    );
  if (estimate)
    yield unfolding(
      `A run of ${estimate.method}`,
      tableOf(
        ['What', 'Seconds'],
        [
          ['Reading', formatSeconds(estimate.seconds.reading)],
          ...estimate.stages.map(({ name, epochs, seconds }) => [
            epochs === null ? name : `${name}, ${count(epochs, 'epoch')}`,
            formatSeconds(seconds),
          ]),
          ['Scoring', estimate.seconds.scoring === null ? '–' : formatSeconds(estimate.seconds.scoring)],
        ],
      ),
    );
}
