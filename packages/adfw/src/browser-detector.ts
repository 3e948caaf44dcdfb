import {
  ConfigurationError,
  checkShape,
  DataError,
  type ModelManifest,
  modelFiles,
  type Plugin,
  parseManifest,
  predictImage,
  resizeBilinear,
  restoreModel,
  shownSize,
  tf,
  uncheckedRegistry,
} from '@adfw/core';
import { methodPlugins } from '@adfw/runner/methods';
import { type BrowserImage, readPixels } from './browser-image.js';
import { checkThreshold, type Prediction, type PredictOptions, toPrediction } from './prediction.js';

/** A detector in a browser. */
export interface BrowserDetector {
  /** All that is known of the model: how it was made, its image size, the scores of held-out images. */
  readonly manifest: ModelManifest;
  /** From which score on an image is anomalous; null where none was chosen or given. */
  readonly threshold: number | null;
  /**
   * Scores an image, or several one after another. With wasm, the page waits while an image is scored; in a web worker it doesn't.
   * @throws DataError for an image that cannot be read.
   */
  predict(image: BrowserImage, options?: PredictOptions): Promise<Prediction>;
  predict(images: readonly BrowserImage[], options?: PredictOptions): Promise<Prediction[]>;
  /** Frees the weights. */
  dispose(): void;
}

export interface BrowserLoadOptions {
  /** In place of the model's own. */
  threshold?: number;
  /** Those that the model was fitted with. */
  plugins?: readonly Plugin[];
  /** Of the downloads. */
  signal?: AbortSignal;
}

/**
 * Fetches a saved detector, onto the backend that is set.
 * @param url of the folder that `save` wrote, or of the `model` folder of a run; relative to the page.
 * @throws ConfigurationError where no backend is set, there is no model, or it needs a plugin that is not given; DataError where it is
 * damaged.
 */
export async function loadDetector(
  url: string | URL,
  { threshold, plugins = [], signal }: BrowserLoadOptions = {},
): Promise<BrowserDetector> {
  checkThreshold(threshold);
  await backendIsReady();
  const folder = new URL(url, globalThis.location.href);
  folder.pathname = folder.pathname.replace(/\/?$/, '/');
  const fetchFile = async (name: string) => {
    const file = new URL(name, folder);
    file.search = folder.search;
    return { source: file.href, response: await fetchFrom(file, signal) };
  };
  const [text, bytes] = await Promise.all([fetchFile(modelFiles.manifest), fetchFile(modelFiles.weights)]);
  const saved = parseManifest(await text.response.text(), text.source);
  const weights = new Uint8Array(await bytes.response.arrayBuffer());
  const registry = uncheckedRegistry([...methodPlugins, ...plugins]);
  const { detector, composition } = await restoreModel(registry, saved, weights, bytes.source);
  const manifest: ModelManifest =
    threshold === undefined ? saved : { ...saved, thresholds: { ...saved.thresholds, deployed: threshold } };

  async function predictOne(image: BrowserImage, { threshold, signal }: PredictOptions): Promise<Prediction> {
    signal?.throwIfAborted();
    const stored = await readPixels(image, saved.reading);
    checkShape(stored, manifest.imageSize, 'The image');
    const size = shownSize(stored, manifest.imageSize);
    const pixels = { ...size, data: resizeBilinear(stored.data, stored, size) };
    return toPrediction(await predictImage(detector, manifest, pixels, threshold, { signal }), size);
  }
  async function predict(given: BrowserImage | readonly BrowserImage[], options: PredictOptions = {}) {
    checkThreshold(options.threshold);
    if (!Array.isArray(given)) return predictOne(given as BrowserImage, options);
    const predictions: Prediction[] = [];
    for (const image of given) predictions.push(await predictOne(image, options));
    return predictions;
  }

  return {
    manifest,
    threshold: manifest.thresholds.deployed,
    predict: predict as BrowserDetector['predict'],
    dispose: () => composition.dispose(),
  };
}

async function backendIsReady(): Promise<void> {
  try {
    await tf.ready();
  } catch (error) {
    throw new ConfigurationError(
      `No backend of TensorFlow.js is there to compute with (${(error as Error).message}): import one, such as @tensorflow/tfjs-backend-wasm, and set it with tf.setBackend.`,
      [],
      { cause: error },
    );
  }
}

async function fetchFrom(url: URL, signal: AbortSignal | undefined): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw new DataError(`${url.href} cannot be fetched: ${(error as Error).message}.`, { cause: error });
  }
  if (response.ok) return response;
  throw new ConfigurationError(
    `There is no model at ${url.href}: the server answered ${response.status}. Give the address of the folder with ${modelFiles.manifest} and ${modelFiles.weights}.`,
  );
}
