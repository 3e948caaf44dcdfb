/**
 * The Trace Event Format, which Perfetto (https://ui.perfetto.dev) and Chromium (chrome://tracing) open: "Trace Event Format", Google 2016.
 */

/** A span on a line of its thread. */
export interface TraceSpan {
  readonly name: string;
  /** Which of {@link Trace.lines} it is on. */
  readonly line: number;
  /** Milliseconds. */
  readonly start: number;
  readonly duration: number;
}

export interface Trace {
  readonly process: string;
  /** What the lines are called, from the top; the spans of one lie within one another, or one after the other. */
  readonly lines: readonly string[];
  readonly spans: readonly TraceSpan[];
}

/** The file's text, an event a line; `pid` is any number. */
export function traceEvents({ process, lines, spans }: Trace, pid: number): string {
  const named = (what: string, tid: number, args: object) => ({ name: what, ph: 'M', pid, tid, args });
  const events = [
    named('process_name', 0, { name: process }),
    ...lines.flatMap((name, tid) => [
      named('thread_name', tid, { name }),
      named('thread_sort_index', tid, { sort_index: tid }),
    ]),
  ].map((event) => JSON.stringify(event));
  // One that lies within another of the same start comes after it.
  for (const { name, line, start, duration } of [...spans].sort(
    (a, b) => a.start - b.start || b.duration - a.duration,
  ))
    events.push(JSON.stringify({ name, ph: 'X', pid, tid: line, ts: micro(start), dur: micro(duration) }));
  return `{"displayTimeUnit":"ms","traceEvents":[\n${events.join(',\n')}\n]}\n`;
}

/** Whole nanoseconds, in microseconds. */
const micro = (milliseconds: number): number => Math.round(milliseconds * 1e6) / 1e3;
