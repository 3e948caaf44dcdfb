// Runs the test suite that tfjs-core ships for backends against this one; the packages must be built (npm run build).
//   node conformance/run.mjs [part of a test's name]
// A test may fail where `exceptions.mjs` says why, and only there. Exit code 1 when another one fails, or an exception passes.
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'rolldown';
import { failures, kernels } from './exceptions.mjs';

const [wanted] = process.argv.slice(2);
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

// Jasmine's functions are globals, as the tests expect them.
const { jasmine, ...globals } = createRequire(import.meta.url)('jasmine-core').noGlobals();
Object.assign(globalThis, globals, { jasmine });

// The tests are in a form that only bundlers load. The bundle has a copy of tfjs-core in it; the engine and the registries are
// kept on the global object, so the copies share them.
const folder = mkdtempSync(here('.bundle-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'tests.mjs');
await build({
  input: here('tests.mjs'),
  external: ['@tensorflow/tfjs-core', '@adfw/engine-onnxruntime', /^jasmine-core/],
  platform: 'node',
  resolve: { mainFields: ['module', 'main'] },
  treeshake: false,
  logLevel: 'silent',
  output: { file, format: 'esm' },
});
await import(pathToFileURL(file).href);

const results = { passed: 0, excepted: 0, unexpected: [], stale: [] };
const environment = jasmine.getEnv();
environment.configure({
  random: false,
  ...(wanted && { specFilter: (spec) => spec.getFullName().includes(wanted) }),
});
environment.addReporter({
  specDone({ status, fullName, failedExpectations }) {
    const isException = failures.some(({ tests }) => tests.some((name) => fullName.startsWith(name)));
    if (status === 'passed') {
      results.passed++;
      if (isException) results.stale.push(fullName);
    }
    if (status !== 'failed') return;
    const [{ message }] = failedExpectations;
    const [, missing] = /Kernel '(\w+)' not registered/.exec(message) ?? [];
    const isString = /no strings|was given string/.test(message);
    if (isException || isString || kernels.includes(missing)) results.excepted++;
    else results.unexpected.push(`${fullName}\n    ${message.split('\n')[0]}`);
  },
});
await environment.execute();

console.log(`${results.passed} passed, ${results.excepted} failed as listed in exceptions.mjs`);
for (const failure of results.unexpected) console.log(`failed: ${failure}`);
for (const name of results.stale) console.log(`listed as an exception, but passes: ${name}`);
process.exit(results.unexpected.length + results.stale.length > 0 ? 1 : 0);
