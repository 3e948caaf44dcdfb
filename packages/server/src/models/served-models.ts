/** The models of a server: made ready, watched, and each replaced where its run's folder holds another one. */
import { ConfigurationError } from '@adfw/core';
import type { Limits } from '../guard/limits.js';
import type { ServerMetrics } from '../server-metrics.js';
import { type ModelSlot, modelSlot, type ReadyModel, readyModel, type ServableModel } from './model-slot.js';
import { type NamedModel, reloadOnChange } from './reload.js';

export interface ServedModels {
  /** In the order in which they were given; none before `open`. */
  readonly slots: readonly ModelSlot[];
  /** Whether the thread of one has ended that is in use. */
  readonly isBroken: boolean;
  /** Resolves when the thread of one has died, with what it died of. */
  readonly failed: Promise<Error>;
  /** Has each score a test pass. @throws what one throws. */
  open(): Promise<void>;
  /** Loads each anew from now on when it changes where it comes from. */
  watch(log: ReloadLog): void;
  /** Loads none any more. */
  unwatch(): Promise<void>;
  /** Ends those that were loaded here. */
  close(): Promise<void>;
}

interface ReloadLog {
  info(about: object, message: string): void;
  error(about: object, message: string): void;
}

export interface ServedModelsOptions {
  readonly limits: Limits;
  /** In place of the models' own. */
  readonly threshold: number | undefined;
  readonly metrics: Pick<ServerMetrics, 'batch' | 'reload'>;
}

export function servedModels(
  models: readonly NamedModel[],
  { limits, threshold, metrics }: ServedModelsOptions,
): ServedModels {
  const slots: ModelSlot[] = [];
  const watches: (() => Promise<void>)[] = [];
  /** Models that were loaded here. */
  const loaded = new Set<ServableModel>();
  let isBroken = false;
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<Error>((resolve) => {
    fail = resolve;
  });
  const ready = (name: string, model: ServableModel): Promise<ReadyModel> =>
    readyModel(model, {
      limits,
      threshold,
      onBatch: (images, seconds) => metrics.batch(name, images, seconds),
    });
  /** Whatever ends a model in use: nothing can be scored with it any more. */
  function mind(slot: ModelSlot, model: ServableModel): void {
    void model.ended.then((error) => {
      if (slot.current.model !== model) return;
      isBroken = true;
      if (error) fail(error);
    });
  }
  async function take(slot: ModelSlot, model: ServableModel): Promise<void> {
    const next = await ready(slot.name, model);
    const before = slot.current.model;
    const unused = slot.replace(next);
    mind(slot, model);
    loaded.add(model);
    slot.isStale = false;
    metrics.reload(slot.name, 'done');
    void unused.then(() => before.close()).then(() => loaded.delete(before));
  }
  return {
    slots,
    get isBroken() {
      return isBroken;
    },
    failed,
    async open() {
      for (const { name, model } of models) {
        const slot = modelSlot(name, await ready(name, model));
        mind(slot, model);
        slots.push(slot);
      }
    },
    watch(log) {
      for (const [index, { source }] of models.entries()) {
        const slot = slots[index] as ModelSlot;
        const about = { model: slot.name };
        const replace = async (model: ServableModel) => {
          await take(slot, model);
          log.info(about, 'another model in the folder is served now');
        };
        const refuse = (err: Error) => {
          slot.isStale = true;
          metrics.reload(slot.name, 'failed');
          log.error(
            { ...about, err },
            'what is in the folder now cannot be served; the model before still is',
          );
        };
        if (source) watches.push(reloadOnChange(source, replace, refuse));
      }
    },
    async unwatch() {
      await Promise.all(watches.map((end) => end()));
    },
    async close() {
      await Promise.all([...loaded].map((model) => model.close()));
    },
  };
}

/** @throws ConfigurationError where two are the same, or one cannot be a part of a URL's path. */
export function checkModelNames(names: readonly string[]): void {
  if (names.length === 0) throw new ConfigurationError('There is no model to serve: name one.');
  const wrong = names.find((name) => name === '' || name === '.' || name === '..' || /[/\\]/.test(name));
  if (wrong !== undefined)
    throw new ConfigurationError(
      `"${wrong}" cannot be the name of a model, since it is to be a part of its address: choose another, as in NAME=RUN.`,
    );
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw new ConfigurationError(`Two models are called "${twice}": give one another name, as in NAME=RUN.`);
}
