/**
 * Where the examples of the pages are tried, as a user would: in a folder of their own, with the built packages. Commands and programs
 * share a process there, which loads and compiles only once what they have in common.
 */
import { execFile, fork } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';

const docs = fileURLToPath(new URL('.', import.meta.url));
const warmProcess = fileURLToPath(new URL('warm-process.test.fixture.mjs', import.meta.url));

export const run = promisify(execFile);

/** A page's text; `../README.md` is one. */
export const textOf = (page: string): Promise<string> => readFile(join(docs, page), 'utf8');

/** The code block that follows `<!-- example: NAME -->`. */
export async function example(document: string, name: string): Promise<string> {
  const text = await textOf(document);
  const block = new RegExp(`<!-- example: ${name} -->\\n\`\`\`\\w+\\n(.*?)\`\`\``, 's').exec(text)?.[1];
  if (block === undefined) throw new Error(`${document} has no example "${name}".`);
  return block;
}

export const settings = (...all: string[]) => all.flatMap((setting) => ['--set', setting]);

/** Settings that make an example small enough for a test. */
export const small = settings(
  'model.teacher.weights=random',
  'model.teacher.width=16',
  'model.training.epochs=1',
  'fit.batchSize=4',
  'images.size=64',
);
/** For examples that say nothing of layers: what has to be compiled is what a small training takes. */
export const shallow = [...small, ...settings('model.layers=["layer1"]')];

export const sample = settings(
  'images.size=32',
  'dataset.type=sample',
  'dataset.train=5',
  'dataset.testNominal=1',
  'dataset.testDefective=1',
);
export const shallowSample = [...shallow, ...sample];

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Workshop {
  readonly folder: string;
  /** What `adfw` with these arguments prints; it throws the code and what was said on stderr where it fails. */
  adfw(...args: string[]): Promise<string>;
  /** The same in a folder of that folder. */
  adfwIn(subfolder: string, ...args: string[]): Promise<string>;
  write(file: string, text: string): Promise<void>;
  read(file: string): Promise<string>;
  // biome-ignore lint/suspicious/noExplicitAny: whatever it holds is what a test compares.
  json(file: string): Promise<any>;
  /** Writes a program, runs it, and gives what it prints. */
  printed(file: string, code: string): Promise<string>;
  /** What the conformance kit says of the plugin in a module, or of what `change` makes of it. */
  conformance(module: string, change?: string): Promise<string>;
  /** Images of grey noise; defective ones have a bright bar. */
  images(path: string, count: number, defective: boolean): Promise<void>;
  close(): Promise<void>;
}

export async function openWorkshop(): Promise<Workshop> {
  // Inside the repository, so that imports of @adfw packages resolve as they do in a project that has installed them.
  const folder = await mkdtemp(join(docs, '.examples-'));
  const { ADFW_TOKEN: _, DEBUG: __, FORCE_COLOR: ___, ...env } = process.env;
  const child = fork(warmProcess, { cwd: folder, env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const answers = new Map<number, (outcome: Outcome) => void>();
  child.on('message', ({ id, outcome }: { id: number; outcome: Outcome }) => {
    answers.get(id)?.(outcome);
    answers.delete(id);
  });
  let calls = 0;
  /** Jobs of overlapping calls are done one after another. */
  const done = async (job: { cwd: string; args?: readonly string[]; file?: string }): Promise<string> => {
    const { code, stdout, stderr } = await new Promise<Outcome>((resolve) => {
      answers.set(++calls, resolve);
      child.send({ id: calls, ...job });
    });
    if (code !== 0) throw Object.assign(new Error(stderr), { code, stderr });
    return stdout;
  };
  const write = (file: string, text: string) => writeFile(join(folder, file), text);
  const read = (file: string) => readFile(join(folder, file), 'utf8');
  const printed = async (file: string, code: string) => {
    await write(file, code);
    return done({ cwd: folder, file: join(folder, file) });
  };
  return {
    folder,
    adfw: (...args) => done({ cwd: folder, args }),
    adfwIn: (subfolder, ...args) => done({ cwd: join(folder, subfolder), args }),
    write,
    read,
    json: async (file) => JSON.parse(await read(file)),
    printed,
    conformance: (module, change = 'plugin') =>
      printed(
        `check-${module.replace(/\W/g, '-')}.mjs`,
        `import { checkConformance } from '@adfw/core';
        import { builtInPlugins, useEngine } from '@adfw/runner';
        import plugin, * as own from './${module}';
        await useEngine('onnxruntime');
        await checkConformance(${change}, { plugins: builtInPlugins }).then(
          () => console.log('sound'),
          ({ message }) => console.log(message),
        );`,
      ),
    async images(path, count, defective) {
      for (let index = 0; index < count; index++) {
        const pixels = Uint8Array.from({ length: 64 * 64 }, (_, n) => {
          const inBar = defective && n % 64 > 20 && n % 64 < 40 && n > 64 * 20 && n < 64 * 30;
          return inBar ? 255 : 100 + ((n * 7919 + index * 104729) % 31);
        });
        const file = join(folder, path, `${String(index).padStart(3, '0')}.png`);
        await mkdir(dirname(file), { recursive: true });
        await sharp(pixels, { raw: { width: 64, height: 64, channels: 1 } })
          .png()
          .toFile(file);
      }
    },
    async close() {
      child.disconnect();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
