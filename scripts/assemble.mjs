// Assembles each packages/*/src/**/NAME.wat, WebAssembly as text, to a module NAME.wasm.ts that exports its bytes in base64:
//   node scripts/assemble.mjs            writes the modules
//   node scripts/assemble.mjs --check    fails where one is not what its text says
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import loadWabt from 'wabt';
import { root } from './workspaces.mjs';

const packages = join(root, 'packages');
const texts = readdirSync(packages)
  .map((name) => join(packages, name, 'src'))
  .filter((sources) => existsSync(sources))
  .flatMap((sources) => readdirSync(sources, { recursive: true }).map((path) => join(sources, path)))
  .filter((path) => path.endsWith('.wat'));

const wabt = await loadWabt();
for (const path of texts) {
  const text = readFileSync(path, 'utf8');
  const { buffer } = wabt.parseWat(path, text, { simd: true }).toBinary({});
  const lines = Buffer.from(buffer)
    .toString('base64')
    .match(/.{1,100}/g)
    .map((line) => `  '${line}'`);
  const module =
    `/** ${basename(path)}, assembled by scripts/assemble.mjs: in base64. */\n` +
    `export const wasm =\n${lines.join(' +\n')};\n`;
  const written = path.replace(/\.wat$/, '.wasm.ts');
  if (!process.argv.includes('--check')) writeFileSync(written, module);
  else if (readFileSync(written, 'utf8') !== module) {
    console.error(`${relative(root, written)} is not what its .wat says: run node scripts/assemble.mjs.`);
    process.exitCode = 1;
  }
}
