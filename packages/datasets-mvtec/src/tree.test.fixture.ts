/** Tiny datasets on disk, as a layout has them. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Dataset, Part, Sample } from '@adfw/core';
import sharp from 'sharp';
import { afterEach } from 'vitest';

const size = { width: 6, height: 4 };

/** What a file holds: the text of it, or pixels, as a PNG whatever the ending. */
export type Content = string | Uint8Array;

/** An image of one grey, by which a test knows it again. */
export const image = (grey: number): Content => new Uint8Array(size.width * size.height).fill(grey);

/** A mask of rows: what is neither `.` nor a blank is marked, by its digit or by 255. */
export const mask = (...rows: readonly string[]): Content =>
  Uint8Array.from(rows.join('').replaceAll(' ', ''), (pixel) =>
    pixel === '.' ? 0 : pixel === '#' ? 255 : Number(pixel),
  );

export const nothing = mask('......', '......', '......', '......');
export const left = mask('###...', '###...', '......', '......');
/** As VisA marks it, by the class of the defect. */
export const right = mask('......', '......', '...333', '...333');

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** Writes files into a new folder, which is gone after the test. */
export async function tree(files: Readonly<Record<string, Content>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'adfw-tree-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    const pixels = { raw: { ...size, channels: 1 } } as const;
    await writeFile(
      path,
      typeof content === 'string' ? content : await sharp(content, pixels).png().toBuffer(),
    );
  }
  return folder;
}

export interface Opened {
  readonly dataset: Dataset;
  /** What it said when it was opened. */
  readonly messages: readonly string[];
  /** A line a sample: its split, id, defect, the grey of its image, the rows of its mask. */
  readonly lines: readonly string[];
}

/** Opens a dataset with the defaults of its options. */
export async function open(
  part: Part<'dataset'>,
  options: Readonly<Record<string, unknown>>,
): Promise<Opened> {
  const messages: string[] = [];
  const defaults = Object.fromEntries(
    Object.entries(part.options ?? {}).flatMap(([name, { default: value }]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  const dataset = await part.create(
    { ...defaults, ...options },
    { seed: 0, report: (message) => messages.push(message) },
  );
  const greyOf = async (sample: Sample) => (await dataset.image(sample, size)).data[0];
  const lines: string[] = [];
  for (const sample of dataset.train) lines.push(`train ${sample.id} ${await greyOf(sample)}`);
  for (const sample of dataset.validation ?? [])
    lines.push(`validation ${sample.id} ${await greyOf(sample)}`);
  for (const sample of dataset.test)
    lines.push(
      `test ${sample.id} ${await greyOf(sample)} ${sample.defect} ${rows(await dataset.mask(sample, size))}`,
    );
  for (const sample of dataset.unlabelled ?? [])
    lines.push(`unlabelled ${sample.id} ${(await dataset.image(sample, size)).data[0]}`);
  return { dataset, messages, lines };
}

/** `###... ###... ...... ......`; `none`. */
export function rows(mask: { readonly data: Uint8Array } | null): string {
  if (mask === null) return 'none';
  const text = Array.from(mask.data, (pixel) => (pixel === 1 ? '#' : '.')).join('');
  return text.match(/.{6}/g)?.join(' ') ?? '';
}

export const LEFT = '###... ###... ...... ......';
export const RIGHT = '...... ...... ...### ...###';
export const BOTH = '###... ###... ...### ...###';
export const NOTHING = '...... ...... ...... ......';
