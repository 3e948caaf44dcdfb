/** The parts that an experiment names, created and bound to the identifiers of what they do in it. */
import { dispose as disposeTensors } from '@tensorflow/tfjs-core';
import type { Backbone } from '../contracts/backbone.js';
import type { Dataset } from '../contracts/dataset.js';
import type { DistillationLoss } from '../contracts/distillation-loss.js';
import { ConfigurationError, DataError } from '../contracts/errors.js';
import type { Optimizer } from '../contracts/optimizer.js';
import type { PartContext, PartKinds } from '../contracts/part.js';
import type { ScoreFunction } from '../contracts/score-function.js';
import type { Thresholder } from '../contracts/threshold.js';
import { withAdapter } from '../distillation/adapter.js';
import { withStandardizedFeatures } from '../distillation/standardized-features.js';
import { Container, type ServiceIdentifier } from '../plugins/inversify.js';
import { shapeFault } from '../plugins/part-shape.js';
import { findPart, type Registry } from '../plugins/registry.js';
import { type PartChoice, type ResolvedExperiment, studentChoice, type TeacherChoice } from './experiment.js';
import { type PartSlot, partSlots } from './schema.js';

/** A new optimizer for the student of this index; each student has its own. */
export type OptimizerFactory = (student: number) => Promise<Optimizer>;

const identifier = <T>(name: string) => Symbol.for(`adfw/${name}`) as ServiceIdentifier<T>;

/** What the parts of a composition are bound to in its container. */
export const experimentIdentifier = identifier<ResolvedExperiment>('ResolvedExperiment');
export const teacherIdentifier = identifier<Backbone>('Teacher');
export const studentsIdentifier = identifier<readonly Backbone[]>('Students');
export const distillationLossIdentifier = identifier<DistillationLoss>('DistillationLoss');
export const scoreFunctionIdentifier = identifier<ScoreFunction>('ScoreFunction');
export const thresholderIdentifier = identifier<Thresholder>('Thresholder');
export const deployedThresholderIdentifier = identifier<Thresholder>('DeployedThresholder');
export const optimizerFactoryIdentifier = identifier<OptimizerFactory>('OptimizerFactory');
/** Asynchronous: `await container.getAsync(datasetIdentifier)`. */
export const datasetIdentifier = identifier<Dataset>('Dataset');

/** An experiment whose parts exist. */
export interface Composition {
  readonly experiment: ResolvedExperiment;
  /** A child of the registry in which each part is bound, for what else is to be injected into. */
  readonly container: Container;
  readonly teacher: Backbone;
  readonly students: readonly Backbone[];
  readonly loss: DistillationLoss;
  readonly score: ScoreFunction;
  readonly threshold: Thresholder;
  readonly deployedThreshold: Thresholder;
  readonly createOptimizer: OptimizerFactory;
  /**
   * Reads the dataset, the first time it is called.
   * @throws ConfigurationError where the experiment names none.
   */
  dataset(): Promise<Dataset>;
  /** The same parts once more, as they were created: for another fit beside this one. */
  anew(): Promise<Composition>;
  /** Disposes the teacher, the students, and what the score has learnt. */
  dispose(): void;
}

/** A random teacher is the same one whatever the experiment's seed, as one with weights is. */
const teacherSeed = 0;

/**
 * Creates the parts of an experiment. Student s draws its random numbers from the seed of the experiment plus s; the teacher
 * from a seed of its own, which no experiment changes.
 * @throws ConfigurationError where the parts do not fit: teacher and students whose layers differ, fewer students than the
 *   score needs, a deployed threshold that would need defective images. What a part itself throws keeps its message, after the
 *   slot and the part it comes from.
 */
export async function compose(
  registry: Registry,
  experiment: ResolvedExperiment,
  {
    datasetFirst = false,
    ...context
  }: Pick<PartContext, 'report' | 'signal' | 'restoring'> & {
    /** Reads the dataset before the networks are made: that a folder is wrong shows before weights are downloaded. */
    datasetFirst?: boolean;
  } = {},
): Promise<Composition> {
  const { teacher, student, loss, score, threshold, deployedThreshold, training, layers, seed } = experiment;
  const create = async <S extends PartSlot>(
    slot: S,
    choice: PartChoice,
    own: Partial<PartContext> = {},
  ): Promise<PartKinds[(typeof partSlots)[S]]> => {
    context.signal?.throwIfAborted();
    return createPart(registry, slot, choice, { ...context, seed, layers, ...own });
  };

  const container = new Container({ parent: registry, defaultScope: 'Singleton' });
  const bind = <T>(service: ServiceIdentifier<T>, value: T): T => {
    container.bind(service).toConstantValue(value);
    return value;
  };
  const backbones: Backbone[] = [];
  let fitted: ScoreFunction['statistics'] = {};
  const dispose = () => {
    for (const backbone of backbones.splice(0)) backbone.dispose();
    disposeTensors(fitted ?? {});
  };
  try {
    bind(experimentIdentifier, experiment);
    const parts = {
      loss: bind(distillationLossIdentifier, await create('loss', loss)),
      score: bind(scoreFunctionIdentifier, await create('score', score)),
      threshold: bind(thresholderIdentifier, await create('threshold', threshold)),
      deployedThreshold: bind(
        deployedThresholderIdentifier,
        await create('deployedThreshold', deployedThreshold),
      ),
    };
    fitted = parts.score.statistics;
    checkStudentCount(experiment, parts.score);
    checkDeployedThreshold(experiment, parts.deployedThreshold);
    checkPatience(experiment);

    container.bind(datasetIdentifier).toDynamicValue(async () => {
      if (experiment.dataset) return create('dataset', experiment.dataset);
      throw new ConfigurationError('$.dataset is missing; name the dataset that is to be read.');
    });
    if (datasetFirst) await container.getAsync(datasetIdentifier);

    const createBackbone = async (choice: PartChoice, own: BackboneContext): Promise<Backbone> => {
      const backbone = await create(own.role, choice, own);
      backbones.push(backbone);
      checkLayers(experiment, own.role, backbone);
      return backbone;
    };
    const createTeacher = async ({ standardize, ...choice }: TeacherChoice) => {
      const network = await createBackbone(choice as PartChoice, { role: 'teacher', seed: teacherSeed });
      return standardize ? replaceLast(backbones, withStandardizedFeatures(network)) : network;
    };
    const createStudent = async (index: number) => {
      const { layers, channels } = teacherNetwork;
      const own = { role: 'student', seed: seed + index, teacher: { layers, channels } } as const;
      const network = await createBackbone(studentChoice(student, index), own);
      if (student.adapter === 'convolution')
        return replaceLast(backbones, withAdapter(network, channels, own.seed));
      checkChannels(experiment, teacherNetwork, network);
      return network;
    };
    const teacherNetwork = await createTeacher(teacher);
    for (let index = 0; index < student.count; index++) await createStudent(index);

    return {
      experiment,
      container,
      ...parts,
      teacher: bind(teacherIdentifier, teacherNetwork),
      students: bind(studentsIdentifier, backbones.slice(1)),
      createOptimizer: bind(optimizerFactoryIdentifier, (index) =>
        create('training.optimizer', training.optimizer, { seed: seed + index }),
      ),
      dataset: () => container.getAsync(datasetIdentifier),
      anew: () => compose(registry, experiment, context),
      dispose,
    };
  } catch (error) {
    dispose();
    throw error;
  }
}

type BackboneContext = Partial<PartContext> & { readonly role: 'teacher' | 'student' };

function replaceLast<T>(list: T[], value: T): T {
  list[list.length - 1] = value;
  return value;
}

function checkStudentCount({ student, score }: ResolvedExperiment, { minStudents }: ScoreFunction): void {
  if (student.count >= minStudents) return;
  throw new ConfigurationError(
    `$.student.count must be at least ${minStudents} for the score "${score.type}"; found ${student.count}.`,
  );
}

/** What would be ignored is refused. */
function checkPatience({ training: { patience, validationFraction } }: ResolvedExperiment): void {
  if (patience == null || validationFraction > 0) return;
  throw new ConfigurationError(
    `$.training.patience is ${patience}, but without held-out images no epoch is better than another: set $.training.validationFraction above 0, or patience to null.`,
  );
}

function checkDeployedThreshold(experiment: ResolvedExperiment, { needs }: Thresholder): void {
  if (needs === 'nominal') return;
  throw new ConfigurationError(
    `$.deployedThreshold must be a threshold that nominal images suffice for, such as "nominal-quantile"; ` +
      `"${experiment.deployedThreshold.type}" needs ${needs}, which a user of the model does not have.`,
  );
}

function checkLayers(
  { layers, ...slots }: ResolvedExperiment,
  slot: 'teacher' | 'student',
  given: Backbone,
): void {
  const differs = [...layers, ...given.layers].find(
    (layer) => !layers.includes(layer) || !given.layers.includes(layer),
  );
  if (differs === undefined) return;
  throw new ConfigurationError(
    `$.${slot}: the backbone "${slots[slot].type}" must give the layers of the experiment, ${layers.join(', ')}; ` +
      `it gives ${given.layers.join(', ') || 'none'}, so that "${differs}" is on one side only.`,
  );
}

function checkChannels({ layers, teacher, student }: ResolvedExperiment, of: Backbone, by: Backbone): void {
  for (const layer of layers) {
    const [expected, found] = [of.channels[layer], by.channels[layer]];
    if (expected === found) continue;
    throw new ConfigurationError(
      `$.student must give as many channels as $.teacher; in "${layer}" the student "${student.type}" has ` +
        `${found}, the teacher "${teacher.type}" has ${expected}. With "adapter": "convolution" they may differ.`,
    );
  }
}

async function createPart<S extends PartSlot>(
  registry: Registry,
  slot: S,
  { type, ...options }: PartChoice,
  context: PartContext,
): Promise<PartKinds[(typeof partSlots)[S]]> {
  const kind: (typeof partSlots)[S] = partSlots[slot];
  const { part, from } = findPart(registry, kind, type);
  let created: unknown;
  try {
    created = await part.create(options, context);
  } catch (error) {
    context.signal?.throwIfAborted();
    throw withSlot(error, `$.${slot}`, type);
  }
  const fault = shapeFault(created, kind);
  if (fault !== undefined)
    throw new ConfigurationError(`$.${slot}: the ${kind} "${type}" of plugin "${from}" ${fault}.`);
  return created as PartKinds[(typeof partSlots)[S]];
}

function withSlot(error: unknown, slot: string, type: string): unknown {
  if (!(error instanceof Error) || error.message.includes(slot)) return error;
  const message = `${slot} ("${type}"): ${error.message}`;
  if (error instanceof ConfigurationError)
    return new ConfigurationError(message, error.faults, { cause: error });
  if (error instanceof DataError) return new DataError(message, { cause: error });
  return new Error(message, { cause: error });
}
