import { DataError } from '@adfw/core';
import { badImageRemedy } from '@adfw/images';

/** So many are named. */
const NAMED = 5;

const REMEDY = badImageRemedy.trim().replace('Replace it', 'Replace them');

/** The message of an error about files that cannot be read, without what is to be done; null of any other error. */
export function badFilesFault(error: unknown): string | null {
  if (!(error instanceof DataError)) return null;
  const remedy = [badImageRemedy, `\n${REMEDY}`].find((ending) => error.message.endsWith(ending));
  return remedy === undefined ? null : error.message.slice(0, -remedy.length);
}

/** What is wrong with several files as one error, which names the first of them: they can be mended in one go. */
export function badFiles(faults: readonly [DataError, ...DataError[]]): DataError {
  const [first] = faults;
  if (faults.length === 1) return first;
  const named = faults.slice(0, NAMED).map(({ message }) => `  ${message.replace(badImageRemedy, '')}`);
  const more = faults.length > NAMED ? [`  and ${faults.length - NAMED} more.`] : [];
  const remedy = first.message.endsWith(badImageRemedy) ? [REMEDY] : [];
  return new DataError(
    [`${faults.length} images or masks cannot be used:`, ...named, ...more, ...remedy].join('\n'),
    { cause: first },
  );
}
