// Builds dist/node of each package: what Node loads of it (the condition "node" in its package.json), a few files in place of hundreds.
// Everything else, bundlers for browsers and TypeScript, takes what tsc writes to dist. docs/decisions.md, "What a start loads", says why.
//   node scripts/bundle.mjs     part of npm run build; the packages whose sources are newer than their bundle
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const script = fileURLToPath(import.meta.url);
const packages = join(dirname(dirname(script)), 'packages');
const TFJS = '@tensorflow/tfjs-core';
const tfjsNames = Object.keys(createRequire(join(packages, 'core', 'src'))(TFJS));

/** What threads, processes and oclif start with, by package. */
const started = {
  benchmark: ['src/cells/cell-process.ts'],
  cli: ['src/main.ts', 'src/commands.ts', 'src/command-not-found.ts'],
  images: ['src/reading-thread.ts'],
  runner: [
    'src/threads/fitting-worker.ts',
    'src/threads/measuring-worker.ts',
    'src/threads/scoring-worker.ts',
  ],
  server: ['src/predict/image-thread.ts', 'src/processes/serve-process.ts'],
};
/** What a bundle leaves to Node: what a process has one copy of, native libraries, and what finds files beside its own. */
const apart =
  /^(node:|@adfw\/|@tensorflow\/|reflect-metadata|onnxruntime-|sharp|@napi-rs\/|fs-native-extensions|fastify|@fastify\/|piscina|prom-client|bullmq|ioredis|typescript)/;
/** Of core alone, so that it may be in it. */
const within = ['@adfw/tfjs-gradients', TFJS];

/** Bundles the packages whose sources, or what is taken into all bundles, are newer than their bundle. */
export async function bundlePackages() {
  const shared = newest(script, join(packages, 'tfjs-gradients/dist'));
  for (const name of readdirSync(packages)) {
    const folder = join(packages, name);
    const entries = entriesOf(folder, started[name]);
    if (entries.length === 0) continue;
    const bundled = join(folder, 'dist/node/index.js');
    const sources = Math.max(shared, newest(join(folder, 'src'), join(folder, 'package.json')));
    if (!existsSync(bundled) || statSync(bundled).mtimeMs < sources) await bundle(folder, entries);
  }
}

/** For tests, which start processes and threads from the bundles. */
export const setup = bundlePackages;

const bundle = (folder, entries) =>
  build({
    input: Object.fromEntries(entries.map((entry) => [basename(entry, '.ts'), entry])),
    cwd: folder,
    platform: 'node',
    external: (id) => apart.test(id) && !within.includes(id),
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    plugins: [requiredTfjs, urlsOf(folder)],
    treeshake: { propertyReadSideEffects: false },
    logLevel: 'warn',
    output: {
      dir: join(folder, 'dist/node'),
      cleanDir: true,
      format: 'esm',
      entryFileNames: '[name].js',
      chunkFileNames: '[name].js',
      comments: { legal: true, annotation: false, jsdoc: false },
    },
  });

/** The sources whose bundles a package.json names for Node, and those that threads and processes start with. */
function entriesOf(folder, started = []) {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const published = Object.values(exports).filter(({ node }) => node);
  return published.length === 0
    ? []
    : [...published.map((entry) => entry.default.replace(/^\.\/dist\/(.*)\.js$/, 'src/$1.ts')), ...started];
}

/** When the newest of files, and of files in folders, was written. */
const newest = (...paths) =>
  Math.max(
    ...paths.flatMap((path) => {
      const stats = statSync(path);
      const inside = stats.isDirectory() ? readdirSync(path, { recursive: true }) : [];
      return [stats.mtimeMs, ...inside.map((name) => statSync(join(path, name)).mtimeMs)];
    }),
  );

/**
 * tfjs-core comes by `require`. It is a CommonJS file of a megabyte, through which Node's `import` goes three times, since it looks for
 * what it is and what it exports: a tenth of a second more than `require` takes, which gives the same copy.
 */
const requiredTfjs = {
  name: 'required-tfjs',
  resolveId: (id) => (id === TFJS ? `\0${TFJS}` : null),
  load: (id) =>
    id === `\0${TFJS}`
      ? [
          "import { createRequire } from 'node:module';",
          `const tfjs = createRequire(import.meta.url)('${TFJS}');`,
          'export default tfjs;',
          ...tfjsNames.map((name) => `export const ${name} = tfjs.${name};`),
        ].join('\n')
      : null,
  // All of it is then the object that `require` gave, and not one with a getter for each of its names.
  transform: (code) =>
    code
      .replace(`export * as tf from '${TFJS}'`, `export { default as tf } from '${TFJS}'`)
      .replace(`import * as tf from '${TFJS}'`, `import tf from '${TFJS}'`),
};

/** In a bundle, a module's URL is still that of the file which tsc writes for it, so that what is found from there is. */
const urlsOf = (folder) => ({
  name: 'urls',
  transform(code, id) {
    const source = relative(join(folder, 'src'), id);
    if (source.startsWith('..') || !code.includes('import.meta.url')) return null;
    const built = join('..', source.replace(/\.ts$/, '.js')).replaceAll('\\', '/');
    return code.replaceAll('import.meta.url', `new URL('${built}', import.meta.url).href`);
  },
});

if (process.argv[1] === script) await bundlePackages();
