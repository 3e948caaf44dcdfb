// Writes FEATURES.md: which kernels there are, what they were tested with, and why others aren't there.
import { hostKernels } from '../dist/kernels/host.js';
import { kernelNames } from './suite.mjs';
import { countBy } from './verdict.mjs';

const complex = 'complex numbers';
const strings = 'strings';
const composed = 'nothing asks for it: tfjs-core composes it of other kernels';

/** Why a kernel isn't there. */
const absent = {
  BroadcastTo: composed,
  Complex: complex,
  ComplexAbs: complex,
  Draw: 'draws on a canvas of a browser',
  FFT: complex,
  FromPixels: 'not needed: tfjs-core reads the pixels itself',
  IFFT: complex,
  Imag: complex,
  LowerBound: composed,
  MatrixBandPart: composed,
  Pool: composed,
  Real: complex,
  StaticRegexReplace: strings,
  StringNGrams: strings,
  StringSplit: strings,
  StringToHashBucketFast: strings,
  UpperBound: composed,
};

const typeOrder = ['float32', 'int32', 'bool', 'string'];

/** A table as the formatter of this repository leaves it; columns of numbers are `end`. */
function table(columns, rows) {
  const header = columns.map(({ name }) => name);
  const widths = columns.map((_, i) => Math.max(3, ...[header, ...rows].map((row) => `${row[i]}`.length)));
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const pad = (cell, i) => (columns[i].end ? `${cell}`.padStart(widths[i]) : `${cell}`.padEnd(widths[i]));
  const rule = columns.map(({ end }, i) => (end ? `${'-'.repeat(widths[i] - 1)}:` : '-'.repeat(widths[i])));
  return [header.map(pad), rule, ...rows.map((row) => row.map(pad))].map(line).join('\n');
}
const left = (name) => ({ name, end: false });
const right = (name) => ({ name, end: true });

/** @returns the text of the file; it depends on the results alone */
export function features(registered, { passed, listed, unregistered }) {
  const unknown = kernelNames.filter((name) => !registered.includes(name) && !(name in absent));
  if (unknown.length > 0) throw new Error(`features.mjs must say why there is no ${unknown.join(', ')}.`);
  const total = passed.length + listed.length + unregistered.length;
  const row = (name) => {
    const tests = passed.filter(({ kernels }) => kernels.has(name));
    const failed = listed.filter(({ kernels }) => kernels.has(name));
    const seen = new Set(tests.flatMap(({ kernels }) => [...kernels.get(name)]));
    const types = typeOrder.filter((type) => seen.has(type)).join(', ');
    const notes = [
      ...(hostKernels.includes(name) ? ["on the host, by tfjs's `cpu` backend"] : []),
      ...(tests.length === 0 ? ["no test of tfjs-core's runs it"] : []),
    ];
    return [name, types, tests.length, failed.length || '', notes.join('; ')];
  };
  const wanted = new Map(countBy(unregistered, ({ missing }) => [...missing][0]));
  return `# Kernels

Written by \`npm run test:conformance\`, which runs the tests that tfjs-core ships for backends on this one. Don't edit it.

${table(
  [left('tests'), right('')],
  [
    ['run', total],
    ['passed', passed.length],
    ['failed as listed below', listed.length],
    ["not counted: they need a kernel that isn't there", unregistered.length],
  ],
)}

Of those that passed, ${passed.filter(({ kernels }) => kernels.size > 0).length} run kernels of this backend; the others test what tfjs-core does around them.

## Registered: ${registered.length} of ${kernelNames.length}

The types are those of the tensors that a kernel was given in tests that passed; a test counts for each kernel it runs. Kernels
that are computed on the host cut the graph: what they read is computed before, and what follows is another graph.

${table([left('kernel'), left('types'), right('passed'), right('listed'), left('')], [...registered].sort().map(row))}

## Not registered

Complex numbers and strings are left out because ONNX Runtime has next to no operators for either; networks that look at images
need neither. Strings can be held, reshaped and read, as labels are.

${table(
  [left('kernel'), right('tests that need it'), left('why')],
  Object.entries(absent)
    .filter(([name]) => !registered.includes(name))
    .map(([name, why]) => [name, wanted.get(name) ?? 0, why]),
)}

## Listed failures

${countBy(listed, (test) => test.why)
  .map(([why]) => {
    const tests = listed
      .filter((test) => test.why === why)
      .map(({ name }) => `- ${name.replaceAll(/\s*onnxruntime \{\}\s*/g, ': ')}`);
    return `${why}\n\n${tests.join('\n')}`;
  })
  .join('\n\n')}
`;
}
