/**
 * Text as outlines for SVG, from a font that comes with this package: pictures look the same on every machine, also in a
 * container that has no font at all.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import opentype from 'opentype.js';

const fontFile = '@fontsource/dejavu-sans/files/dejavu-sans-latin-400-normal.woff';

let loaded: opentype.Font | undefined;
function font(): opentype.Font {
  if (!loaded) {
    const { buffer, byteOffset, byteLength } = readFileSync(createRequire(import.meta.url).resolve(fontFile));
    loaded = opentype.parse(buffer.slice(byteOffset, byteOffset + byteLength));
  }
  return loaded;
}

interface Glyph {
  /** SVG path data in the font's units, with its origin on the base line. */
  readonly outline: string;
  /** How far the next one is to the right, in the font's units. */
  readonly advance: number;
}

const known = new Map<string, Glyph>();
function glyphOf(character: string): Glyph {
  let glyph = known.get(character);
  if (!glyph) {
    const parsed = font().charToGlyph(character);
    const outline = parsed.getPath(0, 0, font().unitsPerEm).toPathData(0);
    glyph = { outline, advance: parsed.advanceWidth ?? 0 };
    known.set(character, glyph);
  }
  return glyph;
}

// Composed, since macOS gives names of files with accents apart. Glyph by glyph: ligatures and kerning don't matter here, and the
// parser does not know all of this font's rules for them.
const glyphs = (text: string) => Array.from(text.normalize('NFC'), glyphOf);

/** Width in pixels of a line of text. */
export const textWidth = (text: string, size: number): number =>
  glyphs(text).reduce((sum, { advance }) => sum + advance, 0) * (size / font().unitsPerEm);

/** SVG of a line of text that starts at x on the base line y; characters the font lacks are boxes. */
export function textPath(text: string, x: number, y: number, size: number, color: string): string {
  let pen = 0;
  const paths = glyphs(text).map(({ outline, advance }) => {
    const path = outline && `<path transform="translate(${pen})" d="${outline}"/>`;
    pen += advance;
    return path;
  });
  const scale = size / font().unitsPerEm;
  return `<g transform="translate(${x} ${y}) scale(${scale})" fill="${color}">${paths.join('')}</g>`;
}

/** The text, with an ellipsis in place of its beginning where it is wider than `width` pixels: the end of a path says more. */
export function shortenedToWidth(text: string, width: number, size: number): string {
  if (textWidth(text, size) <= width) return text;
  const characters = Array.from(text);
  while (characters.length > 0 && textWidth(`…${characters.join('')}`, size) > width) characters.shift();
  return `…${characters.join('')}`;
}
