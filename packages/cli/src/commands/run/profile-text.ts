/** Where the time of a run went, for a person. */
import type { RunProfile } from '@adfw/runner';
import { formatSeconds } from '../../shared/format.js';
import type { Colours } from '../../shared/streams.js';
import { formatTable } from '../../shared/table.js';

/** @param file the trace. */
export function profileText(
  { profile, file }: { profile: RunProfile; file: string },
  { bold, dim }: Pick<Colours, 'bold' | 'dim'>,
): string {
  const { seconds, parts, leftOutOfTrace } = profile;
  const rows = parts.map(({ part, seconds, share, times }) => [
    `${part.charAt(0).toUpperCase()}${part.slice(1)}`,
    bold(seconds.toFixed(2)),
    `${(100 * share).toFixed(1)} %`,
    ...(part === 'rest' ? ['', ''] : [String(times), ((1000 * seconds) / times).toFixed(1)]),
  ]);
  const head = ['', 'seconds', 'share', 'times', 'ms each'].map((title) => dim(title));
  const traced = leftOutOfTrace > 0 ? `, without the last ${leftOutOfTrace} spans of work` : '';
  return [
    '',
    `  Where the ${formatSeconds(seconds)} went`,
    '',
    formatTable([head, ...rows], { align: ['left', 'right', 'right', 'right', 'right'], indent: '  ' }),
    '',
    `  Trace  ${file}${traced}: open it in ui.perfetto.dev or chrome://tracing.`,
    '',
  ].join('\n');
}
