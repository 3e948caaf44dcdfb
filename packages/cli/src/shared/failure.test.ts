import { ConfigurationError, DataError } from '@adfw/core';
import { Errors } from '@oclif/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { describeFailure, resultOf, withResult, writeFailure } from './failure.js';
import { Interruption } from './interruption.js';

describe('describeFailure', () => {
  it('gives wrong usage and configuration the exit code 2, with the faults', async () => {
    const faults = [{ path: '$.seed', message: 'must be an integer' }];
    const failure = await describeFailure(new ConfigurationError('The seed is wrong.', faults));
    expect(failure).toMatchObject({ message: 'The seed is wrong.', faults, exitCode: 2 });
    const usage = Object.assign(new Errors.CLIError('Flag --seed expects a value'), { command: 'run' });
    expect(await describeFailure(usage)).toMatchObject({
      message: 'Flag --seed expects a value. adfw run --help shows what it takes.',
      exitCode: 2,
    });
  });

  it('gives data that cannot be used 1, and an interruption 128 and its signal', async () => {
    expect(await describeFailure(new DataError('x.png is cut off.'))).toMatchObject({
      message: 'x.png is cut off.',
      exitCode: 1,
    });
    expect(await describeFailure(new Interruption('SIGTERM'))).toMatchObject({
      message: 'Interrupted.',
      exitCode: 143,
    });
  });

  it('says what an engine lacks', async () => {
    const error = new Error("Kernel 'Conv2DBackpropFilter' not registered for backend 'wasm'");
    expect(await describeFailure(error)).toMatchObject({
      message: expect.stringMatching(/engine "wasm" lacks the kernel Conv2DBackpropFilter/),
      exitCode: 2,
    });
  });

  it('says of anything else that it was not expected, and how to see more', async () => {
    for (const thrown of [new TypeError('x is not a function'), 'x is not a function'])
      expect(await describeFailure(thrown)).toMatchObject({
        message: 'Unexpected error: x is not a function. Set DEBUG=1 to see where it comes from.',
        exitCode: 1,
      });
  });
});

describe('writeFailure', () => {
  afterEach(() => vi.restoreAllMocks());

  it('prints what was found all the same, in the one object of JSON', async () => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const error = withResult(new DataError('The disk is full.'), { complete: false, predictions: [1] });
    writeFailure(await describeFailure(error), { json: true, result: resultOf(error) });
    expect(write.mock.calls.map(([text]) => JSON.parse(String(text)))).toEqual([
      { complete: false, predictions: [1], error: { message: 'The disk is full.', faults: [] } },
    ]);
    const stopped = new Interruption('SIGINT', undefined, { cause: error });
    expect(resultOf(stopped)).toBe(resultOf(error));
    expect(resultOf(new DataError('Another.'))).toBeUndefined();
    expect(resultOf('no error')).toBeUndefined();
  });
});
