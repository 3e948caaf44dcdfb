import { createRequire } from 'node:module';
import type { Env, InferenceSession } from 'onnxruntime-common';
import { Tensor } from 'onnxruntime-common';

/**
 * The one place that reaches into onnxruntime-node (as @adfw/onnxruntime-node brings it along). Its public API loads and runs only asynchronously, by wrapping the
 * binding's synchronous calls in `setImmediate`; tfjs's `dataSync` needs the synchronous ones. `dist/binding.js` exports
 * them, and its version is pinned exactly.
 */
export interface NativeSession {
  loadModel(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, options: SessionOptions): void;
  run(
    feeds: Record<string, Tensor>,
    fetches: Record<string, Tensor | null>,
    options: object,
  ): Record<string, Tensor>;
  dispose(): void;
  readonly inputMetadata: readonly { readonly name: string }[];
  readonly outputMetadata: readonly { readonly name: string }[];
  endProfiling(): void;
}
export type SessionOptions = InferenceSession.SessionOptions;
export { Tensor };

const require = createRequire(import.meta.url);

/** `bundled`: whether its libraries are in the package too. */
interface SupportedBackend {
  readonly name: string;
  readonly bundled: boolean;
}

interface Binding {
  binding: { InferenceSession: new () => NativeSession; listSupportedBackends(): SupportedBackend[] };
  initOrt(): void;
}

let loaded: Binding | undefined;

/** @throws Error when the native library can't be loaded on this platform. */
function native(): Binding {
  if (!loaded) {
    // On Linux and macOS, too, its official builds report to Microsoft what they run, unless this is set before they start.
    process.env.ORT_DISABLE_TELEMETRY ??= '1';
    loaded = require('@adfw/onnxruntime-node/dist/binding.js') as Binding;
    // What goes wrong is thrown, and says more than ONNX Runtime's log. The binding reads it from its own copy of this package.
    (require('onnxruntime-common') as { env: Env }).env.logLevel = 'fatal';
    loaded.initOrt();
  }
  return loaded;
}

export function createSession(model: Uint8Array, options: SessionOptions): NativeSession {
  const session = new (native().binding.InferenceSession)();
  session.loadModel(model.buffer, model.byteOffset, model.byteLength, options);
  return session;
}

/** The execution providers that the native library was built with, as it names them. */
export const supportedBackends = (): SupportedBackend[] => native().binding.listSupportedBackends();

export const onnxRuntimeVersion = (): string =>
  (require('@adfw/onnxruntime-node/dist/version.js') as { version: string }).version;
