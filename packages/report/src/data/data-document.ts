/** What the page of a data set holds: what was found in it, and pictures of what that speaks of. */
import type { AuditReport } from '@adfw/audit';

export interface DataDocument {
  readonly report: AuditReport;
  /** By {@link imageKey} and {@link maskKey}; missing where it cannot be drawn. */
  readonly pictures: Readonly<Record<string, DataPicture>>;
}

export interface DataPicture {
  readonly width: number;
  readonly height: number;
  /** WebP, base64. */
  readonly data: string;
}

/** @param id of a sample. */
export const imageKey = (id: string): string => `image ${id}`;
/** @param file path of a mask. */
export const maskKey = (file: string): string => `mask ${file}`;

/** So many of each kind are shown. */
export const MOST_SHOWN = 60;

/** What a card shows: pictures side by side, and what is said of them. */
export interface DataCard {
  readonly pictures: readonly { readonly key: string; readonly name: string }[];
  readonly text: string;
}

export interface DataSection {
  readonly title: string;
  /** What it means, a sentence or two. */
  readonly note: string;
  readonly cards: readonly DataCard[];
  /** How many there are, of which the first are shown. */
  readonly total: number;
}

const image = (id: string) => ({ key: imageKey(id), name: id });
const mask = (file: string) => ({ key: maskKey(file), name: file });

const duplicateNames = {
  'train-test': 'a training and a test image',
  train: 'two nominal images to learn from',
  test: 'two test images',
  contradictory: 'a good and a defective test image',
} as const;

/** The sections that have something to show. */
export function dataSections({ contents }: AuditReport): DataSection[] {
  if (contents === null) return [];
  const { duplicates, masks, suspicious } = contents;
  const share = (part: number) => `${Number((100 * part).toPrecision(2))} %`;
  const sections: DataSection[] = [
    {
      title: 'Near-duplicates',
      note: 'Copies of one image, or one thing photographed twice. A test image that was learnt from scores lower than a new one does; of two nominal ones, one may be held out while the other is learnt.',
      total: duplicates.total,
      cards: duplicates.pairs.slice(0, MOST_SHOWN).map(({ one, other, kind, exact, similarity }) => ({
        pictures: [image(one), image(other)],
        text: `${duplicateNames[kind]}, ${exact ? 'copies of one file' : `similarity ${similarity.toFixed(3)}`}`,
      })),
    },
    maskSection(
      'Masks of another size',
      'A mask has the size of its image.',
      masks.otherSize,
      ({ id, file, fault }) => ({
        pictures: [image(id), mask(file)],
        text: fault,
      }),
    ),
    maskSection(
      'Defective images with empty masks',
      'Nothing of them is marked: what is defective about them counts as nominal pixels.',
      masks.empty,
      ({ id, files }) => ({ pictures: [image(id), ...files.map(mask)], text: 'no pixel is marked' }),
    ),
    maskSection(
      'Nominal images with marked pixels',
      'Either the label or the mask is wrong.',
      masks.ofNominal,
      ({ id, files, share: marked }) => ({
        pictures: [image(id), ...files.map(mask)],
        text: `${share(marked)} are marked`,
      }),
    ),
    maskSection(
      'Masks of nearly all of their image',
      'One defect may fill its image; inverted masks look so, too.',
      masks.nearlyFull,
      ({ id, files, share: marked }) => ({
        pictures: [image(id), ...files.map(mask)],
        text: `${share(marked)} are marked`,
      }),
    ),
    maskSection('Masks of no image', 'Nothing is measured with them.', masks.withoutImage, (file) => ({
      pictures: [mask(file)],
      text: file,
    })),
    maskSection(
      'Defective images without a mask',
      'Others have one; pixels of these are not measured.',
      masks.missing,
      (id) => ({ pictures: [image(id)], text: 'no mask' }),
    ),
    {
      title: 'Least nominal of the nominal images',
      note: suspicious
        ? `By their distance from the others (${suspicious.network}; median ${suspicious.median.toPrecision(4)}, of ${suspicious.compared} images). It says that they differ, not that they are defective.`
        : '',
      total: suspicious?.images.length ?? 0,
      cards: (suspicious?.images ?? []).slice(0, MOST_SHOWN).map(({ id, score }) => ({
        pictures: [image(id)],
        text: `distance ${score.toPrecision(4)}`,
      })),
    },
  ];
  return sections.filter(({ cards }) => cards.length > 0);
}

const maskSection = <T>(
  title: string,
  note: string,
  items: readonly T[],
  card: (item: T) => DataCard,
): DataSection => ({ title, note, total: items.length, cards: items.slice(0, MOST_SHOWN).map(card) });
