import { describe, expect, it } from 'vitest';
import { coloursFor, divertStdout } from './streams.js';

describe('coloursFor', () => {
  const isColoured = (isTTY: boolean, env: NodeJS.ProcessEnv) => coloursFor({ isTTY }, env).isColorSupported;

  it('colours terminals only', () => {
    expect(isColoured(true, {})).toBe(true);
    expect(isColoured(false, {})).toBe(false);
    expect(isColoured(false, { CI: 'true' })).toBe(false);
    expect(isColoured(true, { TERM: 'dumb' })).toBe(false);
  });

  it('honours NO_COLOR and FORCE_COLOR', () => {
    expect(isColoured(true, { NO_COLOR: '1' })).toBe(false);
    expect(isColoured(false, { FORCE_COLOR: '1' })).toBe(true);
    expect(isColoured(true, { FORCE_COLOR: '0' })).toBe(false);
    expect(isColoured(true, { NO_COLOR: '', FORCE_COLOR: '' })).toBe(true);
  });
});

describe('divertStdout', () => {
  it('sends stdout to stderr until it is undone', () => {
    const written: string[] = [];
    const { write } = process.stderr;
    process.stderr.write = (text: string | Uint8Array) => written.push(String(text)) > 0;
    const before = process.stdout.write;
    const restore = divertStdout();
    try {
      process.stdout.write('noise');
    } finally {
      restore();
      process.stderr.write = write;
    }
    expect(written).toEqual(['noise']);
    expect(process.stdout.write).toBe(before);
  });
});
