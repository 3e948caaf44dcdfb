// The conformance run; the packages must be built (npm run build).
//   node conformance/run.mjs                     all tests; writes FEATURES.md
//   node conformance/run.mjs --check             all tests; fails where FEATURES.md isn't what the run gives
//   node conformance/run.mjs part of a name      only these tests; writes nothing
// A test may fail where `exceptions.mjs` says why, and only there. Exit code 1 when another one fails, or a listed one passes.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { features } from './features.mjs';
import { runSuite } from './suite.mjs';
import { countBy, judge } from './verdict.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean' } },
});
const nameContains = positionals.join(' ');
const file = new URL('../FEATURES.md', import.meta.url);

const { registered, tests } = await runSuite(nameContains);
const verdict = judge(tests, nameContains === '');
const { passed, listed, unregistered, unexpected, stale } = verdict;

console.log(`\n${tests.length} tests were run; ${passed.length} passed.`);
console.log(`${listed.length} failed as listed in exceptions.mjs:`);
for (const [why, count] of countBy(listed, (test) => test.why)) console.log(`  ${count}  ${why}`);
console.log(`${unregistered.length} need a kernel that isn't registered:`);
for (const [name, count] of countBy(unregistered, ({ missing }) => [...missing][0])) {
  console.log(`  ${count}  ${name}`);
}
for (const { name, message } of unexpected) console.error(`failed: ${name}\n    ${message}`);
for (const name of stale) console.error(`listed in exceptions.mjs, but no test of that name fails: ${name}`);
let isGood = unexpected.length + stale.length === 0;

if (tests.length === 0) {
  console.error(`No test has "${nameContains}" in its name.`);
  isGood = false;
} else if (nameContains === '' && isGood) {
  const text = features(registered, verdict);
  if (!values.check) {
    writeFileSync(file, text);
    console.log('FEATURES.md was written.');
  } else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.error('FEATURES.md is not what this run gives: run it without --check to write it.');
    isGood = false;
  } else {
    console.log('FEATURES.md is what this run gives.');
  }
}
process.exit(isGood ? 0 : 1);
