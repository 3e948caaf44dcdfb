import type { Kind } from './kind.js';
import type { Method, Part } from './part.js';

/**
 * What a package or a user's file brings: parts and methods, and kinds of part beside core's, as data. An ES module exports it as its default:
 *
 * ```js
 * export default { name: 'my-variant', parts: [...], methods: [...] };
 * ```
 */
export interface Plugin {
  /** Shown by `adfw list` as the place its parts come from. */
  readonly name: string;
  readonly kinds?: readonly Kind[];
  readonly parts?: readonly Part[];
  readonly methods?: readonly Method[];
}

/** Gives a plugin written in TypeScript its type; it is returned as it is. */
export const definePlugin = (plugin: Plugin): Plugin => plugin;
