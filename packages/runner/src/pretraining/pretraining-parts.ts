import { listParts, type Part, uncheckedRegistry } from '@adfw/core';
import { plugin } from '@adfw/pretraining';

/** What can be pretrained: what `adfw pretrain NAME` names. */
export const pretrainingParts: readonly Part<'pretraining'>[] = listParts(
  uncheckedRegistry([plugin]),
  'pretraining',
).map(({ part }) => part);
