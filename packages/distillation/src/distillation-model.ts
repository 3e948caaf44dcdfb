/** The model of teacher and students: students learn, on nominal images, to give the teacher's features. */
import {
  type Backbone,
  ConfigurationError,
  type Cost,
  disposingOnError,
  type FeaturePyramid,
  fromMaps,
  type GatherStage,
  joined,
  type Learner,
  layersOption,
  type Make,
  type Mode,
  type Model,
  networkState,
  type ObservedBatch,
  onBackbone,
  type Part,
  parameterCount,
  type ScoreFunction,
  type Seen,
  type Size,
  type Stateful,
  slot,
  type Training,
  tf,
  trainedBy,
  trainingOption,
  variablesState,
} from '@adfw/core';
import { withAdapter } from './adapter.js';
import { mutualLoss } from './mutual-learning.js';
import { selfDistillation } from './self-distillation.js';
import { standardizedFeatures } from './standardized-features.js';

const options = {
  teacher: slot('backbone', 'The network that students learn from; it is never trained.', {
    default: { type: 'resnet18', weights: 'imagenet' },
    pretrained: true,
  }),
  layers: layersOption(
    ['layer1', 'layer2', 'layer3'],
    'The layers whose features are distilled and scored, shallow to deep.',
  ),
  standardize: {
    type: 'boolean',
    default: false,
    description:
      "Whether each channel of the teacher's features gets mean 0 and standard deviation 1 over the training images (eq. 4.12).",
  },
  student: slot('backbone', "The network that learns; without a type it has the teacher's architecture.", {
    like: 'teacher',
    except: ['weights'],
  }),
  students: {
    type: 'integer',
    minimum: 1,
    default: 1,
    description: 'How many students are trained; they differ in their seed.',
  },
  variants: {
    type: 'array',
    items: slot('backbone', 'A student.', { like: 'student' }),
    default: [],
    examples: [[{ residualScale: 0 }, { residualScale: 1 }]],
    description:
      'Students of an ensemble that differ in more than their seed: each is the next of these, over and over, and what one leaves out is as in `student`; none by default.',
  },
  adapter: {
    enum: ['none', 'convolution'],
    default: 'none',
    description:
      "What brings a student's layers to the teacher's channels: `convolution` is a 1x1 convolution a layer, so that the two can be different networks; `none` needs as many channels on both sides.",
  },
  loss: slot('loss', 'What a student minimises on nominal images.', { default: { type: 'cosine' } }),
  mutual: {
    type: 'number',
    minimum: 0,
    default: 0,
    description:
      'Weight of the mean loss of a student of an ensemble towards what the others give, beside that towards the teacher: deep mutual learning. Each then computes the others, too.',
  },
  selfDistillation: {
    type: 'number',
    minimum: 0,
    default: 0,
    description:
      'Weight of the loss with which each lower layer of a student, pooled and through a convolution of its own, foretells the deepest: self-distillation.',
  },
  score: slot('score', 'How what teacher and students see becomes an anomaly map.', {
    default: { type: 'distance' },
  }),
  training: trainingOption({ epochs: 10, optimizer: { type: 'sgd' } }),
} as const;

interface DistillationOptions {
  readonly teacher: Make<'backbone'>;
  readonly layers: readonly string[];
  readonly standardize: boolean;
  readonly student: Make<'backbone'>;
  readonly students: number;
  readonly variants: readonly Make<'backbone'>[];
  readonly adapter: 'none' | 'convolution';
  readonly loss: Make<'loss'>;
  readonly mutual: number;
  readonly selfDistillation: number;
  readonly score: Make<'score'>;
  readonly training: Training;
}

/** A random teacher is the same one whatever the experiment's seed, as one with weights is. */
const TEACHER_SEED = 0;

export const distillationPart: Part<'model'> = {
  kind: 'model',
  name: 'distillation',
  summary: 'A frozen teacher, and students that learn to give its features of nominal images.',
  reference: 'thesis chapter 4; Wang et al. 2021, "Student-Teacher Feature Pyramid Matching"',
  options,
  create: (given: DistillationOptions, context) =>
    disposingOnError((keep) => createDistillation(given, context, keep)),
};

/**
 * All students see the same images in the same order and differ in their initialisation alone (thesis 5.2.2): student s draws its
 * random numbers from the seed plus s.
 * @param keep is told of each thing that holds tensors.
 */
async function createDistillation(
  {
    teacher: makeTeacher,
    layers,
    standardize,
    student,
    students: count,
    variants,
    ...given
  }: DistillationOptions,
  { seed, restoring = false, imageSize }: { seed: number; restoring?: boolean; imageSize: Size },
  keep: <T extends { dispose(): void }>(value: T) => T,
): Promise<Model> {
  if (given.mutual > 0 && count < 2)
    throw new ConfigurationError(
      `mutual must be 0 for one student, which has no peers; found ${given.mutual}.`,
    );
  if (given.selfDistillation > 0 && layers.length < 2)
    throw new ConfigurationError(
      `selfDistillation must be 0 where layers has one layer, which has none below; found ${given.selfDistillation}.`,
    );
  const distance = await given.loss({ layers });
  const scoring = await given.score({ layers });
  const score = keep(variablesState(scoring.statistics ?? {}));
  checkStudentCount(given.score.type, scoring, count);

  const network = keep(await makeTeacher({ layers, frozen: true, seed: TEACHER_SEED }));
  const standardization = standardize ? standardizedFeatures(network) : null;
  if (standardization) keep(standardization.learnt);
  const teacher = standardization?.backbone ?? network;
  const target = { layers: teacher.layers, channels: teacher.channels };
  const students: Backbone[] = [];
  for (let s = 0; s < count; s++) {
    const make = variants[s % variants.length] ?? student;
    const own = keep(await make({ layers, frozen: false, target, seed: seed + s }));
    if (given.adapter === 'none') checkChannels(make, own, makeTeacher.type, teacher);
    students.push(given.adapter === 'none' ? own : keep(withAdapter(own, teacher.channels, seed + s)));
  }
  if (!restoring)
    checkMapSizes(student.path, teacher, students, imageSize, { shrinking: given.selfDistillation > 0 });
  const ofDeepest = given.selfDistillation > 0 ? await given.loss({ layers: layers.slice(-1) }) : null;
  const selves = ofDeepest
    ? students.map((own, s) => {
        const self = selfDistillation(own, ofDeepest, seed + s);
        keep(self.learnt);
        return self;
      })
    : [];

  /** A student's loss towards the teacher, and what else it minimises. */
  const lossOf = (s: number, { images, features }: Seen, mode: Mode): ReturnType<Learner['loss']> => {
    const seen = (of: Backbone) => of.features(images, mode, features);
    const own = seen(students[s] as Backbone);
    const ofTeacher = distance(features, own);
    if (given.mutual === 0 && ofDeepest === null) return ofTeacher;
    const peers = given.mutual > 0 ? students.filter((_, peer) => peer !== s).map(seen) : [];
    return {
      teacher: ofTeacher,
      ...(peers.length > 0 && { peers: tf.mul(mutualLoss(distance, peers, own), given.mutual) as tf.Scalar }),
      ...(selves[s] && { self: tf.mul(selves[s].loss(own), given.selfDistillation) as tf.Scalar }),
    };
  };

  const seeing = ({ images, features }: Seen) => students.map((s) => s.features(images, 'eval', features));
  const learners: Learner[] = [];
  for (const [s, own] of students.entries())
    learners.push({
      name: `student ${s + 1}`,
      parameters: { ...own.parameters, ...selves[s]?.parameters },
      statistics: own.statistics,
      optimizer: await given.training.optimizer({ seed: seed + s }),
      loss: (seen, mode) => lossOf(s, seen, mode),
    });
  return {
    ...onBackbone(
      teacher,
      joined({
        standardization: standardization?.learnt ?? null,
        ...numbered('student', students),
        ...Object.fromEntries(selves.map(({ learnt }, s) => [`self${s}`, learnt])),
        score,
      }),
    ),
    stages: [
      ...(standardization ? [standardization.stage] : []),
      { name: 'students', learners, ...trainedBy(given.training) },
      ...(scoring.fit ? [scoreStage(scoring, seeing)] : []),
    ],
    detect: (seen) => fromMaps(scoring.anomalyMap(seen.features, seeing(seen), sizeOf(seen))),
    cost: () => costOf(students, imageSize),
  };
}

const scoreStage = (scoring: ScoreFunction, seeing: (seen: Seen) => Observed): GatherStage => ({
  name: 'score',
  on: 'heldOut',
  gather: async (batches) => scoring.fit?.(observed(batches, seeing)),
});

type Observed = ObservedBatch['students'];

async function* observed(
  batches: AsyncIterable<Seen>,
  seeing: (seen: Seen) => Observed,
): AsyncGenerator<ObservedBatch> {
  for await (const seen of batches) {
    const students = tf.tidy(() => seeing(seen) as FeaturePyramid[]);
    try {
      yield { teacher: seen.features, students, size: sizeOf(seen) };
    } finally {
      tf.dispose(students);
    }
  }
}

const sizeOf = ({ images: { shape } }: Seen): [height: number, width: number] => [shape[1], shape[2]];

const numbered = (name: string, networks: readonly Backbone[]): Record<string, Stateful> =>
  Object.fromEntries(networks.map((network, index) => [`${name}${index}`, networkState(network)]));

/** What an image costs the students; the teacher's part is the same for all. */
function costOf(students: readonly Backbone[], size: Size): Cost {
  const multiplyAdds = students.map((student) => student.cost?.(size).multiplyAdds ?? null);
  return {
    parameters: parameterCount(...students.map(({ parameters }) => parameters)),
    multiplyAdds: multiplyAdds.reduce((sum, own) => (sum === null || own === null ? null : sum + own), 0),
  };
}

function checkStudentCount(name: string, { minStudents }: ScoreFunction, count: number): void {
  if (count >= minStudents) return;
  throw new ConfigurationError(
    `students must be at least ${minStudents} for the score "${name}"; found ${count}.`,
  );
}

function checkChannels(
  make: Make<'backbone'>,
  student: Backbone,
  teacherType: string,
  teacher: Backbone,
): void {
  for (const layer of teacher.layers) {
    const [expected, found] = [teacher.channels[layer], student.channels[layer]];
    if (expected === found) continue;
    throw new ConfigurationError(
      `${make.path} must give as many channels as the teacher; in "${layer}" the student "${make.type}" has ` +
        `${found}, the teacher "${teacherType}" has ${expected}. With "adapter": "convolution" they may differ.`,
    );
  }
}

/**
 * Tries whether students give maps of the teacher's size, position for position. With an engine that computes only what is read
 * this costs nothing, as nothing is.
 */
function checkMapSizes(
  path: string,
  teacher: Backbone,
  students: readonly Backbone[],
  size: Size,
  { shrinking }: { readonly shrinking: boolean },
): void {
  tf.tidy(() => {
    const images = tf.zeros<tf.Rank.R4>([1, size.height, size.width, 3]);
    const pyramid = teacher.features(images, 'eval');
    if (shrinking) checkShrinking(pyramid, teacher.layers.at(-1) as string);
    for (const student of students)
      for (const [layer, maps] of Object.entries(student.features(images, 'eval', pyramid))) {
        const [expected, found] = [mapSize(pyramid[layer] as tf.Tensor4D), mapSize(maps)];
        if (expected === found) continue;
        throw new ConfigurationError(
          `${path} must give maps of the teacher's size; in "${layer}" the student's are ${found}, the teacher's ${expected}. ` +
            'Give both the same stride, or take another student.',
        );
      }
  });
}

/** Self-distillation pools each layer to the size of the deepest. */
function checkShrinking(pyramid: FeaturePyramid, deepest: string): void {
  const [, least = 0, narrowest = 0] = pyramid[deepest]?.shape ?? [];
  for (const [layer, maps] of Object.entries(pyramid)) {
    const [, height, width] = maps.shape;
    if (height >= least && width >= narrowest) continue;
    throw new ConfigurationError(
      `layers must end with the smallest for selfDistillation; "${layer}" has maps of ${mapSize(maps)}, ` +
        `"${deepest}" of ${least}x${narrowest}.`,
    );
  }
}

const mapSize = ({ shape: [, height, width] }: tf.Tensor4D): string => `${height}x${width}`;
