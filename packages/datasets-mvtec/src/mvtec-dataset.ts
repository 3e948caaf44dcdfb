/** The dataset `mvtec`: MVTec AD, and whatever is laid out as it is. */
import type { Dataset, PartContext } from '@adfw/core';
import {
  createTreeDataset,
  type TreeLayout,
  type TreeOptions,
  treeCategories,
  treePart,
} from './tree-dataset.js';

export type MvtecOptions = TreeOptions;

export const mvtecLayout: TreeLayout = {
  name: 'mvtec',
  summary: 'A dataset in the layout of MVTec AD: train/good, test/good, test/<kind of defect>, ground_truth.',
  reference:
    'Bergmann et al., MVTec AD: A Comprehensive Real-World Dataset for Unsupervised Anomaly Detection, CVPR 2019',
};

export const mvtecDataset = treePart(mvtecLayout);

/** As `createTreeDataset`. */
export const createMvtecDataset = (options: MvtecOptions, context: PartContext): Promise<Dataset> =>
  createTreeDataset(mvtecLayout, options, context);

/** As `treeCategories`. */
export const mvtecCategories = (root: string): Promise<string[] | null> => treeCategories(root, mvtecLayout);
