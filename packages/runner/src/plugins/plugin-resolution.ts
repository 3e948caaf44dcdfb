/**
 * A module resolution hook of Node. `@adfw/…` and `@tensorflow/tfjs-core`, wherever they are imported from, are the copies of the
 * program that runs: a plugin is then a single file anywhere, without a node_modules folder beside it. A plugin that is a package
 * is looked for from the user's project, not from where this program is installed.
 */
import type { InitializeHook, ResolveHook } from 'node:module';

/** Before a package's name: it is looked for from the user's project. */
export const PROJECT_PACKAGE = 'adfw-plugin:';

/** URLs of the modules from whose place is looked. */
export interface Resolvers {
  runner: string;
  project: string;
}

let from: Resolvers;

export const initialize: InitializeHook<Resolvers> = (data) => {
  from = data;
};

export const resolve: ResolveHook = async (specifier, context, next) => {
  if (specifier.startsWith(PROJECT_PACKAGE))
    return next(specifier.slice(PROJECT_PACKAGE.length), { ...context, parentURL: from.project });
  if (!specifier.startsWith('@adfw/') && specifier !== '@tensorflow/tfjs-core')
    return next(specifier, context);
  try {
    return await next(specifier, { ...context, parentURL: from.runner });
  } catch {
    // A package the program does not have, such as somebody's @adfw/method-of-theirs: it is looked for as usual.
    return next(specifier, context);
  }
};
