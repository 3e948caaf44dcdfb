import sharp from 'sharp';
import { expect, it } from 'vitest';
import { shortenedToWidth, textPath, textWidth } from './text-path.js';

/** The box around everything that is drawn. */
async function boxOf(text: string) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="60"><rect width="400" height="60" fill="#fff"/>${textPath(text, 20, 40, 20, '#000')}</svg>`;
  const { data, info } = await sharp(Buffer.from(svg))
    .greyscale()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const dark = [...data.keys()].filter((i) => i % info.channels === 0 && (data[i] as number) < 128);
  const columns = dark.map((i) => (i / info.channels) % 400);
  const rows = dark.map((i) => Math.floor(i / info.channels / 400));
  return {
    left: Math.min(...columns),
    right: Math.max(...columns),
    top: Math.min(...rows),
    bottom: Math.max(...rows),
  };
}

it('is drawn from x on, above the base line, as wide as it says', async () => {
  const box = await boxOf('HELLO');
  expect(box.left).toBeGreaterThanOrEqual(20);
  expect(box.left).toBeLessThan(24);
  expect(box.right).toBeLessThan(20 + textWidth('HELLO', 20));
  expect(box.right).toBeGreaterThan(20 + textWidth('HELLO', 20) - 4);
  expect(box.bottom).toBeLessThanOrEqual(40);
  expect(box.top).toBeGreaterThan(20);
});

it('has no <text>, which would need a font on the machine, and nothing of the text itself', () => {
  const svg = textPath('<script>"&', 0, 0, 10, '#000');
  expect(svg).not.toContain('<text');
  expect(svg).not.toContain('script');
});

it('draws letters with accents, Greek and Cyrillic ones, and a box for what the font lacks', async () => {
  const box = textPath('漢', 0, 0, 10, '#000');
  expect(box).toContain('<path');
  for (const character of 'äőλЖ≥…') expect(textPath(character, 0, 0, 10, '#000')).not.toBe(box);
  expect(textPath('a\u0308', 0, 0, 10, '#000')).toBe(textPath('ä', 0, 0, 10, '#000'));
});

it('is shortened from its beginning', () => {
  expect(shortenedToWidth('test/crack/003.jpg', 500, 14)).toBe('test/crack/003.jpg');
  const short = shortenedToWidth('a/very/long/path/test/crack/003.jpg', 100, 14);
  expect(short).toMatch(/^….*003\.jpg$/);
  expect(textWidth(short, 14)).toBeLessThanOrEqual(100);
  expect(shortenedToWidth('anything', 0, 14)).toBe('…');
});
