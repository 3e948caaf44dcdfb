// tfjs-core's main file comes first: it makes the engine, the registries and the tensor class that what follows adds to.
import '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
// Some gradients are written with the methods of tensors (x.reshape(…)), which are kept apart in the same way.
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
