/**
 * The one copy of TensorFlow.js that every package and plugin shares: `import { tf } from '@adfw/core'`. Two copies would
 * have two engines, and tensors of one are strangers to the other.
 */
export * as tf from '@tensorflow/tfjs-core';
