import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const packagesFolder = new URL('./packages/', import.meta.url);

// Tests read the sources of every workspace package that has them, so they see an edit without a build.
const alias = readdirSync(packagesFolder)
  .filter((name) => existsSync(new URL(`${name}/src/index.ts`, packagesFolder)))
  .map((name) => ({
    // The whole of it: what follows a package's name is another of its entries.
    find: new RegExp(`^@adfw/${name}$`),
    replacement: fileURLToPath(new URL(`${name}/src/index.ts`, packagesFolder)),
  }));

export default defineConfig({
  resolve: { alias },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'docs/**/*.test.ts',
      'examples/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    // The machines this runs on have two cores, and the engines use threads of their own.
    maxWorkers: 2,
    // Against what hangs, and nothing else: no test's outcome depends on how fast the machine is, or on what else runs on it.
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
