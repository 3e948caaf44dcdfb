/**
 * A module resolution hook of Node: `@adfw/…` and `@tensorflow/tfjs-core`, wherever they are imported from, are the copies of the
 * program that runs. A plugin is then a single file anywhere, without a node_modules folder beside it.
 */
import type { InitializeHook, ResolveHook } from 'node:module';

let runner: string;

export const initialize: InitializeHook<{ runner: string }> = (data) => {
  runner = data.runner;
};

export const resolve: ResolveHook = async (specifier, context, next) => {
  if (!specifier.startsWith('@adfw/') && specifier !== '@tensorflow/tfjs-core')
    return next(specifier, context);
  try {
    return await next(specifier, { ...context, parentURL: runner });
  } catch {
    // A package the program does not have, such as somebody's @adfw/method-of-theirs: it is looked for as usual.
    return next(specifier, context);
  }
};
