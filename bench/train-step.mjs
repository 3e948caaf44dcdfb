// One STFPM training step: ResNet-18 student, layers 1-3, batch norm in training mode, cosine loss, SGD with momentum and
// weight decay; the teacher's features are given. On the built packages (npm run build):
//   node bench/train-step.mjs [batch=32] [size=224]     STEPS=n; PEER=python3 runs PyTorch's step too, alternating
import { performance } from 'node:perf_hooks';
import { configure } from '@adfw/engine-onnxruntime';
import { createResNet } from '@adfw/backbone-resnet';
import { sgd, tf } from '@adfw/core';
import { cosineLoss } from '@adfw/method-stfpm';

const [batch = 32, size = 224] = process.argv.slice(2).map(Number);
const steps = Number(process.env.STEPS ?? 10);
if (process.env.PROFILE) configure({ profile: process.env.PROFILE });
await tf.setBackend('onnxruntime');

const layers = ['layer1', 'layer2', 'layer3'];
const teacher = createResNet('resnet18', { layers, seed: 1, frozen: true });
const student = createResNet('resnet18', { layers, seed: 2 });
const optimizer = sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 1e-4 });
const loss = cosineLoss('sum');
const images = tf.randomNormal([batch, size, size, 3], 0, 1, 'float32', 1);
const variables = Object.values(student.parameters);

const timed = async (work) => {
  const start = performance.now();
  const value = await work();
  return [performance.now() - start, value];
};

const [teacherMs, features] = await timed(async () => {
  const pyramid = teacher.features(images, 'eval');
  const read = {};
  for (const [layer, tensor] of Object.entries(pyramid)) {
    read[layer] = tf.tensor4d(await tensor.data(), tensor.shape);
    tensor.dispose();
  }
  return read;
});
console.log(`teacher, first batch: ${teacherMs.toFixed(0)} ms`);

const step = () => {
  const value = tf.tidy(() => {
    const { value, grads } = tf.variableGrads(() => loss(features, student.features(images, 'train')), variables);
    const byName = Object.fromEntries(
      Object.entries(student.parameters).map(([name, variable]) => [name, grads[variable.name]]),
    );
    optimizer.step(student.parameters, byName);
    return value;
  });
  return value.data().then(([number]) => (value.dispose(), number));
};

const times = [];
for (let i = 0; i < steps; i++) {
  const [ms, value] = await timed(step);
  times.push(ms);
  const { rss } = process.memoryUsage();
  console.log(`step ${i}: ${ms.toFixed(0)} ms, loss ${value.toFixed(5)}, ${(rss / 1e9).toFixed(2)} GB, ${tf.memory().numTensors} tensors`);
}
const median = [...times].slice(3).sort((a, b) => a - b)[Math.floor((times.length - 3) / 2)];
console.log(`median ${median.toFixed(0)} ms`);
tf.removeBackend('onnxruntime');
