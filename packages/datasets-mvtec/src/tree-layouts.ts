/** Public datasets that are laid out as MVTec AD, but for what is said here. */
import type { TreeLayout } from './tree-dataset.js';

export const btadLayout: TreeLayout = {
  name: 'btad',
  summary: 'BTAD: three products, 01 to 03, in train/ok, test/ok, test/ko and ground_truth/ko.',
  reference:
    'Mishra et al., VT-ADL: A Vision Transformer Network for Image Anomaly Detection and Localization, ISIE 2021',
  around: ['BTech_Dataset_transformed'],
};

export const mpddLayout: TreeLayout = {
  name: 'mpdd',
  summary: 'MPDD: painted metal parts in six categories, in the layout of MVTec AD.',
  reference:
    'Jezek et al., Deep learning-based defect detection of metal parts: evaluating current methods in complex conditions, ICUMT 2021',
  around: ['MPDD'],
};

export const autoViLayout: TreeLayout = {
  name: 'autovi',
  summary: 'AutoVI: car parts on a production line; masks in a folder for each image, one for each defect.',
  reference: 'Carvalho et al., The Automotive Visual Inspection Dataset (AutoVI), 2024',
  masksOfDefects: true,
};

export const locoLayout: TreeLayout = {
  name: 'mvtec-loco',
  summary:
    'MVTec LOCO AD: logical and structural anomalies, each defect with a mask of its own; validation/good is held out.',
  reference:
    'Bergmann et al., Beyond Dents and Scratches: Logical Constraints in Unsupervised Anomaly Detection and Localization, IJCV 2022',
  around: ['mvtec_loco_anomaly_detection'],
  validation: true,
  masksOfDefects: true,
};

export const ad2Layout: TreeLayout = {
  name: 'mvtec-ad-2',
  summary:
    'MVTec AD 2: several lights; validation/good is held out, test_public has labels, test_private and test_private_mixed are scored alone.',
  reference:
    'Heckler-Kram et al., The MVTec AD 2 Dataset: Advanced Scenarios for Unsupervised Anomaly Detection, 2025',
  around: ['mvtec_ad_2'],
  validation: true,
  test: 'test_public',
  masks: 'test_public/ground_truth',
  unlabelled: ['test_private', 'test_private_mixed'],
  viewOf(stem) {
    const [, group, view] = /^(\d+)_(.+)$/.exec(stem) ?? [];
    return group !== undefined && view !== undefined ? { group, view } : null;
  },
};
