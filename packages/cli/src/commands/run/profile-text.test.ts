import pc from 'picocolors';
import { expect, it } from 'vitest';
import { profileText } from './profile-text.js';

it('is a table of the parts, with how often each was done and how long it took', () => {
  const profile = {
    seconds: 80,
    parts: [
      { part: 'training steps', seconds: 60, share: 0.75, times: 120 },
      { part: 'rest', seconds: 20, share: 0.25, times: 1 },
    ],
    leftOutOfTrace: 0,
  } as const;
  const colours = pc.createColors(false);
  const text = profileText({ profile, file: 'runs/a/trace.json' }, colours);
  expect(text.split('\n').map((line) => line.trim().replaceAll(/ {2,}/g, ' | '))).toEqual([
    '',
    'Where the 1m 20s went',
    '',
    'seconds | share | times | ms each',
    'Training steps | 60.00 | 75.0 % | 120 | 500.0',
    'Rest | 20.00 | 25.0 %',
    '',
    'Trace | runs/a/trace.json: open it in ui.perfetto.dev or chrome://tracing.',
    '',
  ]);
  expect(profileText({ profile: { ...profile, leftOutOfTrace: 7 }, file: 'a' }, colours)).toContain(
    'a, without the last 7 spans of work:',
  );
});
