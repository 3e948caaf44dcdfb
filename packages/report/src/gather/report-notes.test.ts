import { expect, it } from 'vitest';
import { reportNotes } from './report-notes.js';
import type { RunRecord } from './run-record.js';

it('misses no heat maps where no image was tested', () => {
  const records = [{ hasMaps: true, maps: null } as RunRecord];
  expect(reportNotes({ records, names: ['untested'], fault: null, shown: [] })).toEqual([]);
});
