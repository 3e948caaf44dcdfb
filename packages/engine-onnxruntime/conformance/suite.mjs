// Runs the tests that tfjs-core ships for backends on this one, and says of each test how it ended and which kernels it ran.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { build } from 'rolldown';

export const BACKEND = 'onnxruntime';

/** Every kernel that tfjs-core names: it exports each name under itself. */
export const kernelNames = Object.entries(tf).flatMap(([name, value]) => (name === value ? [name] : []));

/** Kernels of which tfjs-core asks whether they are there; it does without them. */
const optional = [tf.FromPixels, tf.Draw];

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/**
 * @param nameContains only tests with this in their names
 * @returns `{ registered, tests }`: the kernels of the backend, and of each test that ran `{ name, passed, message, kernels,
 *   missing }`, where `kernels` maps those it ran to the types of their inputs (of their results where they have none) and `missing` holds those it asked for in vain
 */
export async function runSuite(nameContains) {
  // Jasmine's functions are globals, as the tests expect them.
  const { jasmine, ...globals } = createRequire(import.meta.url)('jasmine-core').noGlobals();
  Object.assign(globalThis, globals, { jasmine });
  await import(pathToFileURL(await bundle()).href);

  let current = newRecord();
  const registered = watchKernels(() => current);
  const tests = [];
  const environment = jasmine.getEnv();
  environment.configure({
    random: false,
    ...(nameContains && { specFilter: (spec) => spec.getFullName().includes(nameContains) }),
  });
  environment.addReporter({
    specStarted() {
      current = newRecord();
    },
    specDone({ status, fullName, failedExpectations }) {
      if (status !== 'passed' && status !== 'failed') return;
      const [failure] = failedExpectations;
      const message = failure?.message.split('\n')[0] ?? null;
      tests.push({ name: fullName, passed: status === 'passed', message, ...current });
    },
  });
  await environment.execute();
  return { registered, tests };
}

/**
 * The tests are in a form that only bundlers load. The bundle has a copy of tfjs-core in it; the engine and the registries are
 * kept on the global object, so the copies share them.
 */
async function bundle() {
  const folder = mkdtempSync(here('.bundle-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'tests.mjs');
  await build({
    input: here('tests.mjs'),
    external: ['@tensorflow/tfjs-core', '@adfw/engine-onnxruntime', /^jasmine-core/],
    platform: 'node',
    resolve: { mainFields: ['module', 'main'] },
    treeshake: false,
    logLevel: 'silent',
    output: { file, format: 'esm' },
  });
  return file;
}

const newRecord = () => ({ kernels: new Map(), missing: new Set() });

/** Makes every kernel note that it was run, and those that aren't there note that they were wanted. */
function watchKernels(record) {
  const registered = tf.getKernelsForBackend(BACKEND);
  for (const { kernelName, kernelFunc, ...config } of registered) {
    tf.unregisterKernel(kernelName, BACKEND);
    const watched = (call) => {
      const { kernels } = record();
      const types = kernels.get(kernelName) ?? new Set();
      kernels.set(kernelName, types);
      const note = (tensors) => {
        for (const tensor of tensors.flat()) if (tensor) types.add(tensor.dtype);
      };
      const inputs = Object.values(call.inputs);
      note(inputs);
      const results = kernelFunc(call);
      if (inputs.length === 0) note([results].flat());
      return results;
    };
    tf.registerKernel({ kernelName, kernelFunc: watched, ...config });
  }
  const names = registered.map(({ kernelName }) => kernelName);
  for (const kernelName of kernelNames) {
    if (names.includes(kernelName) || optional.includes(kernelName)) continue;
    const kernelFunc = () => {
      record().missing.add(kernelName);
      throw new Error(`Kernel '${kernelName}' not registered for backend '${BACKEND}'`);
    };
    tf.registerKernel({ kernelName, backendName: BACKEND, kernelFunc });
  }
  return names;
}
