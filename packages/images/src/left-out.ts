/** Files in folders of images that are no images: counted and named, so that none is passed over in silence. */
import { basename, extname } from 'node:path';
import { type LeftOut, printableName } from '@adfw/core/plain';

const NAMED = 20;

/** @param paths of all files that were left out. */
export const countLeftOut = (paths: readonly string[]): LeftOut => ({
  count: paths.length,
  kinds: kindsOf(paths),
  files: paths.slice(0, NAMED),
});

/** `37 files that are no images (34 .heic, 3 .psd); the first is train/good/1.heic`. */
export function describeLeftOut({ count, kinds, files }: LeftOut): string {
  const first = printableName(files[0] ?? '');
  const what = count === 1 ? 'a file that is no image' : `${count} files that are no images`;
  return count === 1 ? `${what}, ${first}` : `${what} (${listKinds(kinds)}), the first is ${first}`;
}

/** `34 .heic and 3 .psd`, the most frequent first. */
export const describeKinds = (paths: readonly string[]): string => listKinds(kindsOf(paths));

/** Whether a file is of a kind that usually lies beside images, and is not meant as one: a label, a list, a note. */
export const isCompanion = (path: string): boolean =>
  COMPANION_ENDINGS.has(endingOf(path)) || COMPANION_NAMES.test(basename(path));

const COMPANION_ENDINGS = new Set(
  '.txt .json .jsonl .xml .csv .tsv .md .rst .yaml .yml .toml .ini .cfg .html .htm .log .pdf .rtf .doc .docx .xls .xlsx .xmp .aae .md5 .sha256 .py .ipynb .sh'.split(
    ' ',
  ),
);
const COMPANION_NAMES = /^(readme|licen[cs]e|copying|notice|authors|changelog|makefile)\b/i;

/** Kinds that a sentence names; the others are counted together. */
const KINDS_LISTED = 5;

function kindsOf(paths: readonly string[]): Record<string, number> {
  const kinds = new Map<string, number>();
  for (const path of paths) kinds.set(endingOf(path), (kinds.get(endingOf(path)) ?? 0) + 1);
  return Object.fromEntries([...kinds].sort(([, left], [, right]) => right - left));
}

const endingOf = (path: string): string => printableName(extname(path).toLowerCase());

function listKinds(kinds: Readonly<Record<string, number>>): string {
  const all = Object.entries(kinds);
  const listed = all
    .slice(0, KINDS_LISTED)
    .map(([ending, many]) => `${many} ${ending || 'without an ending'}`);
  const others = all.slice(KINDS_LISTED).reduce((sum, [, many]) => sum + many, 0);
  return [...listed, ...(others > 0 ? [`${others} others`] : [])].join(', ');
}
