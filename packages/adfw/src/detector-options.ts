/**
 * What a detector is made of: an experiment document without its dataset. The names of built-in parts are known to the editor; those
 * of plugins are strings like any other, and their options are checked when the detector is created.
 */
import type { ImageFit, ImageReading, LearningRateSchedule } from '@adfw/core';
import type { EngineName, FittingOptions } from '@adfw/runner';

/** A name that is known here, or another one. */
type Name<Known extends string> = Known | (string & {});

export type MethodName =
  | 'stfpm'
  | 'fvv'
  | 'simple-student'
  | 'reverse-distillation'
  | 'uninformed-students'
  | 'patchcore'
  | 'k-means'
  | 'spade'
  | 'padim'
  | 'mahalanobis'
  | 'dfm'
  | 'dfkde'
  | 'oc-svm'
  | 'svdd'
  | 'hog-svm'
  | 'fastflow'
  | 'cflow'
  | 'differnet'
  | 'autoencoder'
  | 'ssim-autoencoder'
  | 'vae'
  | 'dagmm'
  | 'ganomaly'
  | 'bigan'
  | 'anogan'
  | 'deep-svdd'
  | 'dense-deep-svdd'
  | 'cutpaste'
  | 'geometric-transformations';
export type ModelName =
  | 'distillation'
  | 'memory-bank'
  | 'clusters'
  | 'spade'
  | 'gaussian'
  | 'mahalanobis'
  | 'dfm'
  | 'dfkde'
  | 'one-class-svm'
  | 'fast-flow'
  | 'cflow'
  | 'differnet'
  | 'autoencoder'
  | 'dagmm'
  | 'ganomaly'
  | 'bigan'
  | 'anogan'
  | 'deep-svdd'
  | 'cut-paste'
  | 'geometric-transformations';
export type BackboneName =
  | 'resnet18'
  | 'resnet34'
  | 'resnet50'
  | 'wide_resnet50_2'
  | 'residual'
  | 'simple-student'
  | 'reverse-distillation'
  | 'patch-descriptors'
  | 'classical';
export type LossName = 'cosine' | 'l2' | 'l1' | 'relation' | 'response';
export type ScoreName = 'distance' | 'variance' | 'distance+variance' | 'regression+uncertainty';
export type OptimizerName = 'sgd' | 'adam';
export type AugmentationName = 'flip' | 'rotate' | 'shift' | 'brightness' | 'contrast' | 'noise';

/** A part by its name, with options of its own: `adfw describe NAME` shows them. Without `type` it is the method's part. */
export interface PartOptions<Known extends string> {
  type?: Name<Known>;
  [option: string]: unknown;
}

export interface DetectorOptions {
  /** The method, whose preset the other options change. */
  method: Name<MethodName>;
  images?: {
    /** What images are resized to, in pixels: the side of a square, or height and width; 224 by default. */
    size?: number | readonly [height: number, width: number];
    /** How an image of another shape becomes this size: `stretch` by default. */
    fit?: ImageFit;
    /** The part that is looked at, the same in all images: the path of a mask, or a polygon in fractions, or in pixels of images of the size `of`. */
    region?:
      | string
      | {
          polygon: readonly (readonly [x: number, y: number])[];
          of?: readonly [height: number, width: number];
        }
      | null;
    /** What images are cut into, where defects are small beside them: each tile is an image to the model. Without tiles by default. */
    tile?: {
      size: number | readonly [height: number, width: number];
      /** Pixels that neighbours have in common, a quarter of the shorter side by default. */
      overlap?: number;
    } | null;
  };
  /** Which page or frame is taken of files with several, counted from 0; without it such a file is an error. */
  page?: ImageReading['page'];
  /** The sample values that are black and white in files of 16 bits: `[0, 4095]` for a camera of 12; their whole range by default. */
  levels?: ImageReading['levels'];
  /** What learns from the images. */
  model?: DistillationOptions | PartOptions<ModelName>;
  /** How it is fitted. */
  fit?: {
    batchSize?: number;
    /** The part of the images that is held out: the best epoch and the threshold are chosen on it. A fifth by default. */
    validationFraction?: number;
    /** From 2 to 20: the threshold is chosen from all images, each scored by a model that was fitted without it, which takes so many fits. */
    folds?: number | null;
    /** How much memory images and features may take that are kept, `512MiB` for one. */
    cacheMemory?: string;
  };
  /** Chooses the threshold from the scores of held-out images; by default so that 99 % of nominal images pass. */
  deployedThreshold?: PartOptions<'nominal-quantile'> & { quantile?: number };
  /** Decides every random number. */
  seed?: number;
  /** Plugins, by the path of an ES module or a package's name. */
  plugins?: readonly string[];
}

/** What computes, on which no result depends but in its last digits. */
export interface EngineChoice extends Pick<FittingOptions, 'provider' | 'threads'> {
  /** `auto` by default: TensorFlow where it is installed, else ONNX Runtime, which comes along. */
  engine?: EngineName;
}

/** Options of the model of teacher and students. */
export interface DistillationOptions extends PartOptions<'distillation'> {
  /** The network that students learn from; ResNet-18 with ImageNet weights by default, which `fit` downloads once. */
  teacher?: PartOptions<BackboneName> & {
    /** `built-in` comes with adfw, and needs no download; a string of another kind is the path of a file. */
    weights?: Name<'imagenet' | 'built-in' | 'random'> | string[];
  };
  layers?: readonly Name<'layer1' | 'layer2' | 'layer3' | 'layer4'>[];
  standardize?: boolean;
  /** Without `type` the students are networks like the teacher. */
  student?: PartOptions<BackboneName>;
  students?: number;
  /** Students that differ in more than their seed, one after the other, over and over. */
  variants?: readonly PartOptions<BackboneName>[];
  adapter?: 'none' | 'convolution';
  loss?: PartOptions<LossName>;
  score?: PartOptions<ScoreName>;
  training?: TrainingOptions;
}

/** How a model is trained that learns with gradients. */
export interface TrainingOptions {
  epochs?: number;
  schedule?: Partial<LearningRateSchedule>;
  /** What the norm of the gradients is scaled down to where it is larger; no limit by default. */
  clipNorm?: number | null;
  /** Decay of a moving average of the weights, which is kept in their place; none by default. */
  averageDecay?: number;
  /** Whether batch normalisation's statistics are computed anew for weights that are tried or kept. */
  preciseBatchNorm?: boolean;
  /** Training ends after so many epochs without a better one. */
  patience?: number | null;
  optimizer?: PartOptions<OptimizerName> & {
    learningRate?: number;
    weightDecay?: number;
    momentum?: number;
  };
  /** What changes each training image anew in each step; nothing by default. */
  augmentation?: readonly PartOptions<AugmentationName>[];
}
