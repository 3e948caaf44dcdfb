/** The parts that an experiment names, created and bound to the identifiers of what they do in it. */
import type { Dataset } from '../contracts/dataset.js';
import { ConfigurationError, DataError } from '../contracts/errors.js';
import type { Model } from '../contracts/model.js';
import type {
  ContextOf,
  Make,
  Part,
  PartChoice,
  PartContext,
  PartKind,
  PartKinds,
} from '../contracts/part.js';
import type { Thresholder } from '../contracts/threshold.js';
import { Container, type ServiceIdentifier } from '../plugins/inversify.js';
import { isRecord, type JsonRecord, jsonPath, type Keys } from '../plugins/json.js';
import { shapeFault } from '../plugins/part-shape.js';
import { findKind, findPart, type Registry } from '../plugins/registry.js';
import { modelImageSizeOf, type ResolvedExperiment } from './experiment.js';
import { replaceInSlots } from './slots.js';

const identifier = <T>(name: string) => Symbol.for(`adfw/${name}`) as ServiceIdentifier<T>;

/** What the parts of a composition are bound to in its container. */
export const experimentIdentifier = identifier<ResolvedExperiment>('ResolvedExperiment');
export const modelIdentifier = identifier<Model>('Model');
export const thresholderIdentifier = identifier<Thresholder>('Thresholder');
export const deployedThresholderIdentifier = identifier<Thresholder>('DeployedThresholder');
/** Asynchronous: `await container.getAsync(datasetIdentifier)`. */
export const datasetIdentifier = identifier<Dataset>('Dataset');

/** An experiment whose parts exist. */
export interface Composition {
  readonly experiment: ResolvedExperiment;
  /** A child of the registry in which each part is bound, for what else is to be injected into. */
  readonly container: Container;
  readonly model: Model;
  readonly threshold: Thresholder;
  readonly deployedThreshold: Thresholder;
  /**
   * Reads the dataset, the first time it is called.
   * @throws ConfigurationError where the experiment names none.
   */
  dataset(): Promise<Dataset>;
  /** The same parts once more, as they were created: for another fit beside this one. */
  anew(): Promise<Composition>;
  /** Disposes the model. */
  dispose(): void;
}

/** What of their context whoever composes decides. */
export type ComposeContext = Pick<PartContext, 'report' | 'signal' | 'restoring'>;

/**
 * Creates the parts of an experiment.
 * @throws ConfigurationError where the parts do not fit, such as a deployed threshold that would need defective images. What a part
 *   itself throws keeps its message, after the slot and the part it comes from.
 */
export async function compose(
  registry: Registry,
  experiment: ResolvedExperiment,
  {
    datasetFirst = false,
    ...context
  }: ComposeContext & {
    /** Reads the dataset before the model is made: that a folder is wrong shows before weights are downloaded. */
    datasetFirst?: boolean;
  } = {},
): Promise<Composition> {
  const given = { ...context, seed: experiment.seed };
  const container = new Container({ parent: registry, defaultScope: 'Singleton' });
  const bind = <T>(service: ServiceIdentifier<T>, value: T): T => {
    container.bind(service).toConstantValue(value);
    return value;
  };
  const createThreshold = (key: 'threshold' | 'deployedThreshold') =>
    createPart(registry, 'threshold', experiment[key], [key], given);
  bind(experimentIdentifier, experiment);
  const threshold = bind(thresholderIdentifier, await createThreshold('threshold'));
  const deployedThreshold = bind(deployedThresholderIdentifier, await createThreshold('deployedThreshold'));
  checkDeployedThreshold(experiment, deployedThreshold);

  container.bind(datasetIdentifier).toDynamicValue(() => openDataset(registry, experiment, context));
  if (datasetFirst) await container.getAsync(datasetIdentifier);

  const imageSize = modelImageSizeOf(experiment);
  const model = await createPart(registry, 'model', experiment.model, ['model'], { ...given, imageSize });
  return {
    experiment,
    container,
    model: bind(modelIdentifier, model),
    threshold,
    deployedThreshold,
    dataset: () => container.getAsync(datasetIdentifier),
    anew: () => compose(registry, experiment, context),
    dispose: () => model.dispose(),
  };
}

/**
 * The dataset of an experiment, read without its model.
 * @throws ConfigurationError where the experiment names none.
 */
export async function openDataset(
  registry: Registry,
  { dataset, seed }: Pick<ResolvedExperiment, 'dataset' | 'seed'>,
  context: ComposeContext = {},
): Promise<Dataset> {
  if (!dataset) throw new ConfigurationError('$.dataset is missing; name the dataset that is to be read.');
  return createPart(registry, 'dataset', dataset, ['dataset'], { ...context, seed });
}

/**
 * Creates a part from its choice, with a {@link Make} in place of what is in its slots.
 * @param keys where the choice stands in its document, for messages.
 */
export async function createPart<K extends PartKind>(
  registry: Registry,
  kind: K,
  { type, ...options }: PartChoice,
  keys: Keys,
  context: ContextOf<K>,
): Promise<PartKinds[K]> {
  context.signal?.throwIfAborted();
  const path = jsonPath(keys);
  const { part, from } = findPart(registry, kind, type);
  const { kind: whole } = findKind(registry, kind);
  let created: unknown;
  try {
    created = await part.create(withMakes(registry, part, options, keys, context), context);
  } catch (error) {
    context.signal?.throwIfAborted();
    throw withSlot(error, path, type);
  }
  const fault = shapeFault(created, whole) ?? whole.contextFault?.(created as PartKinds[K], context);
  if (fault === undefined) return created as PartKinds[K];
  disposeOf(created);
  throw new ConfigurationError(`${path}: the ${kind} "${type}" of plugin "${from}" ${fault}.`);
}

/** The options of a part with a {@link Make} in place of what is in its slots. */
export const withMakes = (
  registry: Registry,
  part: Pick<Part, 'options'>,
  options: JsonRecord,
  keys: Keys,
  context: PartContext,
): JsonRecord =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name,
      replaceInSlots(part.options?.[name], value, (slot, choice, within) =>
        isRecord(choice)
          ? makeOf(registry, slot.part, choice as PartChoice, [...keys, name, ...within], context)
          : choice,
      ),
    ]),
  );

function makeOf<K extends PartKind>(
  registry: Registry,
  kind: K,
  choice: PartChoice,
  keys: Keys,
  { seed, restoring, report, signal }: PartContext,
): Make<K> {
  const own: PartContext = {
    seed,
    ...(restoring !== undefined && { restoring }),
    ...(report && { report }),
    ...(signal && { signal }),
  };
  const make = (context: Partial<ContextOf<K>> = {}) =>
    createPart(registry, kind, choice, keys, { ...own, ...context } as ContextOf<K>);
  return Object.assign(make, { type: choice.type, path: jsonPath(keys) });
}

function disposeOf(created: unknown): void {
  if (isRecord(created) && typeof created.dispose === 'function') created.dispose();
}

function checkDeployedThreshold(experiment: ResolvedExperiment, { needs }: Thresholder): void {
  if (needs === 'nominal') return;
  throw new ConfigurationError(
    `$.deployedThreshold must be a threshold that nominal images suffice for, such as "nominal-quantile"; ` +
      `"${experiment.deployedThreshold.type}" needs ${needs}, which a user of the model does not have.`,
  );
}

function withSlot(error: unknown, path: string, type: string): unknown {
  if (!(error instanceof Error) || error.message.includes(path)) return error;
  const message = `${path} ("${type}"): ${error.message}`;
  if (error instanceof ConfigurationError)
    return new ConfigurationError(message, error.faults, { cause: error });
  if (error instanceof DataError) return new DataError(message, { cause: error });
  return new Error(message, { cause: error });
}
