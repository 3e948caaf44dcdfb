/** From `--engine`, `--provider` and `--threads` to what computes. */
import {
  type EngineInfo,
  type EngineName,
  type EngineOptions,
  engineNames,
  providerNames,
} from '@adfw/runner';
import { choiceOf, positiveWhole } from './flag-value.js';

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
    ...(flags.threads !== undefined && { threads: positiveWhole('--threads', flags.threads) }),
  };
  if (begunWith === null || (asked !== undefined && asked !== begunWith.name))
    return { name: asked ?? 'auto', options: given };
  const { name, provider, threads } = begunWith;
  if (name !== 'onnxruntime') return { name, options: given };
  return { name, options: { provider: choiceOf('provider', provider, providerNames), threads, ...given } };
}
