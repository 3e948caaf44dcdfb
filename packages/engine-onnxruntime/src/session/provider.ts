/**
 * ONNX Runtime's execution providers: what computes its graphs. Which ones a build of onnxruntime-node has depends on the
 * platform, and whether one starts on the machine's drivers and libraries.
 */
import { Emitter } from '../emit/emitter.js';
import { encodeModel, nodeName, type OnnxGraph } from '../onnx/onnx-model.js';
import {
  createSession,
  onnxRuntimeVersion,
  type SessionOptions,
  supportedBackends,
  Tensor,
} from './ort-binding.js';

export const providerNames = ['cpu', 'webgpu', 'cuda', 'coreml', 'dml'] as const;
export type Provider = (typeof providerNames)[number];

/** Where a provider is part of onnxruntime-node, and what it needs there. */
const requirements: Record<Exclude<Provider, 'cpu'>, { readonly on: string; readonly needs: string }> = {
  webgpu: {
    on: 'Linux on x64, Windows and macOS',
    needs: 'a GPU with a driver for Vulkan (Linux), Direct3D 12 (Windows) or Metal (macOS)',
  },
  cuda: {
    on: 'Linux on x64',
    needs:
      'an NVIDIA GPU with its driver, CUDA 12, cuDNN 9, and libraries of ONNX Runtime that are downloaded by npm explore @adfw/onnxruntime-node -- npm run cuda',
  },
  coreml: { on: 'macOS', needs: 'macOS' },
  dml: { on: 'Windows', needs: 'a GPU with a driver for Direct3D 12' },
};

/** The providers that onnxruntime-node has on this platform; whether they start is another matter. */
export function builtInProviders(): Provider[] {
  const names = supportedBackends().map(({ name }) => name);
  return providerNames.filter((name) => names.includes(name));
}

/** What makes a session compute a graph on a provider; what the provider has no kernel for is computed by the CPU. */
export function providerOptions(provider: Provider, graph: OnnxGraph): SessionOptions {
  if (provider === 'cpu') return {};
  if (provider === 'webgpu') return { executionProviders: [webGpuOptions(graph)] };
  return { executionProviders: [{ name: provider }] };
}

/** Around what ONNX Runtime 1.30's WebGPU provider gets wrong; `provider.test.ts` holds each of these to the CPU's values. */
function webGpuOptions({ nodes }: OnnxGraph) {
  // Nodes that it takes, and then fails to run or computes wrong; and sums whose order, so whose last bits, differ each time.
  const onCpu = nodes.filter(({ opType, outputs, attributes }) => {
    const { kernel_shape: kernel, group = 1, reduction } = attributes;
    return (
      (opType === 'MaxPool' && outputs.length > 1) ||
      (opType === 'ConvTranspose' && ((kernel as number[]).length > 2 || group !== 1)) ||
      (opType.startsWith('Scatter') && reduction !== undefined)
    );
  });
  return {
    name: 'webgpu',
    // With channels last, its default, convolutions of 6, 15, 18, 21, 30, … channels are wrong: microsoft/onnxruntime#29651.
    preferredLayout: 'NCHW',
    // The list must not be empty.
    ...(onCpu.length > 0 && { forceCpuNodeNames: onCpu.map(nodeName) }),
  } as const;
}

const checked = new Set<Provider>(['cpu']);

/**
 * Starts a provider and compares what it computes with the CPU's values.
 * @throws Error that says why it isn't available, and what is.
 */
export function checkProvider(provider: Provider): void {
  if (checked.has(provider)) return;
  const platform = `${process.platform} ${process.arch}`;
  const available = builtInProviders();
  const { on, needs } = requirements[provider as Exclude<Provider, 'cpu'>];
  const others = available.filter((name) => name !== provider && name !== 'cpu');
  const instead = `Use ${['cpu, which always starts', ...others].join(', or ')}.`;
  if (!available.includes(provider)) {
    throw new Error(
      `The provider "${provider}" is not part of onnxruntime-node ${onnxRuntimeVersion()} for ${platform}: it is for ${on}. ${instead}`,
    );
  }
  const { graph, feeds } = selfTest();
  let difference: number;
  try {
    difference = largestDifference(run(graph, feeds, provider), run(graph, feeds, 'cpu'));
  } catch (error) {
    throw new Error(
      `The provider "${provider}" does not start on ${platform}: ${reason(error as Error)} It needs ${needs}. ${instead}`,
      { cause: error },
    );
  }
  if (!(difference < TOLERANCE)) {
    throw new Error(
      `The provider "${provider}" computes wrong values on ${platform}: they differ from the CPU's by ${difference.toPrecision(2)} of the largest one. Update the GPU's driver. ${instead}`,
    );
  }
  checked.add(provider);
}

/** ONNX Runtime says first where in its source something went wrong. */
function reason({ message }: Error): string {
  const text = message.replace(/\s+/g, ' ').trim();
  return text
    .slice(text.lastIndexOf(' was false. ') + 1)
    .replace(/^was false\. /, '')
    .replace(/\.?$/, '.');
}

// --- the self-test

/** GPUs may compute products of float32 numbers with ten bits of mantissa (TF32). What is broken is off by more. */
const TOLERANCE = 0.01;

type Feeds = Record<string, Tensor>;

/** A small network with what scoring and training are made of: convolutions, pooling, sums, products and resizing. */
function selfTest(): { graph: OnnxGraph; feeds: Feeds } {
  const emitter = new Emitter(0, true);
  const feeds: Feeds = {};
  const input = (dims: readonly number[], scale: number): string => {
    const name = emitter.input('float32', dims);
    const size = dims.reduce((a, b) => a * b, 1);
    feeds[name] = new Tensor('float32', noise(size, Object.keys(feeds).length, scale), [...dims]);
    return name;
  };
  const [batch, channels, size] = [2, 6, 12];
  const conv = (x: string, filter: string, stride: number) =>
    emitter.op('Conv', [x, filter], {
      kernel_shape: [3, 3],
      pads: [1, 1, 1, 1],
      strides: [stride, stride],
    });
  const images = input([batch, 3, size, size], 1);
  const first = emitter.op('Relu', [conv(images, input([channels, 3, 3, 3], 0.5), 1)]);
  const pooled = emitter.op('MaxPool', [first], {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
  });
  const second = conv(pooled, input([channels, channels, 3, 3], 0.3), 2);
  const moved = emitter.transpose(second, [0, 2, 3, 1]);
  const product = emitter.op('MatMul', [moved, input([channels, channels], 0.5)]);
  const sums = emitter.reduce('ReduceSum', emitter.op('Mul', [product, product]), [0, 1, 2]);
  emitter.output(second, 'float32', [batch, channels, size / 4, size / 4]);
  emitter.output(product, 'float32', [batch, size / 4, size / 4, channels]);
  emitter.output(sums, 'float32', [channels]);
  return { graph: emitter.graph(), feeds };
}

/** Numbers up to `scale` on both sides of 0, the same every time. */
function noise(length: number, seed: number, scale: number): Float32Array {
  let state = seed + 1;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state / 2 ** 31) * scale;
  });
}

function run(graph: OnnxGraph, feeds: Feeds, provider: Provider): Float32Array[] {
  const options: SessionOptions = {
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
    ...providerOptions(provider, graph),
  };
  const session = createSession(encodeModel(graph), options);
  try {
    const names = graph.outputs.map(({ name }) => name);
    const fetches = Object.fromEntries(names.map((name) => [name, null]));
    const results = session.run(feeds, fetches, {});
    return names.map((name) => results[name]?.data as Float32Array);
  } finally {
    session.dispose();
  }
}

/** Of the largest value of each array. */
function largestDifference(actual: readonly Float32Array[], expected: readonly Float32Array[]): number {
  const differences = expected.map((values, i) => {
    let [largest, difference] = [0, 0];
    values.forEach((value, n) => {
      largest = Math.max(largest, Math.abs(value));
      difference = Math.max(difference, Math.abs((actual[i]?.[n] as number) - value));
    });
    return difference / largest;
  });
  return Math.max(...differences);
}
