/** One thing wrong with an experiment document or a plugin. */
export interface Fault {
  /** JSON path of the faulty value, `$.model.students`. */
  path: string;
  /** What is wrong, what was found, and what is allowed. */
  message: string;
  /** The nearest right name, where a name was near enough to be a typo. */
  suggestion?: string;
  /** Who said it, where that is known: `screw.json`, `method "fvv"`, `plugin "my-variant", score "max"`. */
  source?: string;
}

/**
 * Wrong usage or configuration: an unknown name, a document with faults, a folder that is not there. Nothing has been
 * done yet when it is thrown. The command line exits with 2.
 */
export class ConfigurationError extends Error {
  override name = 'ConfigurationError';
  constructor(
    message: string,
    readonly faults: readonly Fault[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/**
 * Something that was read is not what it should be: a corrupt image, a truncated weight file, labels of one class only. The
 * message is one sentence or two: what and where, what was expected, what to do. The command line exits with 1.
 */
export class DataError extends Error {
  override name = 'DataError';
}
