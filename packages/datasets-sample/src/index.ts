/** The built-in sample of adfw: a generated dataset that needs no files. */
import { definePlugin, type Plugin } from '@adfw/core';
import { sampleDataset } from './sample-dataset.js';

export { createSampleDataset, type SampleOptions } from './sample-dataset.js';

export const plugin: Plugin = definePlugin({ name: '@adfw/datasets-sample', parts: [sampleDataset] });
export default plugin;
