import { ConfigurationError } from '@adfw/core';
import type { EngineInfo } from '@adfw/runner';
import { describe, expect, it } from 'vitest';
import { engineChoice } from './engine-choice.js';

const begunWith: EngineInfo = { name: 'onnxruntime', version: '1.30.0', provider: 'webgpu', threads: 3 };

describe('engineChoice', () => {
  it('leaves the choice to the engine where no flag is given', () => {
    expect(engineChoice({})).toEqual({ name: 'auto', options: {} });
  });

  it('takes what the flags say', () => {
    expect(engineChoice({ engine: 'onnxruntime', provider: 'cuda', threads: '4' })).toEqual({
      name: 'onnxruntime',
      options: { provider: 'cuda', threads: 4 },
    });
  });

  it('goes on with what a run was begun with, but for what the flags say', () => {
    expect(engineChoice({}, begunWith)).toEqual({
      name: 'onnxruntime',
      options: { provider: 'webgpu', threads: 3 },
    });
    expect(engineChoice({ provider: 'cpu' }, begunWith).options).toEqual({ provider: 'cpu', threads: 3 });
    expect(engineChoice({ engine: 'wasm' }, begunWith)).toEqual({ name: 'wasm', options: {} });
    const wasm: EngineInfo = { name: 'wasm', version: '4.22.0', provider: 'wasm', threads: 1 };
    expect(engineChoice({}, wasm)).toEqual({ name: 'wasm', options: {} });
  });

  it.each([
    [{ provider: 'webgp' }, '--provider must be one of cpu, webgpu, .* found "webgp". Did you mean webgpu?'],
    [{ threads: '0' }, '--threads must be a whole number from 1 on; found "0".'],
    [{ threads: '1.5' }, '--threads must be a whole number from 1 on; found "1.5".'],
    [{ threads: 'all' }, '--threads must be a whole number from 1 on; found "all".'],
  ])('refuses %j', (flags, message) => {
    expect(() => engineChoice(flags)).toThrow(ConfigurationError);
    expect(() => engineChoice(flags)).toThrow(new RegExp(message.replaceAll('?', '\\?')));
  });
});
