// Fills this package with the files of onnxruntime-node, which is installed here without its install script (see .npmrc).
//
// On Linux x64 that script downloads CUDA's libraries, some hundred megabytes, from another server than npm's, and where it cannot, the
// installation of everything that depends on the package fails. All that adfw needs is in the npm package itself.
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const manifest = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
const { version } = JSON.parse(readFileSync(manifest, 'utf8'));

const stamp = join(here, 'bin', 'version.txt');
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== version) {
  const original = dirname(manifest);
  for (const folder of ['bin', 'dist', 'script']) {
    rmSync(join(here, folder), { recursive: true, force: true });
    // script/build and script/prepack compile ONNX Runtime, and CUDA's libraries may have been downloaded here.
    const wanted = (path) => !/[\\/](build|prepack)\.[jt]s$|providers_(cuda|tensorrt)/.test(path);
    cpSync(join(original, folder), join(here, folder), { recursive: true, filter: wanted });
  }
  writeFileSync(stamp, version);
}
