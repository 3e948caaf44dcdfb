/**
 * Before and after each test file of a process that files share: it finds tfjs on the cpu backend, as the first file did, and fails
 * where it leaves the process otherwise than it found it, so that no file's outcome depends on which ones ran before.
 */
import { readFileSync } from 'node:fs';
import { configure } from '@adfw/engine-onnxruntime';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterAll, expect, vi } from 'vitest';

const file = expect.getState().testPath as string;
if (/\bvi\.(mock|doMock)\(/.test(readFileSync(file, 'utf8')))
  throw new Error(
    `${file} replaces modules, which others share: list it in vitest.config.ts as one with a process of its own.`,
  );

/** Engines that modules register; tests that register others remove them. */
const engines = ['cpu', 'onnxruntime', 'wasm'];

function stateOfProcess() {
  // Native libraries set these when they are loaded: ONNX Runtime's and libvips.
  const { ORT_DISABLE_TELEMETRY: _, VIPSHOME: __, ...environment } = process.env;
  return {
    folder: process.cwd(),
    environment,
    exitCode: process.exitCode,
    listeners: ['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal)),
    otherEngines: Object.keys(tf.engine().registryFactory).filter((name) => !engines.includes(name)),
  };
}

// Files run beside one another, one on each core.
const threads = 1;
configure({ threads });

await tf.setBackend('cpu');
const before = stateOfProcess();
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  expect(stateOfProcess(), 'what the file leaves behind').toEqual(before);
  const engine = tf.findBackend('onnxruntime') as (tf.KernelBackend & { options: object }) | null;
  if (engine !== null)
    expect(engine.options, 'options of the engine, of which a process has one').toMatchObject({
      threads,
      provider: 'cpu',
    });
});
