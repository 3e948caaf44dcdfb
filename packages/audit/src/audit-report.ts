/** What an audit finds, as `adfw data --json` prints it. */
import type { LeftOut } from '@adfw/core';
import type { ColorModel } from '@adfw/images';
import type { RunEstimate } from './estimate.js';

/** Version 1 keeps its keys and what they mean; more may be added. */
export interface AuditReport {
  readonly format: 'adfw-data';
  readonly version: 1;
  /** Whether a run can be trained on it as it was asked for. */
  readonly usable: boolean;
  /** What a run would stop at, a sentence each; empty where it is usable. */
  readonly errors: readonly string[];
  /** What a run would not stop at, and is likely not meant, a sentence each. */
  readonly warnings: readonly string[];
  /** What the dataset says of how it was read, a sentence each. */
  readonly notes: readonly string[];
  readonly layout: AuditLayout;
  /** Of a dataset with several, where none of them was chosen. */
  readonly categories: readonly CategorySummary[] | null;
  /** null where the dataset cannot be opened, and where it is one of several categories. */
  readonly contents: AuditContents | null;
}

export interface AuditLayout {
  /** The name of the dataset that reads it, or comes nearest; null where the folder is laid out as none. */
  readonly dataset: string | null;
  /** Whether it was told by what lies where, or asked for. */
  readonly by: 'folder' | 'request';
  /** Whether the dataset can be opened. */
  readonly fits: boolean;
  /** The options that say where it is. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What `adfw run` takes to read it: `["--data", "part"]`. */
  readonly flags: readonly string[];
}

/** Images by what they are for. */
export interface Counts {
  readonly train: number;
  readonly validation: number;
  readonly testGood: number;
  readonly testDefective: number;
  readonly unlabelled: number;
}

export interface CategorySummary {
  readonly name: string;
  /** null where it cannot be opened. */
  readonly counts: Counts | null;
  /** Why it cannot be opened. */
  readonly fault: string | null;
}

export interface AuditContents {
  readonly name: string;
  readonly category: string | null;
  readonly counts: Counts;
  /** Of each split and kind of defect. */
  readonly kinds: readonly KindCount[];
  readonly files: FileSummary;
  readonly unreadable: readonly Unreadable[];
  /** Files in its folders that are no images. */
  readonly leftOut: LeftOut;
  readonly masks: MaskFindings;
  readonly duplicates: DuplicateFindings;
  /** null where it was not looked, or there are too few images. */
  readonly suspicious: SuspiciousImages | null;
  /** null where it was not asked for, or cannot be made. */
  readonly estimate: RunEstimate | null;
}

export type AuditSplit = 'train' | 'validation' | 'test' | 'unlabelled';

export interface KindCount {
  readonly split: AuditSplit;
  /** `good`, or what a defect is called; null where it is not known. */
  readonly kind: string | null;
  readonly images: number;
  /** How many things they show, and in how many views; null where the dataset does not say. */
  readonly groups: number | null;
  readonly views: number | null;
}

/** What the files of images are; each list has the most frequent first. Empty where images are no files. */
export interface FileSummary {
  readonly bytes: number;
  readonly sizes: readonly { readonly width: number; readonly height: number; readonly images: number }[];
  readonly formats: readonly { readonly format: string; readonly images: number }[];
  readonly samples: readonly {
    readonly colors: ColorModel;
    readonly alpha: boolean;
    readonly bits: number;
    readonly images: number;
  }[];
  /** Unusual kinds of images, and how many are of each. */
  readonly remarks: readonly { readonly remark: string; readonly images: number; readonly first: string }[];
  /** The lowest and the highest sample of the training images that are deeper than 8 bits; null where none is, or levels are set. */
  readonly trainRange: readonly [lowest: number, highest: number] | null;
}

/** A file that cannot be read. */
export interface Unreadable {
  readonly id: string;
  readonly split: AuditSplit;
  readonly what: 'image' | 'mask';
  /** null where the dataset has no files. */
  readonly file: string | null;
  readonly fault: string;
}

export interface MaskFindings {
  /** How many images have masks. */
  readonly masked: number;
  /** Masks of no image. */
  readonly withoutImage: readonly string[];
  /** Defective test images without a mask, where others have one. */
  readonly missing: readonly string[];
  /** Of another size than their images. */
  readonly otherSize: readonly { readonly id: string; readonly file: string; readonly fault: string }[];
  /** Defective images of which no pixel is marked. */
  readonly empty: readonly MaskedImage[];
  /** Nominal images of which something is marked. */
  readonly ofNominal: readonly MaskedImage[];
  /** Masks that mark more than nine tenths, as inverted ones do. */
  readonly nearlyFull: readonly MaskedImage[];
  /** Unusual kinds of masks, and how many are of each. */
  readonly remarks: readonly { readonly remark: string; readonly masks: number; readonly first: string }[];
}

export interface MaskedImage {
  readonly id: string;
  /** null where masks are no files. */
  readonly files: readonly string[];
  /** Of the image that is marked, 0 to 1. */
  readonly share: number;
}

export interface DuplicateFindings {
  /** How many pairs there are. */
  readonly total: number;
  /** At most 1,000 of them, by their kinds in this order, the most similar first. */
  readonly pairs: readonly DuplicatePair[];
}

export interface DuplicatePair {
  readonly one: string;
  readonly other: string;
  /**
   * `train-test`: the test image is not new to a model; `contradictory`: two test images, one nominal and one defective; `train`: one
   * may be held out while the other is learnt; `test`: one counts twice.
   */
  readonly kind: 'train-test' | 'contradictory' | 'train' | 'test';
  /** Whether the files are the same, byte by byte. */
  readonly exact: boolean;
  /** How alike what sets them apart from other images is, at most 1. */
  readonly similarity: number;
}

export interface SuspiciousImages {
  /** Whose features it was looked at with. */
  readonly network: string;
  /** How many nominal images were compared. */
  readonly compared: number;
  readonly median: number;
  /** The least nominal ones, farthest first. */
  readonly images: readonly { readonly id: string; readonly score: number }[];
}
