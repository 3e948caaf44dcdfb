import { descriptorKind, type PretrainingKind, pyramidKind } from '@adfw/pretraining';

/** The kinds of teacher that `adfw pretrain` trains. */
export const pretrainingKinds: readonly PretrainingKind[] = [pyramidKind, descriptorKind];
