/** Where the time of a run goes: a table, and a trace of what was done when. */
import { join } from 'node:path';
import { observeSpans } from '@adfw/core';
import type { EngineInfo } from '../engine.js';
import { writeFile } from '../files/atomic-file.js';
import { refuseReplacing } from '../files/replaceable.js';
import { selfTimes } from './self-times.js';
import { type TraceSpan, traceEvents } from './trace-events.js';

/**
 * What is told apart, in the order in which it comes about. Spans of other names, those of a plugin say, are seen in the trace, and their
 * time is that of the part which they lie in.
 */
export const profileParts = [
  /** Networks and the list of images. */
  'loading',
  /** All images and masks once, before anything else, and masks again. */
  'reading images',
  /** The engine has nothing to do until images are read. */
  'waiting for images',
  /** Of a pretrained network that does not change. */
  'features',
  /** What a model makes of all nominal images together. */
  'gathering',
  'augmentation',
  'training steps',
  /** Held-out images after an epoch, and statistics of batch normalisation. */
  'validation',
  /** The engine makes a session of a recorded program. */
  'compiling',
  'scoring',
  'evaluation',
  /** Overlays and anomaly maps, and of these the pictures of the report. */
  'pictures',
  'report',
  /** Checkpoints, the model, scores, what is kept for the evaluation. */
  'writing',
] as const;
export type ProfilePart = (typeof profileParts)[number] | 'rest';

/** `profile.json`. The seconds of the parts add up to those of the whole. */
export interface RunProfile {
  /** From when the engine had started until the end. */
  readonly seconds: number;
  /** Those that there were, and at last the rest. */
  readonly parts: readonly {
    readonly part: ProfilePart;
    readonly seconds: number;
    /** Of the whole, 0 to 1. */
    readonly share: number;
    /** How often it was done. */
    readonly times: number;
  }[];
  /** Spans that `trace.json` has no room for. */
  readonly leftOutOfTrace: number;
}

export interface Profiler {
  /** Ends the observation, the first time that it is called. */
  end(): { readonly profile: RunProfile; readonly trace: string };
}

/** 15 MB of trace; the table counts all. */
const MOST_SPANS = 150_000;

/**
 * Observes this thread from now on: one at a time can.
 * @param engine what computes; of ONNX Runtime it is known when it compiles and when it runs.
 */
export async function startProfile(engine: EngineInfo): Promise<Profiler> {
  const watchEngine =
    engine.name === 'onnxruntime' ? (await import('@adfw/engine-onnxruntime')).watchEngine : null;
  const spans: TraceSpan[] = [];
  let leftOut = 0;
  const start = performance.now();
  const keep = (name: string, line: number, from: number, to: number) => {
    if (spans.length < MOST_SPANS) spans.push({ name, line, start: from - start, duration: to - from });
    else leftOut++;
  };
  const isPart = new Set<string>(profileParts);
  const times = selfTimes(
    (name) => isPart.has(name) || name === 'rest',
    (name, from, to) => keep(name === 'rest' ? 'run' : name, 0, from, to),
  );
  const begin = (name: string) => {
    const end = times.begin(name, performance.now());
    return () => end(performance.now());
  };
  const lines = ['main'];
  /** Which lines have nothing on them now; those of one name are filled from the top. */
  const free = new Map<string, number[]>();
  const beginBeside = (name: string) => {
    const ofName = free.get(name) ?? [];
    free.set(name, ofName);
    const line = ofName.sort((a, b) => b - a).pop() ?? lines.push(name) - 1;
    const from = performance.now();
    return () => {
      ofName.push(line);
      keep(name, line, from, performance.now());
    };
  };
  const endWhole = begin('rest');
  observeSpans({ begin, beginBeside });
  watchEngine?.(begin);
  let result: ReturnType<Profiler['end']> | null = null;
  return {
    end() {
      if (result) return result;
      observeSpans(null);
      watchEngine?.(null);
      endWhole();
      const seconds = (performance.now() - start) / 1000;
      const totals = times.totals();
      const parts = [...profileParts, 'rest' as const].flatMap((part) => {
        const total = totals.get(part);
        if (!total) return [];
        const own = total.self / 1000;
        return [{ part, seconds: own, share: own / seconds, times: total.times }];
      });
      result = {
        profile: { seconds, parts, leftOutOfTrace: leftOut },
        trace: traceEvents({ process: 'adfw run', lines, spans }, process.pid),
      };
      return result;
    },
  };
}

const profilePaths = (folder: string) => ({
  profile: join(folder, 'profile.json'),
  trace: join(folder, 'trace.json'),
});

/**
 * Before a run: that its profile may be written, over one of before where there is one.
 * @throws ConfigurationError where another file lies there.
 */
export async function refuseOtherProfile(folder: string): Promise<void> {
  const { profile, trace } = profilePaths(folder);
  const remedy = 'move it away, or leave out --profile';
  const known = (start: Buffer, begins: string) => start.toString('utf8').startsWith(begins);
  await refuseReplacing([profile], {
    ours: { are: 'profile of adfw', known: (start) => known(start, '{\n  "seconds": ') },
    remedy,
  });
  await refuseReplacing([trace], {
    ours: {
      are: 'trace of adfw',
      known: (start) => known(start, '{"displayTimeUnit":"ms","traceEvents":[\n'),
    },
    remedy,
  });
}

/** Writes `profile.json` and `trace.json` into the run directory. @returns the trace's file. */
export async function saveProfile(
  folder: string,
  { profile, trace }: ReturnType<Profiler['end']>,
): Promise<string> {
  const paths = profilePaths(folder);
  await writeFile(paths.profile, `${JSON.stringify(profile, null, 2)}\n`);
  await writeFile(paths.trace, trace);
  return paths.trace;
}
