/**
 * The one copy of TensorFlow.js that every package and plugin shares, with its gradients registered: `import { tf } from
 * '@adfw/core'`. Two copies would have two engines, and tensors of one are strangers to the other.
 */
import '@adfw/tfjs-gradients';

export * as tf from '@tensorflow/tfjs-core';
