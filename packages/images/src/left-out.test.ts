import { expect, it } from 'vitest';
import { countLeftOut, describeKinds, describeLeftOut } from './left-out.js';

it('counts files by kind, and names the first', () => {
  const paths = ['a/1.HEIC', 'a/2.heic', 'b.psd', 'README'];
  expect(countLeftOut(paths)).toEqual({
    count: 4,
    kinds: { '.heic': 2, '.psd': 1, '': 1 },
    files: paths,
  });
  expect(describeLeftOut(countLeftOut(paths))).toBe(
    '4 files that are no images (2 .heic, 1 .psd, 1 without an ending), the first is a/1.HEIC',
  );
  expect(describeLeftOut(countLeftOut(['a\nb.psd', 'c.psd']))).toMatch(/, the first is a\\u000ab\.psd$/);
  expect(describeLeftOut(countLeftOut(['b.psd']))).toBe('a file that is no image, b.psd');
});

it('names 20 files and five kinds, and counts all', () => {
  const paths = Array.from({ length: 100 }, (_, index) => `${index}.k${index % 7}`);
  const { count, files, kinds } = countLeftOut(paths);
  expect([count, files.length, Object.keys(kinds).length]).toEqual([100, 20, 7]);
  expect(describeKinds(paths)).toBe('15 .k0, 15 .k1, 14 .k2, 14 .k3, 14 .k4, 28 others');
});
