import { type ResourceLimits, SHARE_ENV, Worker } from 'node:worker_threads';

/**
 * Starts a thread with a module of this folder.
 * @param module the name of its source without `.ts`. The bundled file runs, also where this one is run from its source: a thread of
 *   Node takes no TypeScript.
 */
export function startThread(
  module: string,
  { workerData, resourceLimits }: { workerData: unknown; resourceLimits?: ResourceLimits | undefined },
): Worker {
  const { href } = new URL(`../../dist/node/${module}.js`, import.meta.url);
  // By way of an import, since Node refuses to start a thread from a file where the program came by --input-type.
  return new Worker(`import(${JSON.stringify(href)})`, {
    eval: true,
    name: `adfw-${module}`,
    workerData,
    // Native libraries read the process' environment; of a copy, what the engine sets there would not reach them.
    env: SHARE_ENV,
    ...(resourceLimits && { resourceLimits }),
  });
}
