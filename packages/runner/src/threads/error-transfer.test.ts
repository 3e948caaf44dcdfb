import { ConfigurationError, DataError } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { errorData, toError } from './error-transfer.js';

const transferred = (error: unknown) => toError(structuredClone(errorData(error)));

describe('an error sent to another thread', () => {
  it.each([
    new Error('plain'),
    new RangeError('too far'),
    new DataError('x.png is cut off.', { cause: new SyntaxError('bad marker') }),
    new ConfigurationError('The seed is wrong.', [{ path: '$.seed', message: 'must be an integer' }]),
    Object.assign(new Error('none'), { code: 'ENOENT' }),
  ])('keeps its class, name, message and stack: $name', (error) => {
    const arrived = transferred(error);
    expect(arrived.constructor).toBe(error.constructor);
    expect(arrived).toEqual(error);
    expect(arrived.stack).toBe(error.stack);
    expect(arrived.cause).toEqual(error.cause);
  });

  it('keeps at least the name of a class that only its sender knows', () => {
    class OwnError extends Error {
      override name = 'OwnError';
    }
    expect(transferred(new OwnError('mine'))).toMatchObject({ name: 'OwnError', message: 'mine' });
  });

  it('is an error also where something else was thrown', () => {
    expect(transferred('a string')).toEqual(new Error('a string'));
  });
});
