/** From `--engine`, `--provider` and `--threads` to what computes. */
import { ConfigurationError } from '@adfw/core';
import {
  type EngineInfo,
  type EngineName,
  type EngineOptions,
  engineNames,
  providerNames,
} from '@adfw/runner';
import { choiceOf, numberOf } from './flag-value.js';

export interface EngineFlags {
  engine?: string | undefined;
  provider?: string | undefined;
  threads?: string | undefined;
}

export interface EngineChoice {
  name: EngineName;
  options: EngineOptions;
}

/**
 * What the flags say; where they say nothing, what an interrupted run was begun with.
 * @throws ConfigurationError where a flag's value is none.
 */
export function engineChoice(flags: EngineFlags, begunWith: EngineInfo | null = null): EngineChoice {
  const asked = flags.engine === undefined ? undefined : choiceOf('--engine', flags.engine, engineNames);
  const given: EngineOptions = {
    ...(flags.provider !== undefined && { provider: choiceOf('--provider', flags.provider, providerNames) }),
    ...(flags.threads !== undefined && { threads: threadsOf(flags.threads) }),
  };
  if (begunWith === null || (asked !== undefined && asked !== begunWith.name))
    return { name: asked ?? 'auto', options: given };
  const { name, provider, threads } = begunWith;
  if (name !== 'onnxruntime') return { name, options: given };
  return { name, options: { provider: choiceOf('provider', provider, providerNames), threads, ...given } };
}

function threadsOf(value: string): number {
  const what = 'a whole number from 1 on';
  const threads = numberOf('--threads', value, what);
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new ConfigurationError(`--threads must be ${what}; found "${value}".`);
}
