import type { Layout } from './layout.js';
import type { NativeSession } from './ort-binding.js';

/** What was compiled, by the key of its program: the most recently used stay. */
export interface CachedSession {
  readonly session: NativeSession;
  readonly resultLayouts: readonly Layout[];
  /** The frozen values that are part of the session. */
  readonly frozen: readonly number[];
}

export class SessionCache {
  // A Map iterates in the order of insertion: the first entry is the least recently used one.
  private readonly sessions = new Map<string, CachedSession>();

  constructor(private readonly capacity: number) {}

  [Symbol.iterator](): IterableIterator<CachedSession> {
    return this.sessions.values();
  }

  get size(): number {
    return this.sessions.size;
  }

  get(key: string, create: () => CachedSession): CachedSession {
    let cached = this.sessions.get(key);
    if (cached) {
      this.sessions.delete(key);
    } else {
      cached = create();
      for (const oldest of this.sessions.keys()) {
        if (this.sessions.size < this.capacity) break;
        this.drop(oldest);
      }
    }
    this.sessions.set(key, cached);
    return cached;
  }

  /** Drops the sessions that hold a frozen value. */
  dropFrozen(frozen: number): void {
    for (const [key, cached] of this.sessions) if (cached.frozen.includes(frozen)) this.drop(key);
  }

  clear(): void {
    for (const key of [...this.sessions.keys()]) this.drop(key);
  }

  private drop(key: string): void {
    this.sessions.get(key)?.session.dispose();
    this.sessions.delete(key);
  }
}
