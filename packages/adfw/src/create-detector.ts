import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ConfigurationError, type LeftOut, resolveExperiment, resolvePaths } from '@adfw/core';
import { mvtecCategories, nominalTrainingFolder, refuseMasksBeside } from '@adfw/datasets-mvtec';
import { checkReading, countLeftOut, describeLeftOut, listImages } from '@adfw/images';
import { absolutePlugin, fitInThread, type ImageInput, loadRegistry } from '@adfw/runner';
import type { Detector } from './detector.js';
import type { DetectorOptions, EngineChoice } from './detector-options.js';
import { loadDetector, type SavedDetector } from './load-detector.js';
import { checkThreshold } from './prediction.js';

/**
 * A detector to fit. Its options are those of an experiment document; `method` alone is enough.
 * @throws ConfigurationError with everything that is wrong in the options, and for plugins that do not load.
 */
export async function createDetector(
  { page = null, levels = null, ...options }: DetectorOptions,
  engine: EngineChoice = {},
): Promise<Detector> {
  const reading = { page, levels };
  checkReading(reading);
  if ('dataset' in options)
    throw new ConfigurationError('A detector has no dataset: leave it out, and give the images to fit.');
  const plugins = (options.plugins ?? []).map((name) => absolutePlugin(name));
  const registry = await loadRegistry(plugins);
  const experimentWith = (dataset: object) => {
    const layers = [{ source: 'createDetector', document: { ...options, plugins, ...dataset } }];
    return resolvePaths(resolveExperiment({ registry, layers }), registry, (path) => resolve(path));
  };
  const experiment = experimentWith({});

  let model: SavedDetector | null = null;
  /** Where the fitted model is kept until it is saved elsewhere. */
  let folder: string | null = null;
  let fitting: AbortController | null = null;
  let disposed = false;

  function fitted(): SavedDetector {
    if (disposed) throw new ConfigurationError('The detector is disposed; create or load another.');
    if (model) return model;
    throw new ConfigurationError(
      'The detector is not fitted: call fit, or load one that is with loadDetector.',
    );
  }
  async function release(): Promise<void> {
    const [old, oldFolder] = [model, folder];
    model = folder = null;
    await old?.dispose();
    if (oldFolder) removeTemporary(oldFolder);
  }

  return {
    get manifest() {
      return model?.manifest ?? null;
    },
    get threshold() {
      return model?.threshold ?? null;
    },
    async fit(given, { threshold, onProgress, signal } = {}) {
      if (disposed) throw new ConfigurationError('The detector is disposed; create another.');
      if (fitting) throw new ConfigurationError('The detector is being fitted; wait for that, or abort it.');
      checkThreshold(threshold);
      const stop = new AbortController();
      fitting = stop;
      let newFolder: string | null = null;
      try {
        const { images, leftOut } = await nominalImages(given);
        if (leftOut.count > 0)
          onProgress?.({ type: 'message', message: `Left out: ${describeLeftOut(leftOut)}.` });
        newFolder = await temporaryFolder();
        const report = await fitInThread(
          {
            experiment:
              typeof given === 'string'
                ? experimentWith({ dataset: { type: 'folder', train: given, ...reading } })
                : experiment,
            images,
            reading,
            folder: join(newFolder, 'model'),
            ...(threshold !== undefined && { threshold }),
          },
          {
            ...engine,
            ...(onProgress && { onProgress }),
            signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
          },
        );
        const fresh = await loadDetector(join(newFolder, 'model'), engine);
        if (disposed) {
          await fresh.dispose();
          throw stop.signal.reason;
        }
        await release();
        [model, folder, newFolder] = [fresh, newFolder, null];
        return { ...report, leftOut };
      } finally {
        fitting = null;
        if (newFolder) removeTemporary(newFolder);
      }
    },
    // Asynchronous, so that what is wrong rejects.
    predict: (async (images: ImageInput, options) =>
      fitted().predict(images, options)) as Detector['predict'],
    async save(target) {
      await fitted().save(target);
    },
    async dispose() {
      disposed = true;
      fitting?.abort(new Error('The detector was disposed while it was being fitted.'));
      await release();
    },
  };
}

/** @throws ConfigurationError where there is no image, or a folder holds a whole dataset, defective images too. */
async function nominalImages(
  given: string | readonly ImageInput[],
): Promise<{ images: readonly ImageInput[]; leftOut: LeftOut }> {
  if (typeof given === 'string') {
    const [category] = (await mvtecCategories(given).catch(() => null)) ?? [];
    const nominal = await nominalTrainingFolder(join(given, category ?? ''));
    if (nominal !== null)
      throw new ConfigurationError(
        `${given} is a whole dataset${category === undefined ? '' : ' of several categories'}, and only nominal images are to be learnt from: give ${nominal}.`,
      );
  } else if (!Array.isArray(given))
    throw new ConfigurationError('fit takes the path of a folder, or a list of images.');
  const found = await Promise.all(
    [given]
      .flat()
      .map(async (image) =>
        typeof image === 'string' ? listImages(image) : { images: [image], leftOut: [] },
      ),
  );
  if (found.length === 0) throw new ConfigurationError('There are no images to fit on: the list is empty.');
  const images = found.flatMap(({ images }): readonly ImageInput[] => images);
  refuseMasksBeside(images.filter((image) => typeof image === 'string'));
  return {
    images,
    leftOut: countLeftOut(found.flatMap(({ leftOut }) => leftOut)),
  };
}

const temporary = new Set<string>();

/** A folder that is gone when the process has ended, whether or not the detector was disposed. */
async function temporaryFolder(): Promise<string> {
  if (temporary.size === 0) process.on('exit', removeAllTemporary);
  const folder = await mkdtemp(join(tmpdir(), 'adfw-detector-'));
  temporary.add(folder);
  return folder;
}

function removeTemporary(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  temporary.delete(folder);
  if (temporary.size === 0) process.off('exit', removeAllTemporary);
}

function removeAllTemporary(): void {
  for (const folder of temporary) removeTemporary(folder);
}
