import { expect, it } from 'vitest';
import { foldedName, normalizedName, printableName } from './normalized-name.js';

it('gives names that read the same one spelling', () => {
  expect(normalizedName('Gro\u0308\u00dfe ')).toBe('Gr\u00f6\u00dfe ');
  expect(foldedName(' Gro\u0308\u00dfe ')).toBe('gr\u00f6\u00dfe');
});

it('prints a name on one line, and nothing that a terminal obeys', () => {
  expect(printableName('a\nb\u001b[31m\u2028c \u00f6')).toBe('a\\u000ab\\u001b[31m\\u2028c \u00f6');
});
