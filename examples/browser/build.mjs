// node build.mjs MODEL [OUT]: the page with everything it needs, as a folder for any static file server.
// MODEL: what detector.save wrote, or the `model` folder of a run. OUT: dist by default.
import { copyFile, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const here = fileURLToPath(new URL('.', import.meta.url));
const [model, out = join(here, 'dist')] = process.argv.slice(2);
if (!model) {
  console.error('Usage: node build.mjs MODEL [OUT]');
  process.exit(2);
}

async function copy(files, from, to) {
  await mkdir(to, { recursive: true });
  for (const file of files) await copyFile(join(from, file), join(to, file));
}
const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'));
await copy(['index.html', 'page.css'], here, out);
await copy(['manifest.json', 'weights.safetensors'], model, join(out, 'model'));
await copy(
  ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm', 'tfjs-backend-wasm-threaded-simd.wasm'],
  join(wasm, 'wasm-out'),
  join(out, 'wasm'),
);
await build({
  input: join(here, 'page.ts'),
  platform: 'browser',
  logLevel: 'warn',
  output: { file: join(out, 'page.js'), format: 'esm', minify: true },
});
