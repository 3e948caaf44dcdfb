import { describe, expect, it } from 'vitest';
import { listensOnLoopback, namesLoopback } from './loopback.js';

describe('listensOnLoopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.9.8.7', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['localhost', true],
    ['0.0.0.0', false],
    ['::', false],
    ['192.168.1.4', false],
    ['::ffff:10.0.0.1', false],
  ])('%s: %s', async (host, expected) => {
    expect(await listensOnLoopback(host)).toBe(expected);
  });

  it('refuses a name without an address', async () => {
    await expect(listensOnLoopback('no-such-host.invalid')).rejects.toThrow(
      /"no-such-host.invalid" has no address/,
    );
  });
});

describe('namesLoopback', () => {
  it.each([
    ['localhost', true],
    ['LOCALHOST', true],
    ['adfw.localhost', true],
    ['127.0.0.1', true],
    ['[::1]', true],
    ['localhost.evil.com', false],
    ['127.0.0.1.evil.com', false],
    ['evil.com', false],
    ['10.0.0.1', false],
    ['', false],
  ])('%s: %s', (name, expected) => {
    expect(namesLoopback(name)).toBe(expected);
  });
});
