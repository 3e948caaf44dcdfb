import { describe, expect, it } from 'vitest';
import type { HttpError } from '../http-error.js';
import { refuseForeignPages } from './browser-guard.js';

/** The status of the refusal, or 200. */
function statusFor(headers: Record<string, string>, allowed: string[] = []): number {
  try {
    refuseForeignPages(headers, allowed);
    return 200;
  } catch (error) {
    return (error as HttpError).status;
  }
}

describe('refuseForeignPages', () => {
  it.each([
    ['a program', { host: '127.0.0.1:8080' }, 200],
    ['a program that asks for localhost', { host: 'localhost' }, 200],
    ['the page itself', { host: 'localhost:8080', origin: 'http://localhost:8080' }, 200],
    ['an IPv6 address', { host: '[::1]:8080', origin: 'http://[::1]:8080' }, 200],
    ['a name that was made to point here', { host: 'evil.com:8080' }, 421],
    ['such a name, and its page', { host: 'evil.com', origin: 'http://evil.com' }, 421],
    ['no name', {}, 421],
    ['a name that is none', { host: '[' }, 421],
    ['a name with a user', { host: 'localhost@evil.com' }, 421],
    ['a page of another origin', { host: 'localhost:8080', origin: 'https://evil.com' }, 403],
    ['a sandboxed page', { host: 'localhost:8080', origin: 'null' }, 403],
    ['an image in a page of another site', { host: 'localhost:8080', 'sec-fetch-site': 'cross-site' }, 403],
  ] as [string, Record<string, string>, number][])('%s', (_, headers, status) => {
    expect(statusFor(headers)).toBe(status);
  });

  it('knows the names that it was told', () => {
    const allowed = ['inspect.example.com'];
    const origin = 'https://inspect.example.com';
    expect(statusFor({ host: 'inspect.example.com', origin }, allowed)).toBe(200);
    expect(statusFor({ host: '127.0.0.1:8080', origin }, allowed)).toBe(200);
    expect(statusFor({ host: 'other.example.com', origin }, allowed)).toBe(421);
  });
});
