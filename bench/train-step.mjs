// One STFPM training step: ResNet-18 student, layers 1-3, batch norm in training mode, cosine loss, SGD with momentum and
// weight decay; the teacher's features are given. On the built packages (npm run build):
//   node bench/train-step.mjs [batch=32] [size=224]
// Where python3 has PyTorch, it takes the same steps, one here, one there, and the medians are compared: a ratio below 1 is
// faster than PyTorch. ARCH=resnet50; STEPS=n; PROFILE=prefix writes ONNX Runtime's profiles.
import { spawn, spawnSync } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createResNet } from '@adfw/backbone-resnet';
import { sgd, tf } from '@adfw/core';
import { configure, engineVersion } from '@adfw/engine-onnxruntime';
import { cosineLoss } from '@adfw/method-stfpm';

const [batch = 32, size = 224] = process.argv.slice(2).map(Number);
const architecture = process.env.ARCH ?? 'resnet18';
const steps = Number(process.env.STEPS ?? 10);
if (process.env.PROFILE) configure({ profile: process.env.PROFILE });
await tf.setBackend('onnxruntime');

const layers = ['layer1', 'layer2', 'layer3'];
const teacher = createResNet(architecture, { layers, seed: 1, frozen: true });
const student = createResNet(architecture, { layers, seed: 2 });
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

const step = async () => {
  const value = tf.tidy(() => {
    const { value, grads } = tf.variableGrads(
      () => loss(features, student.features(images, 'train')),
      variables,
    );
    const byName = Object.fromEntries(
      Object.entries(student.parameters).map(([name, variable]) => [name, grads[variable.name]]),
    );
    optimizer.step(student.parameters, byName);
    return value;
  });
  const [number] = await value.data();
  value.dispose();
  return number;
};

const hasPyTorch = spawnSync('python3', ['-c', 'import torch'], { stdio: 'ignore' }).status === 0;
if (!hasPyTorch) console.log('python3 has no torch: nothing to compare with');
const peers = hasPyTorch ? ['contiguous', 'channels_last'].map(peer) : [];
const times = [];
for (let i = 0; i < steps; i++) {
  const [ms, value] = await timed(step);
  times.push(ms);
  const { rss } = process.memoryUsage();
  const memory = `${(rss / 1e9).toFixed(2)} GB, ${tf.memory().numTensors} tensors`;
  const others = [];
  for (const { name, takeStep } of peers) others.push(`${name} ${(await takeStep()).toFixed(0)} ms`);
  console.log(`step ${i}: ${ms.toFixed(0)} ms, loss ${value.toFixed(5)}, ${memory}`, ...others);
}
// The first steps compile.
const median = (all) => [...all].slice(3).sort((a, b) => a - b)[Math.floor((all.length - 3) / 2)];
console.log(`median ${median(times).toFixed(0)} ms`);
for (const other of peers) {
  console.log(
    `${other.name} ${median(other.times).toFixed(0)} ms, ratio ${(median(times) / median(other.times)).toFixed(2)}`,
  );
  other.stop();
}
tf.removeBackend('onnxruntime');

/** PyTorch in a process of its own, which waits while this one computes. */
function peer(format) {
  const script = fileURLToPath(new URL('peers/train_step.py', import.meta.url));
  const threads = String(engineVersion().threads);
  const child = spawn('python3', [script, String(batch), String(size), threads, format], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const times = [];
  return {
    name: `PyTorch ${format}`,
    times,
    async takeStep() {
      child.stdin.write('step\n');
      times.push(Number((await lines.next()).value));
      return times.at(-1);
    },
    stop: () => child.stdin.end(),
  };
}
