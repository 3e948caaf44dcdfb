import type { Frame, Size } from './size.js';

/** An image of a dataset; what is in it is read by {@link Dataset.image}. */
export interface Sample {
  /** Unique and stable within the dataset: the path below the dataset's folder, with `/`. */
  readonly id: string;
  /** 0 nominal, 1 defective. Training samples are nominal. */
  readonly label: 0 | 1;
  /** The kind of defect (the folder's name), `good` for nominal samples. */
  readonly defect: string;
  /** What it shows, where several images show one thing: the views of an object, or it under several lights. */
  readonly group?: string;
  /** Which image of its group it is: a camera (`C1`), a light (`overexposed`). */
  readonly view?: string;
}

/** An image of which is not known whether it is nominal: it is scored, and counts for no measure. */
export interface UnlabelledSample extends Omit<Sample, 'label' | 'defect'> {
  readonly label: null;
  readonly defect: null;
}

/** What reading an image file needs to know beyond the file: a model keeps it, and reads what it scores like what it has learnt. */
export interface ImageReading {
  /** Which page or frame of a file is taken, counted from 0; null where files have but one, and others are errors. */
  readonly page: number | null;
  /**
   * The sample values that stand for black and for white in files deeper than 8 bits, between 0 and 65535: in between linear, beyond
   * clipped. Null stands for 0 and 65535.
   */
  readonly levels: readonly [black: number, white: number] | null;
}

/** Pixels `[height, width, 3]` in rows, RGB, 0 to 255. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /** The unusual kinds that the file they are from is of, as {@link Mask.remarks}. */
  readonly remarks?: readonly string[];
  /** The lowest and the highest sample of that file, where it is deeper than 8 bits. */
  readonly range?: readonly [lowest: number, highest: number];
}

/** Pixels `[height, width]` in rows: 1 defective, 0 nominal. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /**
   * The unusual kinds that it is of, each as a run tells it of all masks of the kind at once: "Masks in a lossy format", which
   * a count and the first one's name follow.
   */
  readonly remarks?: readonly string[];
  /**
   * Of a single defect, where the dataset says so: how many of its pixels, found, count as all of it (MVTec LOCO). Above 0, at most as
   * many as it has.
   */
  readonly saturation?: number;
}

/** SHA-256 of the files that a sample is read from, in hexadecimal digits. */
export interface SampleChecksums {
  readonly image: string;
  /** null where there is no mask; of several masks that of their checksums, one after the other. */
  readonly mask: string | null;
}

/** The files that a sample is read from. */
export interface SampleFiles {
  readonly image: string;
  /** Of a defective sample those that are read; of another those that lie there for it, with which nothing is measured. */
  readonly masks: readonly string[];
}

/** Files in folders of images that are no images. */
export interface LeftOut {
  readonly count: number;
  /** How many of each ending, in small letters, most first: `{ ".heic": 34, ".psd": 3 }`; the ending may be empty. */
  readonly kinds: Readonly<Record<string, number>>;
  /** The first 20 of them. */
  readonly files: readonly string[];
}

/** Nominal images to fit on and labelled images to test with. Registered as the part kind `dataset`. */
export interface Dataset {
  readonly name: string;
  /** The category of a dataset that has several (`screw`), else null. */
  readonly category: string | null;
  /** Nominal samples, in a stable order. */
  readonly train: readonly Sample[];
  /** Nominal samples that are held out, where the dataset has such a split of its own; else a share of `train` is. */
  readonly validation?: readonly Sample[];
  /** Labelled samples, in a stable order; may be empty. */
  readonly test: readonly Sample[];
  /** Samples to be scored without being counted, in a stable order. */
  readonly unlabelled?: readonly UnlabelledSample[];
  /** How many files were left out because they could not be read (only where the user allowed it). */
  readonly skipped: number;
  /** Files in the dataset's folders that are no images; absent where there are no folders. */
  readonly leftOut?: LeftOut;
  /** How images are read, where they are files that leave it open. */
  readonly reading?: ImageReading;
  /**
   * @param frame what it is resized to; with a `fit` that keeps its shape, to what `shownSize` says. The framework pads and cuts.
   * @throws DataError that names the file when it cannot be read.
   */
  image(sample: Sample | UnlabelledSample, frame: Frame): Promise<RgbImage>;
  /**
   * The defective pixels of a test sample: all zero for a nominal one, null for a defective one without a mask.
   * @param size what it is resized to.
   * @throws DataError that names the file and its image when it cannot be read.
   */
  mask(sample: Sample, size: Size): Promise<Mask | null>;
  /**
   * The defects of a test sample, each by itself, where a dataset has a mask of each: what {@link Dataset.mask} gives is their union.
   * Empty for a nominal sample and for one without masks.
   * @throws as {@link Dataset.mask}.
   */
  masks?(sample: Sample, size: Size): Promise<readonly Mask[]>;
  /**
   * By which a run notices that files were changed since, and that one image is there twice. Absent where images are no files.
   * @throws DataError that names the file when it cannot be read.
   */
  checksums?(sample: Sample | UnlabelledSample): Promise<SampleChecksums>;
  /** Absent where images are no files. */
  files?(sample: Sample | UnlabelledSample): SampleFiles;
  /** Files of masks that are of no image; absent where none are looked for. */
  readonly strayMasks?: readonly string[];
}
