// tfjs-core's main file comes first: it makes the engine and the registries that the gradients are entered in.
import '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
