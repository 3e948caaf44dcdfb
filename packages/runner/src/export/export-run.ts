/** Writes the model of a run as an ONNX file, for runtimes other than this one. */
import { stat } from 'node:fs/promises';
import { ConfigurationError, float32AtLeast, type TensorDetector, tf } from '@adfw/core';
import type { ModelInput } from '@adfw/engine-onnxruntime';
import { useEngine } from '../engine.js';
import { writeFile } from '../files/atomic-file.js';
import { checkFolderOf } from '../files/folder-of-file.js';
import { refuseReplacing } from '../files/replaceable.js';
import { loadModel, type ModelManifest, readManifest } from '../model/model-folder.js';
import type { ExportComparison } from './export-comparison.js';
import { comparisonImages } from './export-images.js';
import { exportMetadata } from './export-metadata.js';

export interface ExportOptions {
  /** The file that is written. */
  out: string;
  /** Replace a model that is there; otherwise it is an error. What is no ONNX file is never replaced. */
  overwrite?: boolean;
  /** In place of the run's own. */
  threshold?: number;
  /**
   * The threshold is an input that must be given, without a default: onnxruntime-node and onnxruntime-web cannot override
   * defaults.
   */
  requireThreshold?: boolean;
  onProgress?: (task: 'loading' | 'exporting' | 'comparing') => void;
  signal?: AbortSignal;
}

export interface ExportReport {
  file: string;
  bytes: number;
  /** The default of the input `threshold`; null where it must be given. */
  threshold: number | null;
  comparison: ExportComparison & {
    /** Why it was made on generated images; null where it was made on the run's. */
    generatedBecause: string | null;
  };
}

/**
 * Writes the model of a run as one self-contained ONNX file, for any size of the batch:
 *
 * - `images` `[batch, 3, H, W]`, float32, preprocessed as the metadata `adfw.preprocessing` say ({@link exportMetadata}), and
 *   `threshold`, a float32 scalar, which is optional unless `requireThreshold`; where images are padded also `shown` `[batch, 4]`,
 *   float32, the top, left, height and width of what is not padding;
 * - to `anomaly_map` `[batch, H, W]` (missing where the model has no maps), `image_score` `[batch]`, `normalized_score` `[batch]`
 *   (eq. 5.7; missing where the run has scored no two images that differ) and `verdict` `[batch]`, true where the score reaches the
 *   threshold.
 *
 * Before it is written it is run on a few images by ONNX Runtime alone and compared with {@link predictImage}. The engine in use
 * becomes onnxruntime.
 * @param run the run directory, or its `model` folder.
 * @throws ConfigurationError where there is no model or no threshold, the file is there or cannot be written, or the method
 *   cannot be exported; DataError where the comparison fails or the disk is full. No file is then left.
 */
export async function exportRun(run: string, options: ExportOptions): Promise<ExportReport> {
  const { out, requireThreshold = false, onProgress, signal } = options;
  // What can be wrong with the arguments shows before an engine starts.
  const manifest = await readManifest(run);
  const threshold = options.threshold ?? manifest.thresholds.deployed;
  if (threshold === null && !requireThreshold)
    throw new ConfigurationError(
      `The run ${run} has no threshold, since no nominal image was held out. Give one with --threshold SCORE, or make it an input that has to be given with --require-threshold.`,
    );
  await checkTarget(out, options.overwrite ?? false);

  onProgress?.('loading');
  await useEngine('onnxruntime');
  const model = await loadModel(run);
  try {
    signal?.throwIfAborted();
    if (model.detector.searches)
      throw notExportable(
        manifest,
        'it searches for what explains an image, step by step, and an ONNX file holds a function that is computed once. Score with adfw predict, adfw serve or the library.',
      );
    onProgress?.('exporting');
    const bytes = await modelBytes(model.detector, manifest, threshold, requireThreshold);
    signal?.throwIfAborted();
    onProgress?.('comparing');
    const { images, generatedBecause } = await comparisonImages(model);
    const { compareExport } = await import('./export-comparison.js');
    const comparison = await compareExport(bytes, model, images, threshold);
    signal?.throwIfAborted();
    await writeFile(out, bytes);
    return {
      file: out,
      bytes: bytes.byteLength,
      threshold: requireThreshold ? null : threshold,
      comparison: { ...comparison, generatedBecause },
    };
  } finally {
    model.composition.dispose();
  }
}

const notExportable = ({ experiment }: ModelManifest, why: string, cause?: Error) =>
  new ConfigurationError(`The model of the method "${experiment.method}" cannot be exported: ${why}`, [], {
    cause,
  });

/** @throws ConfigurationError where what the detector does cannot be written as ONNX. */
async function modelBytes(
  detector: TensorDetector,
  manifest: ModelManifest,
  threshold: number | null,
  requireThreshold: boolean,
): Promise<Uint8Array> {
  const { experiment, imageSize, scoreRange } = manifest;
  const { height, width, fit } = imageSize;
  const hasRegion = manifest.region !== undefined;
  // Of a region it is known where it lies.
  const takesShown = fit === 'pad' && !hasRegion;
  // Loaded where a model is exported: not everything that runs experiments uses this engine.
  const { exportModel, NotExportableError } = await import('@adfw/engine-onnxruntime');
  const score = ({ images, shown, threshold }: Record<string, tf.Tensor>) => {
    const { scores, maps } = detector.tensors(images as tf.Tensor4D, shown as tf.Tensor2D | undefined);
    return {
      ...(maps && { anomaly_map: maps }),
      image_score: scores,
      ...(scoreRange && { normalized_score: normalized(scores, threshold as tf.Scalar, scoreRange) }),
      verdict: tf.greaterEqual(scores, threshold as tf.Scalar),
    };
  };
  const thresholdInput: ModelInput = {
    shape: [],
    description: 'From which image score on an image is defective.',
    ...(!requireThreshold && threshold !== null && { default: [float32AtLeast(threshold)] }),
  };
  try {
    return await exportModel(score, {
      description: `An anomaly detector fitted by adfw, method ${experiment.method}.`,
      inputs: {
        images: {
          shape: [null, height, width, 3],
          channelsFirst: true,
          description: `RGB images [batch, 3, ${height}, ${width}], resized and normalised as the metadata adfw.preprocessing say.`,
        },
        ...(takesShown && {
          shown: {
            shape: [null, 4],
            description:
              'Where each image is in its frame, [batch, 4]: top, left, height and width in pixels. Padding has no part in scores.',
          },
        }),
        threshold: thresholdInput,
      },
      outputs: {
        anomaly_map: `[batch, ${height}, ${width}]; higher is more anomalous${takesShown ? ', -Infinity on padding' : hasRegion ? ', -Infinity outside of the region of interest' : ''}.`,
        image_score: '[batch]; higher is more anomalous.',
        normalized_score:
          '[batch]; 0.5 at the threshold, in parts of the range of the scores of the test images.',
        verdict: '[batch]; true where the image score reaches the threshold, which means defective.',
      },
      metadata: exportMetadata(manifest, detector.normalization, threshold),
    });
  } catch (error) {
    if (error instanceof NotExportableError) throw notExportable(manifest, error.message, error);
    throw error;
  }
}

/** Eq. 5.7, as `normalizeScores` of the core computes it. */
function normalized(
  score: tf.Tensor,
  threshold: tf.Scalar,
  { min, max }: { min: number; max: number },
): tf.Tensor {
  return tf.add(tf.div(tf.sub(score, threshold), max - min), 0.5);
}

/** Finds what is wrong with the file's place before the work is done. */
async function checkTarget(out: string, overwrite: boolean): Promise<void> {
  if (out === '')
    throw new ConfigurationError('The name of the file to write is empty; give one with --out.');
  const found = await stat(out).catch(() => null);
  if (found?.isDirectory())
    throw new ConfigurationError(`${out} is a folder; name the file, as in --out ${out}/model.onnx.`);
  if (found && !found.isFile())
    throw new ConfigurationError(`${out} is there already and is not a file; name another one with --out.`);
  if (found && !overwrite)
    throw new ConfigurationError(
      `${out} is there already. Name another file with --out, or give --overwrite.`,
    );
  await refuseReplacing([out], {
    ours: { are: 'ONNX model', known: isOnnx },
    remedy: 'name another file with --out',
  });
  await checkFolderOf(out);
}

/** An ONNX file has no signature: it begins with the format's version, a small number, and goes on with who made it, or the graph. */
const isOnnx = (start: Buffer): boolean => start[0] === 0x08 && [0x12, 0x3a, 0x42].includes(start[2] ?? 0);
