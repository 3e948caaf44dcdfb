import type { Prediction } from '@adfw/runner';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { predictionTable } from './text.js';

const prediction = (image: string, score: number): Prediction => ({
  image,
  score,
  normalizedScore: score / 100,
  threshold: 50,
  verdict: score >= 50 ? 'defective' : 'nominal',
});
const tableOf = (images: readonly string[]) => predictionTable(images, 'deployed', pc.createColors(false));

describe('the table of predictions', () => {
  it('has its columns where the longest name puts them, before that name has its turn', () => {
    const { header, row, unread } = tableOf(['a.png', '\u{4e2d}\u{6587}.png', 'long-name.png']);
    expect([header, row(prediction('a.png', 12.5)), unread('long-name.png')]).toEqual([
      'image             score  normalised  verdict',
      'a.png             12.50       0.125  nominal',
      'long-name.png         -           -  cannot be scored',
    ]);
    // Two columns a character.
    expect(row(prediction('\u{4e2d}\u{6587}.png', 75))).toBe(
      '\u{4e2d}\u{6587}.png          75.00       0.750  defective',
    );
  });

  it('has a line an image, whatever an image is called', () => {
    const name = 'a\nb\u001b[2J.png';
    const { row } = tableOf([name]);
    expect(row(prediction(name, 75))).toBe('a\\u000ab\\u001b[2J.png     75.00       0.750  defective');
  });
});
