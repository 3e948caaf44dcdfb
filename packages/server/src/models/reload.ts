/** Serves what a run's folder holds: when another model lies there, it takes the place of the one before. */

import type { ServableModel } from './model-slot.js';
import { filesOfModel, watchRun } from './run-watch.js';

/** A model to serve, and where it comes from. */
export interface NamedModel {
  /** Names its routes: `/models/NAME/predict`. */
  readonly name: string;
  readonly model: ServableModel;
  /** Where it is loaded from again when it changes there; without it, it is served as it is. */
  readonly source?: ModelSource;
}

export interface ModelSource {
  /** The run directory, or its `model` folder. */
  readonly run: string;
  readonly load: () => Promise<ServableModel>;
  /** The files that the model was loaded from. */
  readonly files: string | null;
  /** Milliseconds between two looks at them; a second by default. */
  readonly interval?: number;
}

/** Loads a model that is to be served, and loaded again whenever the run's folder holds another. @throws what `load` does. */
export async function openNamedModel(
  name: string,
  { run, load, ...options }: Omit<ModelSource, 'files'>,
): Promise<NamedModel> {
  const files = await filesOfModel(run);
  return { name, model: await load(), source: { run, load, files, ...options } };
}

/**
 * @param take puts a model in the place of the one before, or throws and leaves that.
 * @param refuse is told why what lies there now cannot be served.
 * @returns what ends it.
 */
export function reloadOnChange(
  { run, load, files, interval }: ModelSource,
  take: (model: ServableModel) => Promise<void>,
  refuse: (error: Error) => void,
): () => Promise<void> {
  return watchRun(
    run,
    files,
    async (wanted) => {
      try {
        const model = await load();
        // Its two files may be those of two models, where another was written meanwhile; the next look finds that one.
        const isWhole = (await filesOfModel(run)) === wanted;
        await (isWhole
          ? take(model)
          : Promise.reject(new Error('It was replaced while it was loaded.'))
        ).catch(async (error) => {
          await model.close();
          throw error;
        });
      } catch (error) {
        refuse(error as Error);
      }
    },
    interval,
  );
}
