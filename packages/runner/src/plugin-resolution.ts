/**
 * A module resolution hook of Node: `@adfw/core` and `@tensorflow/tfjs-core`, wherever they are imported from, are the copies of
 * the program that runs. A plugin is then a single file anywhere, without a node_modules folder beside it.
 */
import type { InitializeHook, ResolveHook } from 'node:module';

const shared = new Set(['@adfw/core', '@tensorflow/tfjs-core']);
let runner: string;

export const initialize: InitializeHook<{ runner: string }> = (data) => {
  runner = data.runner;
};

export const resolve: ResolveHook = (specifier, context, next) =>
  next(specifier, shared.has(specifier) ? { ...context, parentURL: runner } : context);
