import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const packagesFolder = new URL('./packages/', import.meta.url);

// Tests read the sources of every entry of a workspace package that has them, so they see an edit without a build.
const alias = readdirSync(packagesFolder).flatMap((folder) => {
  const manifest = JSON.parse(readFileSync(new URL(`${folder}/package.json`, packagesFolder), 'utf8'));
  return Object.entries<{ default?: string }>(manifest.exports ?? {}).flatMap(
    ([entry, { default: built = '' }]) => {
      const source = new URL(
        `${folder}/${built.replace('./dist/', 'src/').replace(/\.js$/, '.ts')}`,
        packagesFolder,
      );
      const name = entry.replace('.', manifest.name);
      // The whole of the name: what follows it is another entry.
      return built.startsWith('./dist/') && existsSync(source)
        ? [{ find: new RegExp(`^${name}$`), replacement: fileURLToPath(source) }]
        : [];
    },
  );
});

const include = [
  'packages/*/src/**/*.test.ts',
  'docs/**/*.test.ts',
  'examples/**/*.test.ts',
  'scripts/**/*.test.ts',
];

/** Test files that change what a process has once, so that each of them needs one of its own. */
const ownProcess = [
  // They replace modules.
  'packages/cli/src/commands/predict/perform.test.ts',
  'packages/engine-onnxruntime/src/session/session-cache.test.ts',
  'packages/runner/src/files/atomic-file.test.ts',
  'packages/runner/src/run/spilled-maps.test.ts',
  // They run the engine with options, count all that it holds, or exchange it.
  'packages/adfw/src/browser-detector.test.ts',
  'packages/adfw/src/detector.test.ts',
  'packages/engine-onnxruntime/src/backend.test.ts',
  'packages/engine-onnxruntime/src/session/provider.test.ts',
  'packages/runner/src/data/data-record.test.ts',
  'packages/runner/src/model/fit-and-save.test.ts',
  'packages/runner/src/provider.test.ts',
  // Threads that they start crash, exit and fill their memory.
  'packages/runner/src/threads/scoring-client.test.ts',
];

export default defineConfig({
  resolve: { alias },
  test: {
    // The others share two processes, which load and compile the sources once and not for each file.
    projects: [
      {
        extends: true,
        test: {
          name: 'shared-process',
          include,
          exclude: ownProcess,
          isolate: false,
          setupFiles: ['./vitest.shared-process.ts'],
        },
      },
      { extends: true, test: { name: 'own-process', include: ownProcess } },
    ],
    // Threads and processes that tests start run what is bundled for Node.
    globalSetup: './scripts/bundle.mjs',
    // The machines this runs on have two cores, and the engines use threads of their own.
    maxWorkers: 2,
    // Against what hangs, and nothing else: no test's outcome depends on how fast the machine is, or on what else runs on it.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
