/** What a report holds, as the page reads it: one JSON document, and beside it one for the pictures of each image. */
import type { EpochRecord, Evaluation } from '@adfw/core';
import type { RunReport } from '@adfw/runner';

export interface ReportDocument {
  /** One run: a report. Several: their comparison. */
  readonly runs: readonly RunDocument[];
  /** The test images, in the dataset's order. */
  readonly images: readonly ImageDocument[];
  /** What the gallery lacks, and what does not compare, a sentence each. */
  readonly notes: readonly string[];
}

export interface RunDocument
  extends Pick<RunReport, 'method' | 'dataset' | 'timings' | 'engine' | 'training' | 'model' | 'synthetic'> {
  /** The name of its folder. */
  readonly name: string;
  readonly metrics: Evaluation;
  /** The deployed one is the model's, which may have been set since the run. */
  readonly thresholds: { readonly deployed: number | null; readonly benchmark: number | null };
  /** A score for each of the images. */
  readonly scores: readonly number[];
  /** Scores of the nominal images held out of training, from which the deployed threshold was chosen. */
  readonly heldOutScores: readonly number[];
  readonly history: readonly EpochRecord[];
  /** Whether its model has anomaly maps, and not scores alone. */
  readonly hasMaps: boolean;
  /** The 256 scores that begin the levels of its anomaly maps; null where there are none, or they are gone. */
  readonly levels: readonly number[] | null;
  readonly experiment: unknown;
}

export interface ImageDocument {
  readonly id: string;
  /** 0 nominal, 1 defective. */
  readonly label: 0 | 1;
  readonly defect: string;
  /** Whether the report holds pictures of it. */
  readonly hasPicture: boolean;
  /** Whether the verdicts of several runs differ on it, at their deployed thresholds or at the benchmark's. */
  readonly disputed: boolean;
}

/** The pictures of one image. */
export interface Picture {
  /** Height and width of the image as the model saw it, in pixels. */
  readonly size: { readonly width: number; readonly height: number };
  /** WebP, base64; null where the file is gone, or another one than it was. */
  readonly image: string | null;
  /** 1 where it is truly defective; null where that is not known. */
  readonly mask: PackedMap | null;
  /** For each run its anomaly map in levels, 0 to 255. */
  readonly maps: readonly (PackedMap | null)[];
  /** Of each map 1 where it has a score; null where it has one everywhere. */
  readonly scored: readonly (PackedMap | null)[];
}

/** A map of bytes; see `packMap`. */
export interface PackedMap {
  readonly width: number;
  readonly height: number;
  /** How many of its pixels are as wide and as high as the image: its last column and row may reach over the edge. */
  readonly span: { readonly width: number; readonly height: number };
  /** Base64. */
  readonly data: string;
}
