import { describe, expect, it, vi } from 'vitest';
import { type CachedSession, SessionCache } from './session-cache.js';

function fakeSession(frozen: number[] = []): CachedSession {
  const metadata = { inputMetadata: [], outputMetadata: [] };
  const session = {
    dispose: vi.fn(),
    loadModel: vi.fn(),
    run: vi.fn(() => ({})),
    endProfiling: vi.fn(),
    ...metadata,
  };
  return { session, resultLayouts: [], frozen };
}
const isDisposed = ({ session }: CachedSession) => vi.mocked(session.dispose).mock.calls.length > 0;

/** A cache, and functions that ask for the session of a key: once, or twice, after which it is kept. */
function cacheOf(capacity: number) {
  const cache = new SessionCache(capacity);
  const created: CachedSession[] = [];
  const get = (key: string, frozen?: number[]) =>
    cache.get(key, () => {
      created.push(fakeSession(frozen));
      return created.at(-1) as CachedSession;
    });
  const keep = (key: string, frozen?: number[]) => {
    get(key, frozen);
    return get(key, frozen);
  };
  return { cache, created, get, keep };
}

describe('the session cache', () => {
  it('keeps what runs twice in a row', () => {
    const { get, created } = cacheOf(4);
    const first = get('a');
    expect(get('a')).toBe(first);
    get('b');
    expect(get('a')).toBe(first);
    expect(created.length).toBe(2);
  });

  it('lets go of what ran once when another is compiled, and keeps it the second time it comes', () => {
    const { get } = cacheOf(4);
    const once = get('a');
    get('b');
    expect(isDisposed(once)).toBe(true);
    const again = get('a');
    expect(again).not.toBe(once);
    get('c');
    expect(get('a')).toBe(again);
  });

  it('keeps what is new while others run that are there', () => {
    const { get, keep } = cacheOf(4);
    keep('a');
    const step = get('b');
    get('a');
    expect(get('b')).toBe(step);
  });

  it('drops the one that was used longest ago', () => {
    const { cache, get, keep } = cacheOf(2);
    const sessions = ['a', 'b'].map((key) => keep(key));
    get('a');
    get('c');
    expect(sessions.map(isDisposed)).toEqual([false, true]);
    expect(cache.size).toBe(2);
  });

  it('drops the sessions that hold a frozen value, and no others', () => {
    const { cache, keep } = cacheOf(4);
    const holds = keep('a', [1, 2]);
    const free = keep('b', [2, 3]);
    cache.dropFrozen(1);
    expect([holds, free].map(isDisposed)).toEqual([true, false]);
  });
});
