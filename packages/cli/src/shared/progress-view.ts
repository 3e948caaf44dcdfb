/** Shows on stderr how far work is: a line that changes on a terminal, now and then a new line elsewhere. */
import { createLogUpdate } from 'log-update';
import { type Colours, coloursFor, isPipe } from './streams.js';

export interface ProgressState {
  /** `Training`. */
  task: string;
  /** How much of the task is done, 0 to 1; absent where nobody knows. */
  fraction?: number;
  /** `epoch 3/30, loss 1.204`. */
  detail?: string;
  /** What is drawn in its place where there is room for more than a line: all of what goes on at the same time. */
  lines?: readonly ProgressState[];
}

export interface ProgressView {
  /** Where the work is now; may be called as often as one likes. */
  update(state: ProgressState): void;
  /** A step of the work that is worth a line in a log, but not on a terminal. */
  milestone(text: string): void;
  /** Something was done; a line that stays. */
  finished(text: string): void;
  /** Something else worth a line that stays. */
  note(text: string): void;
  /** Something the user should know. */
  warn(text: string): void;
  /** Lets something else be written to the terminal, such as a line of the result on stdout, where the line that changes is. */
  stepAside(write: () => void): void;
  /** Removes what does not stay. */
  close(): void;
}

export const progressView = (stream: NodeJS.WriteStream = process.stderr): ProgressView =>
  stream.isTTY && process.env.TERM !== 'dumb' ? liveView(stream) : plainView(stream);

const redrawMilliseconds = 60;

/**
 * One line at the bottom that changes. It is redrawn when something happens: computing leaves no time for timers.
 * @param piped whether stdout goes to another program, which may write to the same terminal when it likes: no line is then drawn once
 *   there was something else to write.
 */
export function liveView(stream: NodeJS.WriteStream, { piped = isPipe(1) } = {}): ProgressView {
  const colours = coloursFor(stream);
  const live = createLogUpdate(stream);
  let drawn = Number.NEGATIVE_INFINITY;
  let task = '';
  let givesWay = false;
  const keep = (text: string) => {
    live.clear();
    stream.write(`${text}\n`);
  };
  return {
    update(state) {
      if (givesWay) return;
      const now = performance.now();
      const { lines = [state] } = state;
      const what = lines[0]?.task ?? '';
      if (what === task && state.fraction !== 1 && now - drawn < redrawMilliseconds) return;
      const room = Math.max(1, (stream.rows ?? 24) - 2);
      const shown = lines.slice(0, lines.length > room ? room - 1 : room);
      const more = lines.length > shown.length ? [`  … and ${lines.length - shown.length} more`] : [];
      live([...shown.map((line) => progressLine(line, stream.columns, colours)), ...more].join('\n'));
      drawn = now;
      task = what;
    },
    milestone() {},
    finished: (text) => keep(`${colours.green('✔')} ${text}`),
    note: (text) => keep(`  ${text}`),
    warn: (text) => keep(`${colours.yellow('!')} ${text}`),
    stepAside(write) {
      live.clear();
      write();
      givesWay = piped;
      // What comes next is drawn at once.
      task = '';
    },
    close() {
      live.clear();
      live.done();
    },
  };
}

const barWidth = 24;

/** `Training  ━━━━━━━━╸───────  epoch 3/30, loss 1.204`; without the bar where the terminal is too narrow. */
export function progressLine(
  { task, fraction, detail = '' }: ProgressState,
  columns: number,
  { cyan, dim }: Colours,
): string {
  const full = Math.round((fraction ?? 0) * barWidth);
  const bar = `${cyan('━'.repeat(full))}${dim('─'.repeat(barWidth - full))}  `;
  const fits = task.length + detail.length + barWidth + 6 <= columns;
  return `  ${task}  ${fraction !== undefined && fits ? bar : ''}${detail}`.trimEnd();
}

const plainMilliseconds = 3000;

/** Lines for a log: what stays, milestones, and where the work is when nothing was said for a while. */
export function plainView(
  stream: { write(text: string): unknown },
  { now = () => performance.now() } = {},
): ProgressView {
  let said = now();
  const say = (text: string) => {
    stream.write(`${text}\n`);
    said = now();
  };
  return {
    update({ task, detail }) {
      if (now() - said >= plainMilliseconds) say([task, detail].filter(Boolean).join(': '));
    },
    milestone: say,
    finished: say,
    note: say,
    warn: (text) => say(`Warning: ${text}`),
    stepAside: (write) => write(),
    close() {},
  };
}
