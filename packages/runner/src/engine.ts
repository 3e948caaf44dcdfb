/** Chooses the tfjs backend that an experiment runs on: the "engine". */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { ConfigurationError, tf } from '@adfw/core';

export const engineNames = ['auto', 'onnxruntime', 'tensorflow', 'wasm', 'cpu'] as const;
export type EngineName = (typeof engineNames)[number];

/** What the numbers of a run were computed with. */
export interface EngineInfo {
  name: Exclude<EngineName, 'auto'>;
  version: string;
  /** What does the arithmetic: `cpu`, `cuda`, … */
  provider: string;
  threads: number;
}

/** How an engine computes, where that can be chosen. */
export interface EngineOptions {
  /** Threads; what the machine has by default. */
  threads?: number;
}

const require = createRequire(import.meta.url);
const versionOf = (packageName: string): string => require(`${packageName}/package.json`).version;

/**
 * Makes an engine tfjs' backend. `auto` takes TensorFlow's native one where `@tensorflow/tfjs-node-gpu` or
 * `@tensorflow/tfjs-node` is installed and loads, else ONNX Runtime.
 * @throws ConfigurationError when an engine that was asked for by name cannot be loaded.
 */
export async function useEngine(name: EngineName, options: EngineOptions = {}): Promise<EngineInfo> {
  switch (name) {
    case 'auto':
      return (await tensorflow()) ?? (await onnxruntime(options));
    case 'onnxruntime':
      return onnxruntime(options);
    case 'tensorflow': {
      const info = await tensorflow();
      if (info) return info;
      throw new ConfigurationError(
        'The engine "tensorflow" needs @tensorflow/tfjs-node-gpu or @tensorflow/tfjs-node, and neither loads. Install one (npm install @tensorflow/tfjs-node), or use --engine onnxruntime.',
      );
    }
    case 'wasm':
      await import('@tensorflow/tfjs-backend-wasm');
      await setBackend('wasm');
      // Threads of the wasm backend need a browser's workers; on Node it has none.
      return { name, version: versionOf('@tensorflow/tfjs-backend-wasm'), provider: 'wasm', threads: 1 };
    case 'cpu':
      await import('@tensorflow/tfjs-backend-cpu');
      // Else it advertises another backend on stderr.
      tf.enableProdMode();
      await setBackend('cpu');
      return { name, version: versionOf('@tensorflow/tfjs-backend-cpu'), provider: 'javascript', threads: 1 };
  }
}

async function onnxruntime(options: EngineOptions): Promise<EngineInfo> {
  const { configure, engineVersion } = await import('@adfw/engine-onnxruntime');
  if (Object.keys(options).length > 0) configure(options);
  await setBackend('onnxruntime');
  return engineVersion();
}

async function tensorflow(): Promise<EngineInfo | null> {
  for (const packageName of ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node']) {
    try {
      await import(packageName);
      await setBackend('tensorflow');
    } catch {
      // Not installed, or its native library is missing: the next one may load.
      continue;
    }
    return {
      name: 'tensorflow',
      version: versionOf(packageName),
      provider: packageName.endsWith('-gpu') ? 'cuda' : 'cpu',
      threads: availableParallelism(),
    };
  }
  return null;
}

async function setBackend(name: string): Promise<void> {
  if (!(await tf.setBackend(name))) throw new ConfigurationError(`The engine "${name}" failed to start.`);
  await tf.ready();
}
