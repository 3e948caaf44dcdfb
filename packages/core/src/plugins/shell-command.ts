/** A command that can be copied into a shell. */
export const shellCommand = (words: readonly string[]): string =>
  words
    .map((word) => (/^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
