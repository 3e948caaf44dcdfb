/** Chooses the tfjs backend that an experiment runs on: the "engine". */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { ConfigurationError, tf } from '@adfw/core';
import type { Provider } from '@adfw/engine-onnxruntime';

export const engineNames = ['auto', 'onnxruntime', 'tensorflow', 'wasm', 'cpu'] as const;
export type EngineName = (typeof engineNames)[number];

/** What ONNX Runtime can compute on; which of them there are depends on the machine. */
export const providerNames = [
  'cpu',
  'webgpu',
  'cuda',
  'coreml',
  'dml',
] as const satisfies readonly Provider[];

/** What the numbers of a run were computed with. */
export interface EngineInfo {
  name: Exclude<EngineName, 'auto'>;
  version: string;
  /** What does the arithmetic: `cpu`, `cuda`, … */
  provider: string;
  threads: number;
}

/** How ONNX Runtime computes; the other engines leave no choice. */
export interface EngineOptions {
  /** The CPU by default. */
  provider?: Provider;
  /** Threads on the CPU; by default what the machine has. */
  threads?: number;
}

const require = createRequire(import.meta.url);
const versionOf = (packageName: string): string => require(`${packageName}/package.json`).version;

/**
 * Makes an engine tfjs' backend. `auto` takes TensorFlow's native one where `@tensorflow/tfjs-node-gpu` or
 * `@tensorflow/tfjs-node` is installed and loads, else, and where there are options, ONNX Runtime.
 * @param usualThreads of ONNX Runtime, where the options do not say how many.
 * @throws ConfigurationError when an engine that was asked for by name cannot be loaded, or a provider isn't available; when there
 * are options and the engine takes none, or runs already with others.
 */
export async function useEngine(
  name: EngineName,
  options: EngineOptions = {},
  usualThreads?: number,
): Promise<EngineInfo> {
  const given = Object.keys(options);
  const onnxruntimeOptions = { ...(usualThreads !== undefined && { threads: usualThreads }), ...options };
  if (given.length > 0) {
    if (name === 'auto') return onnxruntime(onnxruntimeOptions);
    if (name !== 'onnxruntime')
      throw new ConfigurationError(
        `The engine "${name}" has no choice of ${given.join(' or ')}: leave that out, or use the engine onnxruntime.`,
      );
  }
  switch (name) {
    case 'auto':
      return (await tensorflow()) ?? (await onnxruntime(onnxruntimeOptions));
    case 'onnxruntime':
      return onnxruntime(onnxruntimeOptions);
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
  try {
    configure(options);
  } catch (error) {
    throw new ConfigurationError((error as Error).message, [], { cause: error });
  }
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
