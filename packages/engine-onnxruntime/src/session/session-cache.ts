import type { Layout } from '../layout.js';
import type { NativeSession } from './ort-binding.js';

/** What was compiled. */
export interface CachedSession {
  readonly session: NativeSession;
  readonly resultLayouts: readonly Layout[];
  /** The frozen values that are part of the session. */
  readonly frozen: readonly number[];
}

/**
 * Compiled programs by their keys; the most recently used stay.
 *
 * A session keeps the memory that its tensors took, for its next run. So one whose program is new is only on trial: it goes
 * when another one is compiled before it has run twice, and stays when its program comes a second time. Of what runs once (the
 * last, smaller batches of a data set) one at most then holds memory.
 */
export class SessionCache {
  // A Map iterates in the order of insertion: the first entry is the least recently used one.
  private readonly sessions = new Map<string, CachedSession>();
  private readonly known = new Set<string>();
  private onTrial: string | null = null;

  constructor(private readonly capacity: number) {}

  [Symbol.iterator](): IterableIterator<CachedSession> {
    return this.sessions.values();
  }

  get size(): number {
    return this.sessions.size;
  }

  get(key: string, create: () => CachedSession): CachedSession {
    if (this.onTrial === key) this.onTrial = null;
    let cached = this.sessions.get(key);
    if (cached) {
      this.sessions.delete(key);
    } else {
      if (this.onTrial !== null) this.drop(this.onTrial);
      this.onTrial = null;
      for (const oldest of this.sessions.keys()) {
        if (this.sessions.size < this.capacity) break;
        this.drop(oldest);
      }
      cached = create();
      if (!this.known.has(key)) this.onTrial = key;
      this.known.add(key);
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
