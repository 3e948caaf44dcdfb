import { availableParallelism } from 'node:os';
import type { Provider } from './session/provider.js';

/** How the engine runs; see `configure`. */
export interface EngineOptions {
  /** Threads of ONNX Runtime. Default: what the machine has. */
  threads: number;
  /** What computes: one of ONNX Runtime's execution providers. Default: the CPU. */
  provider: Provider;
  /** Compiled graphs that are kept. A training run needs a handful. */
  sessions: number;
  /** Recorded nodes from which on a graph is run although nobody has asked for a value. */
  pendingNodes: number;
  /**
   * Whether to write convolutions for the blocked layout in which ONNX Runtime's run fastest, where the machine has it. Without
   * it training takes about twice as long. Other providers than the CPU have their own layouts.
   */
  blockedConvolutions: boolean;
  /** A file prefix: ONNX Runtime writes a profile of each graph there when the backend is disposed. */
  profile: string | null;
}

export const defaultOptions: EngineOptions = {
  threads: availableParallelism(),
  provider: 'cpu',
  sessions: 64,
  pendingNodes: 10_000,
  blockedConvolutions: true,
  profile: null,
};
