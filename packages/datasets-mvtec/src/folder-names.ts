/** What a folder's name says about the images in it, in the words that people use. */
import { ConfigurationError, foldedName } from '@adfw/core';

/** The folders of a category, and how else they are called. The first is the one of MVTec AD. */
const LAYOUT_WORDS = {
  train: ['train', 'training'],
  test: ['test', 'testing'],
  ground_truth: ['groundtruth', 'masks', 'mask', 'gt'],
} as const;

/** Nominal, and nothing else. `io` is German: in Ordnung. */
const NOMINAL_WORDS = new Set(['good', 'ok', 'okay', 'normal', 'nominal', 'pass', 'passed', 'io']);

const DEFECTIVE_WORDS = new Set(
  'bad ng nok nio ko fail failed defect defects defective anomaly anomalies anomalous abnormal reject rejected rejects faulty damaged notok notgood'.split(
    ' ',
  ),
);

/** Without case, blanks, and what joins words: `Ground Truth` and `ground-truth` are one. */
const wordOf = (name: string): string => foldedName(name).replace(/[\s._-]+/g, '');

export const isNominalName = (name: string): boolean => NOMINAL_WORDS.has(wordOf(name));

export const isDefectiveName = (name: string): boolean => DEFECTIVE_WORDS.has(wordOf(name));

/**
 * Whether a name reads as if its images were nominal without being one that says so: `good_parts`, `goood`, `non-defective`,
 * `gut`. To count them as defective would be as wrong as to take them for nominal.
 */
export function isDoubtfulName(name: string): boolean {
  if (isNominalName(name)) return false;
  const folded = foldedName(name);
  if (NO_DEFECT.test(folded)) return true;
  const words = folded.split(/[\s._-]+/);
  const saysNominal = words.some((word) => READS_NOMINAL.has(word) || isMistypedNominal(word));
  return saysNominal && !words.some((word) => NEGATIONS.has(word)) && !DEFECT.test(folded);
}

const READS_NOMINAL = new Set(['good', 'ok', 'okay', 'normal', 'nominal', 'gut']);
const NEGATIONS = new Set(['no', 'non', 'not', 'nicht', 'never', 'n', 'ab', 'un', 'without']);
const DEFECT = /defe[ck]t|anomal|damag|fault|flaw|fehler/;
const NO_DEFECT =
  /(^|[^\p{L}])(no|non|not|un|without|ohne|kein|keine)[\s._-]*(defe[ck]t|anomal|damag|fault|flaw|fehler)|(defe[ck]ts?|anomal(y|ies)|damage|fault|flaw|fehler)[\s._-]*(free|less|frei|los)/u;

/** One letter too many: `goood`, `normall`. One too few or another makes other words of it: `food`, `wood`. */
const isMistypedNominal = (word: string): boolean =>
  word.length > 4 && [...word].some((_, at) => NOMINAL_WORDS.has(word.slice(0, at) + word.slice(at + 1)));

type LayoutRole = keyof typeof LAYOUT_WORDS;

/** Whether a folder of this name plays a part in a category. */
export const isLayoutFolder = (role: LayoutRole, name: string): boolean =>
  (LAYOUT_WORDS[role] as readonly string[]).includes(wordOf(name));

/**
 * The folder that plays a part in a category, by its name: as MVTec AD calls it, or in other words.
 * @param names the folders there are.
 * @param where the folder they lie in, for errors.
 * @returns null where there is none.
 * @throws ConfigurationError where several may be meant.
 */
export function layoutFolder(role: LayoutRole, names: readonly string[], where: string): string | null {
  const spelledSo = names.filter((name) => wordOf(name) === LAYOUT_WORDS[role][0]);
  const candidates = spelledSo.length > 0 ? spelledSo : names.filter((name) => isLayoutFolder(role, name));
  return onlyOne(candidates, `the folder ${role}`, where);
}

/**
 * The folder of the nominal images, by its name.
 * @returns null where there is none.
 * @throws ConfigurationError where several may be meant, or one is called so that it may be.
 */
export function nominalFolder(names: readonly string[], where: string): string | null {
  const doubtful = names.find(isDoubtfulName);
  if (doubtful !== undefined)
    throw new ConfigurationError(
      `It is not certain whether the images in ${where}/${doubtful} are nominal; the folders there are ${listed(names)}. Call it good if they are, or by the kind of defect.`,
    );
  return onlyOne(names.filter(isNominalName), 'the folder of the nominal images', where);
}

function onlyOne(names: readonly string[], what: string, where: string): string | null {
  const [name, ...others] = names;
  if (others.length === 0) return name ?? null;
  throw new ConfigurationError(
    `It is not certain which is ${what} in ${where}: there are ${listed(names)}. Keep one of them under this name.`,
  );
}

/** Names as a message lists them: quoted, since a blank at an end cannot be seen otherwise. */
export const listed = (names: readonly string[]): string =>
  names.map((name) => JSON.stringify(name)).join(', ');
