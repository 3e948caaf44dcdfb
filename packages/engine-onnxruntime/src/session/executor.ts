import { compile, type Program } from '../emit/compile.js';
import type { Operation } from '../emit/operation.js';
import { physicalShape } from '../layout.js';
import { encodeModel } from '../onnx/onnx-model.js';
import type { EngineOptions } from '../options.js';
import type { Value } from '../record/graph.js';
import type { StoredData } from '../record/stored-data.js';
import type { DataTypeName, NumericArray } from '../types.js';
import { blockSize } from './block-size.js';
import { createSession, type SessionOptions, Tensor } from './ort-binding.js';
import { providerOptions } from './provider.js';
import { type CachedSession, SessionCache } from './session-cache.js';
import { engineWatch } from './watch.js';

/** Where what is padded goes elsewhere too, ONNX Runtime 1.30 takes the padding into the pooling and leaves the other without. */
const BROKEN = 'Pad_Fusion';
/**
 * Of steps of fifteen methods they merged no node but a few reshapes, which copy nothing, and took a quarter of the time until the
 * first step.
 */
const FRUITLESS = ['CommonSubexpressionElimination', 'ReshapeFusion'];

/** Runs programs: compiles each to a session of ONNX Runtime, which stays for programs of the same key. */
export class Executor {
  private readonly sessions: SessionCache;
  /** How many programs were run. */
  runs = 0;

  constructor(private readonly options: EngineOptions) {
    this.sessions = new SessionCache(options.sessions);
  }

  /** @param inputs data for each of the program's inputs. */
  execute(wanted: Program, inputs: readonly Value<Operation>[] = wanted.inputs): StoredData[] {
    this.runs++;
    try {
      const { session, resultLayouts } = this.sessions.get(wanted.key, () => this.compile(wanted));
      const feeds: Record<string, Tensor> = {};
      inputs.forEach((value, i) => {
        const { array, layout } = value.stored as StoredData;
        feeds[`input${i}`] = ortTensor(value.dtype, array, physicalShape(layout, value.shape));
      });
      const fetches = Object.fromEntries(wanted.results.map((_, i) => [`output${i}`, null]));
      const end = engineWatch?.('running');
      const outputs = session.run(feeds, fetches, {});
      end?.();
      return resultLayouts.map((layout, i) => {
        const { data } = outputs[`output${i}`] as Tensor;
        return { array: data as NumericArray, layout, uniform: null };
      });
    } catch (error) {
      throw new Error(
        `ONNX Runtime could not run ${describe(wanted)}: ${(error as Error).message.replace(/\s+/g, ' ')}`,
        { cause: error },
      );
    }
  }

  private compile(wanted: Program): CachedSession {
    const end = engineWatch?.('compiling');
    const { threads, provider, profile, blockedConvolutions } = this.options;
    const { graph, resultLayouts } = compile(
      wanted,
      blockedConvolutions && provider === 'cpu' ? blockSize() : 0,
    );
    const optimized = wanted.frozen.length > 0 || provider !== 'cpu';
    const options: SessionOptions = {
      ...providerOptions(provider, graph),
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // Planning all buffers as one block costs more memory than it saves time.
      enableMemPattern: false,
      // What is written for training is already what ONNX Runtime would make of it; only where weights are frozen there is more to
      // find than the time it takes.
      graphOptimizationLevel: optimized ? 'all' : 'basic',
      // What goes wrong is thrown, and says more than ONNX Runtime's log.
      logSeverityLevel: 4,
      // Threads spin between the nodes of a graph, which are short for a single image, but not after it: they would take the
      // cores from other sessions and other programs.
      extra: {
        session: { force_spinning_stop: '1' },
        optimization: {
          disable_specified_optimizers: (optimized ? [BROKEN] : [BROKEN, ...FRUITLESS]).join(';'),
        },
      },
      ...(profile !== null && { enableProfiling: true, profileFilePrefix: profile }),
    };
    const session = createSession(encodeModel(graph), options);
    end?.();
    return { session, resultLayouts, frozen: wanted.frozen.map((value) => value.frozen as number) };
  }

  /** Drops the sessions that a frozen value is part of. */
  dropFrozen(frozen: number): void {
    this.sessions.dropFrozen(frozen);
  }

  /** How many sessions are kept. */
  get sessionCount(): number {
    return this.sessions.size;
  }

  dispose(): void {
    if (this.options.profile !== null) for (const { session } of this.sessions) session.endProfiling();
    this.sessions.clear();
  }
}

function ortTensor(dtype: DataTypeName, array: NumericArray, dims: number[]): Tensor {
  return new Tensor(dtype, array, dims);
}

/** The kernels of a program, most used first. */
function describe({ nodes }: Program): string {
  const counts = new Map<string, number>();
  for (const { operation } of nodes) counts.set(operation.name, (counts.get(operation.name) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  const listed = sorted.slice(0, 12).map(([name, count]) => (count > 1 ? `${name} x${count}` : name));
  return `the kernels ${listed.join(', ')}${sorted.length > listed.length ? ', ...' : ''}`;
}
