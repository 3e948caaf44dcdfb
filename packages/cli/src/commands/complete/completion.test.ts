/** What words may become, and the scripts in the shells that this machine has. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Config } from '@oclif/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { candidates, candidateText } from './completion.js';

const packageFolder = fileURLToPath(new URL('../../..', import.meta.url));
let config: Config;
let folder: string;
beforeAll(async () => {
  config = await Config.load(packageFolder);
  folder = await mkdtemp(join(tmpdir(), 'adfw-completion-'));
  for (const category of ['screw', 'tile'])
    await mkdir(join(folder, 'mvtec', category, 'train'), { recursive: true });
  for (const path of ['Class1/Train', 'Class1/Test', 'Class2/Train', 'Class2/Test'])
    await mkdir(join(folder, 'dagm', path), { recursive: true });
  await writeFile(
    join(folder, 'adfw'),
    `#!/bin/sh\nexec "${process.execPath}" "${packageFolder}bin/adfw.js" "$@"\n`,
    {
      mode: 0o755,
    },
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const values = async (...words: string[]) => {
  const { list, files } = await candidates(words, config.commands);
  return [...list.map(({ value }) => value), ...(files ? [':files'] : [])];
};

describe('a word', () => {
  it('may become a command that is not hidden', async () => {
    expect(await values('')).toEqual(expect.arrayContaining(['run', 'list', 'init', 'completion']));
    expect(await values('')).not.toContain('complete');
    expect(await values('pre')).toEqual(expect.arrayContaining(['predict', 'pretrain']));
    expect(await values('init', 'p')).toEqual(['plugin', ':files']);
    expect(await values('nothing', '')).toEqual([]);
  });

  it('may become a flag that the line does not have yet, or one that may be repeated', async () => {
    expect(await values('run', '--me')).toEqual(['--method']);
    expect(await values('run', '--method', 'fvv', '--me')).toEqual([]);
    expect(await values('run', '--set', 'seed=1', '--se')).toEqual(['--seed', '--set']);
    expect(await values('init', 'plugin', 'x', '--')).toEqual(expect.arrayContaining(['--dir', '--help']));
  });

  it('may become the name of a method or part', async () => {
    expect(await values('run', '--method', '')).toEqual(expect.arrayContaining(['stfpm', 'fvv']));
    expect(await values('run', '--method=si')).toEqual(['--method=simple-student']);
    expect(await values('bench', '--method', 'fvv,st')).toEqual(['fvv,stfpm']);
    expect(await values('describe', 'distance')).toEqual(['distance', 'distance+variance']);
    expect(await values('describe', 'score/')).toEqual([]);
    expect(await values('describe', 'method/')).toContain('method/simple-student');
  });

  it('may become a category of the folder, an engine, a pretraining, a file', async () => {
    expect(await values('run', '--data', join(folder, 'mvtec'), '--category', '')).toEqual(['screw', 'tile']);
    expect(await values('run', '--category', '')).toEqual([]);
    const dagm = ['--dataset', 'dagm', '--data', join(folder, 'dagm')];
    expect(await values('bench', ...dagm, '--category', '')).toEqual(['Class1', 'Class2']);
    expect(await values('run', '--dataset', 'kolektor-')).toEqual(['kolektor-sdd', 'kolektor-sdd2']);
    expect(await values('run', '--engine', 'o')).toEqual(['onnxruntime']);
    expect(await values('run', '--provider', 'w')).toEqual(['webgpu']);
    expect(await values('pretrain', 'p')).toEqual(['pyramid']);
    expect(await values('run', '--weights', 'i')).toEqual(['imagenet', ':files']);
    expect(await values('run', '--config', 'x')).toEqual([':files']);
    expect(await values('predict', 'runs/')).toEqual([':files']);
    expect(await values('run', '--epochs', '')).toEqual([]);
  });

  it('may become a place in the experiment, and then a value that it may have', async () => {
    expect(await values('run', '--set', 'model.training.optimizer.m')).toEqual([
      'model.training.optimizer.momentum=',
    ]);
    expect(await values('run', '--set', 'model.loss.red')).toEqual(['model.loss.reduction=']);
    expect(await values('run', '--set', 'model.loss.reduction=')).toEqual([
      'model.loss.reduction=sum',
      'model.loss.reduction=mean',
    ]);
    expect(await values('run', '--set', 'model.loss.type=co')).toEqual(['model.loss.type=cosine']);
    expect(await values('run', '--set', 'model.loss.squared=')).toEqual([
      'model.loss.squared=true',
      'model.loss.squared=false',
    ]);
    // As bash gives it.
    expect(await values('run', '--set', 'model.loss.type', '=', 'co')).toEqual(['model.loss.type=cosine']);
  });

  it('is answered with a line each, its description behind a tab', async () => {
    const words = ['run', '--method', 'f'];
    expect(candidateText(await candidates(words, config.commands), words, 'zsh')).toMatch(
      /^fvv\tAn ensemble/,
    );
    const setting = ['run', '--set', 'model.loss.type', '=', 'co'];
    expect(candidateText(await candidates(setting, config.commands), setting, 'bash')).toBe('cosine');
  });
});

const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;
const env = () => ({ ...process.env, PATH: `${folder}:${process.env.PATH}` });

describe('the script', () => {
  it.skipIf(!has('bash'))('completes in bash (skipped where there is none)', () => {
    const ask = (line: string, words: string[]) =>
      `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _adfw 2>/dev/null; echo "${line}: \${COMPREPLY[*]}"`;
    const script = [
      'source <(adfw completion bash)',
      ask('method', ['adfw', 'run', '--method', 'fv']),
      ask('set', ['adfw', 'run', '--set', 'model.loss.type', '=', 'cos']),
      ask('command', ['adfw', 'com']),
    ].join('\n');
    const printed = execFileSync('bash', ['-c', script], { env: env(), encoding: 'utf8' });
    expect(printed).toBe('method: fvv\nset: cosine\ncommand: completion\n');
  });

  it.skipIf(!has('fish'))('completes in fish (skipped where there is none)', () => {
    const script = 'adfw completion fish | source; complete -C "adfw run --method fv"';
    const printed = execFileSync('fish', ['-c', script], { env: env(), encoding: 'utf8' });
    expect(printed).toMatch(/^fvv\tAn ensemble/);
  });

  it.skipIf(!has('zsh'))('is read by zsh (skipped where there is none)', () => {
    const script = 'autoload -U compinit; compinit -u -D; source <(adfw completion zsh); print $_comps[adfw]';
    expect(execFileSync('zsh', ['-fc', script], { env: env(), encoding: 'utf8' })).toBe('_adfw\n');
  });

  it('is printed for those three shells, and another is refused', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(packageFolder, 'bin/adfw.js'), 'completion', 'csh'],
      {
        encoding: 'utf8',
      },
    );
    expect(stderr).toContain('SHELL must be one of bash, zsh, fish; found "csh"');
    expect(status).toBe(2);
  });
});
