/** What a model can be made of: every built-in network, loss, score, threshold and method. No part of it needs Node. */
import { plugin as adversarial } from '@adfw/adversarial';
import { plugin as augmentation } from '@adfw/augmentation';
import { plugin as autoencoder } from '@adfw/autoencoder';
import { plugin as classicalFeatures } from '@adfw/classical-features';
import { corePlugin, type Plugin } from '@adfw/core';
import { plugin as distillation } from '@adfw/distillation';
import { plugin as flow } from '@adfw/flow';
import { plugin as gaussian } from '@adfw/gaussian';
import { plugin as memoryBank } from '@adfw/memory-bank';
import { plugin as fvv } from '@adfw/method-fvv';
import { plugin as reverseDistillation } from '@adfw/method-reverse-distillation';
import { plugin as simpleStudent } from '@adfw/method-simple-student';
import { plugin as stfpm } from '@adfw/method-stfpm';
import { plugin as uninformedStudents } from '@adfw/method-uninformed-students';
import { plugin as resnet } from '@adfw/networks';
import { plugin as oneClass } from '@adfw/one-class';
import { plugin as selfSupervision } from '@adfw/self-supervision';

export const methodPlugins: readonly Plugin[] = [
  corePlugin,
  augmentation,
  resnet,
  distillation,
  stfpm,
  fvv,
  simpleStudent,
  reverseDistillation,
  uninformedStudents,
  memoryBank,
  gaussian,
  classicalFeatures,
  flow,
  autoencoder,
  adversarial,
  oneClass,
  selfSupervision,
];
