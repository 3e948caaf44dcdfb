#!/usr/bin/env node
const nodeModule = require('node:module');
const { availableParallelism } = require('node:os');

// Images are decoded in the threads that libuv has, by default four. It counts them once, when the first ES module is loaded or before:
// so this is none.
process.env.UV_THREADPOOL_SIZE ??= String(Math.min(Math.max(availableParallelism(), 4), 16));
// Node 22.1 and later keep what they compile for the next start.
nodeModule.enableCompileCache?.();
import('../dist/node/main.js').then(async ({ main }) => process.exit(await main(process.argv.slice(2))));
