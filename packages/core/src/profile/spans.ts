/**
 * What a program does at a time, for whoever wants to know: spans of work with names, one within another. Nobody is told unless there is an
 * observer, and then only of work that takes longer than telling: a batch, a program of the engine, a file.
 */

/** Ends the span that was begun. */
export type EndSpan = () => void;

export interface SpanObserver {
  /** Work that begins within what has begun and not ended. */
  begin(name: string): EndSpan;
  /** Work that goes on beside the rest, and beside others of its kind: an image that is read in another thread. */
  beginBeside(name: string): EndSpan;
}

let observer: SpanObserver | null = null;

/** @param next is told of all spans from now on; null for nobody. */
export function observeSpans(next: SpanObserver | null): void {
  observer = next;
}

/** Does `work`; the observer is told when it begins and ends. Two such works of a thread go on one within the other, not side by side. */
export async function spanned<T>(name: string, work: () => Promise<T>): Promise<T> {
  return whileSpanned(observer?.begin(name), work);
}

/** The same of work that goes on beside other work. */
export async function spannedBeside<T>(name: string, work: () => Promise<T>): Promise<T> {
  return whileSpanned(observer?.beginBeside(name), work);
}

async function whileSpanned<T>(end: EndSpan | undefined, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    end?.();
  }
}
