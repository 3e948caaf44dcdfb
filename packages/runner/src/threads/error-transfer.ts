/**
 * Errors from one thread to another. A structured clone of an error keeps neither its class nor its name; what is made of this
 * data on the other side has both, and the stack of where it was thrown.
 */
import { ConfigurationError, DataError, type Fault } from '@adfw/core/plain';

/** An error as data. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
  readonly faults?: readonly Fault[];
  readonly cause?: ErrorData;
}

export function errorData(error: unknown): ErrorData {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack, cause } = error;
  const { code, faults } = error as { code?: unknown; faults?: readonly Fault[] };
  return {
    name,
    message,
    ...(stack !== undefined && { stack }),
    ...(typeof code === 'string' && { code }),
    ...(faults && { faults }),
    ...(cause !== undefined && { cause: errorData(cause) }),
  };
}

const builtIn = { RangeError, TypeError, SyntaxError, ReferenceError, EvalError, URIError };

/** The error that {@link errorData} was made of: of the same class where that is one of ours or the language's own. */
export function toError(data: ErrorData): Error {
  const { name, message, stack, code, faults = [] } = data;
  const options = data.cause && { cause: toError(data.cause) };
  const error =
    name === 'ConfigurationError'
      ? new ConfigurationError(message, faults, options)
      : name === 'DataError'
        ? new DataError(message, options)
        : new (builtIn[name as keyof typeof builtIn] ?? Error)(message, options);
  return Object.assign(error, {
    ...(error.name !== name && { name }),
    ...(stack !== undefined && { stack }),
    ...(code !== undefined && { code }),
  });
}
