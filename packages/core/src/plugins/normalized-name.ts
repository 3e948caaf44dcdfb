/**
 * A name in one spelling: an `ö` may be one character or, as macOS stores it, an `o` and two dots. For comparing; to open a file
 * takes its name as the system has it.
 */
export const normalizedName = (name: string): string => name.normalize('NFC');

/** A name as one line of text: with a line break or another control character in it, a message could say anything. */
export const printableName = (name: string): string =>
  name.replace(
    /[\p{Cc}\u2028\u2029]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** A name without all that people and systems write differently: case and blanks around it as well. */
export const foldedName = (name: string): string => normalizedName(name).trim().toLowerCase();
