/**
 * Where time goes, of spans that lie within one another: the self time of a span is its own duration less that of the spans directly
 * within it. The self times of a span and of all that lies within it so add up to its duration: nothing is counted twice, nothing left out.
 */

/** Of all spans of a name, in milliseconds. */
export interface SelfTime {
  readonly self: number;
  /** How many there were. */
  readonly times: number;
}

export interface SelfTimes {
  /** @returns what ends the span at a time; once it, or one that it lies in, has ended, nothing more. */
  begin(name: string, at: number): (at: number) => void;
  /** Of the spans that have ended, by name. */
  totals(): ReadonlyMap<string, SelfTime>;
}

interface OpenSpan {
  readonly name: string;
  readonly start: number;
  /** Milliseconds of it that others have counted. */
  counted: number;
}

/**
 * @param counts whether spans of a name are counted; the time of others belongs to what they lie in.
 * @param onEnd is given each span that has ended, also those that are not counted.
 */
export function selfTimes(
  counts: (name: string) => boolean = () => true,
  onEnd: (name: string, start: number, end: number) => void = () => {},
): SelfTimes {
  const open: OpenSpan[] = [];
  const totals = new Map<string, SelfTime>();
  function endLast(at: number): void {
    const { name, start, counted } = open.pop() as OpenSpan;
    const within = open.at(-1);
    if (counts(name)) {
      const { self, times } = totals.get(name) ?? { self: 0, times: 0 };
      totals.set(name, { self: self + at - start - counted, times: times + 1 });
      if (within) within.counted += at - start;
    } else if (within) within.counted += counted;
    onEnd(name, start, at);
  }
  return {
    begin(name, at) {
      const span: OpenSpan = { name, start: at, counted: 0 };
      open.push(span);
      return (at) => {
        const place = open.lastIndexOf(span);
        // What has begun within it and was left, as by an error, ends with it.
        if (place >= 0) while (open.length > place) endLast(at);
      };
    },
    totals: () => totals,
  };
}
