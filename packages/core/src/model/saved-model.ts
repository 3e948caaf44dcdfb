/**
 * A saved model: everything that scoring an image needs, as a JSON manifest and the bytes of its weights. Where the two are kept,
 * in a folder or on a server, is not known here.
 */
import type { ImageReading } from '../contracts/dataset.js';
import { DataError } from '../contracts/errors.js';
import type { Model } from '../contracts/model.js';
import type { Frame } from '../contracts/size.js';
import { type Composition, compose } from '../experiment/compose.js';
import { type ResolvedExperiment, tilesOf } from '../experiment/experiment.js';
import { regionPixels, type SavedRegion } from '../images/region.js';
import { isRecord } from '../plugins/json.js';
import type { Registry } from '../plugins/registry.js';
import { freeze } from '../tensors/freeze.js';
import { backboneState, disposeAll, prefixed, restoreState, withPrefix } from '../tensors/stateful.js';
import { parseTensors, tensorBytes } from '../tensors/tensor-bytes.js';
import type { Detector, TensorDetector } from './detector.js';
import { rangeOf } from './score-range.js';
import { imageDetector } from './tiled.js';

const FORMAT = 'adfw-model';
const VERSION = 2;

/** The names of a model's two files. */
export const modelFiles = { manifest: 'manifest.json', weights: 'weights.safetensors' } as const;

/** What a model says about itself, beside its weights. */
export interface ModelManifest {
  format: typeof FORMAT;
  version: typeof VERSION;
  /** The experiment it was made by, with every option. */
  experiment: ResolvedExperiment;
  /** The frame that images come into before they are scored; they are stretched where it says nothing of how. */
  imageSize: Frame;
  /** The part of the frame that is looked at; absent where all is. */
  region?: SavedRegion;
  /** How image files are read that leave it open; absent where the dataset was not one of files, or is older than this. */
  reading?: ImageReading;
  thresholds: {
    /** From which score on `predict` calls an image defective; null until one is set, where no image was held out. */
    deployed: number | null;
    /** The benchmark's, chosen on the test set; null where that has no defective images. */
    benchmark: number | null;
  };
  /**
   * Smallest and largest image score of the test set, for the scores of eq. 5.7; of the held-out images where the test set has no two
   * that differ, and null where those have none either.
   */
  scoreRange: { min: number; max: number } | null;
  /** Smallest and largest value on the anomaly maps of the same images: one colour scale for all overlays; null without maps. */
  mapRange: { min: number; max: number } | null;
  /** Scores of the nominal images that were held out of training: another threshold can be chosen from them. */
  heldOutScores: number[];
}

export interface SavedModel {
  manifest: ModelManifest;
  detector: Detector;
}

/** A model that is in this process. */
export interface LoadedModel extends SavedModel {
  readonly detector: TensorDetector;
  readonly composition: Composition;
}

/** Makes the engine treat a model as finished: what it has learnt becomes constants of what it compiles. */
export function freezeAll(model: Model): void {
  for (const value of Object.values(model.backbone ? backboneState(model.backbone) : {})) freeze(value);
  for (const value of Object.values(model.state())) freeze(value);
}

/** A model's files, by their names. */
export async function serializeModel(
  model: Model,
  manifest: Omit<ModelManifest, 'format' | 'version'>,
): Promise<Record<string, string | Uint8Array<ArrayBuffer>>> {
  const tensors = {
    ...(model.backbone && prefixed(backboneState(model.backbone), 'backbone')),
    ...prefixed(model.state(), 'model'),
  };
  return {
    [modelFiles.weights]: await tensorBytes(tensors),
    [modelFiles.manifest]: manifestText({ format: FORMAT, version: VERSION, ...manifest }),
  };
}

export const manifestText = (manifest: ModelManifest): string => `${JSON.stringify(manifest, null, 2)}\n`;

/**
 * @param source what the text is, for error messages: the file's name.
 * @throws DataError where it is not the manifest of a model of this version.
 */
export function parseManifest(text: string, source: string): ModelManifest {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw new DataError(`The model's manifest ${source} is damaged: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  const { format, version } = isRecord(manifest) ? manifest : {};
  if (format !== FORMAT || version !== VERSION)
    throw new DataError(
      `${source} is not a model of this version: its format is ${format} ${version}, and ${FORMAT} ${VERSION} was expected.${
        format === FORMAT && version === 1
          ? ' scripts/upgrade-experiment.mjs rewrites models and experiments of version 1.'
          : ''
      }`,
    );
  return withoutEmptyRange(manifest as unknown as ModelManifest);
}

/** Models of before have the range of their only test image. */
function withoutEmptyRange(manifest: ModelManifest): ModelManifest {
  const { scoreRange, heldOutScores } = manifest;
  if (!scoreRange || scoreRange.max > scoreRange.min) return manifest;
  return { ...manifest, scoreRange: rangeOf(heldOutScores) };
}

/**
 * A model on the engine in use, with what was saved.
 * @param registry has the parts that the model's experiment names.
 * @param weights the bytes of the file {@link modelFiles}.weights.
 * @param source what the weights are, for error messages: the file's name.
 * @throws DataError where the weights are damaged, or not this model's; ConfigurationError where a part is not registered.
 */
export async function restoreModel(
  registry: Registry,
  manifest: ModelManifest,
  weights: Uint8Array,
  source: string,
): Promise<LoadedModel> {
  const composition = await compose(registry, manifest.experiment, { restoring: true });
  try {
    const { model } = composition;
    const tensors = parseTensors(weights, source);
    try {
      if (model.backbone) restoreState(model.backbone, withPrefix(tensors, 'backbone'));
      model.restore(withPrefix(tensors, 'model'));
    } finally {
      disposeAll(tensors);
    }
    freezeAll(model);
    const tiles = tilesOf(manifest.experiment);
    const { imageSize, region } = manifest;
    const inside = region ? regionPixels(region) : null;
    return { manifest, detector: imageDetector(model, tiles, imageSize, inside), composition };
  } catch (error) {
    composition.dispose();
    throw error;
  }
}
