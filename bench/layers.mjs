// Programs of tfjs-layers, unchanged, on our engine and on tfjs's own backends: seconds of `fit`, a process each, taking turns.
//   node bench/layers.mjs [repeats=3]
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';

const backends = ['onnxruntime', 'cpu', 'wasm'];

/** What each program trains, and on what. */
const programs = {
  // 64 sequences of 10 vectors of 8.
  lstm: () => ({
    layers: [layers.lstm({ units: 16, inputShape: [10, 8] }), layers.dense({ units: 1 })],
    loss: 'meanSquaredError',
    x: tf.randomUniform([64, 10, 8], -1, 1, 'float32', 1),
    y: tf.randomUniform([64, 1], -1, 1, 'float32', 2),
    fit: { epochs: 15, batchSize: 16 },
  }),
  // 256 images of 28x28, in 10 classes.
  cnn: () => ({
    layers: [
      layers.conv2d({ filters: 16, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.conv2d({ filters: 32, kernelSize: 3, activation: 'relu' }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
    loss: 'categoricalCrossentropy',
    x: tf.randomUniform([256, 28, 28, 1], -1, 1, 'float32', 1),
    y: tf.oneHot(tf.cast(tf.randomUniform([256], 0, 10, 'float32', 2), 'int32'), 10),
    fit: { epochs: 6, batchSize: 32 },
  }),
};

async function seconds(program, backend) {
  if (backend === 'onnxruntime') await import('@adfw/engine-onnxruntime');
  else await import(`@tensorflow/tfjs-backend-${backend}`);
  if (backend === 'wasm') {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  }
  await tf.setBackend(backend);
  const { layers, loss, x, y, fit } = programs[program]();
  const model = sequential({ layers });
  model.compile({ optimizer: tf.train.adam(0.01), loss });
  const start = performance.now();
  await model.fit(x, y, { ...fit, verbose: 0 });
  return (performance.now() - start) / 1000;
}

const [program, backend] = process.argv.slice(2);
if (backend) {
  await import('@adfw/tfjs-gradients');
  process.stdout.write(`\n${await seconds(program, backend)}`);
} else {
  const measured = new Map();
  for (let repeat = 0; repeat < Number(program ?? 3); repeat++) {
    for (const name of Object.keys(programs)) {
      for (const on of backends) {
        const arguments_ = [fileURLToPath(import.meta.url), name, on];
        const { stdout, stderr, status } = spawnSync(process.execPath, arguments_, { encoding: 'utf8' });
        const result = status === 0 ? Number(stdout.split('\n').at(-1)) : stderr.match(/Error: .*/)?.[0];
        measured.set(`${name} ${on}`, [...(measured.get(`${name} ${on}`) ?? []), result]);
      }
    }
  }
  for (const [key, results] of measured) {
    const middle = results.sort((a, b) => a - b)[results.length >> 1];
    console.log(key.padEnd(18), typeof middle === 'number' ? `${middle.toFixed(2)} s` : middle);
  }
}
