// Builds dist/assets: the page that the server shows, from src/page.
import { copyFile, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const source = new URL('src/page/', import.meta.url);
const target = new URL('dist/assets/', import.meta.url);
await mkdir(target, { recursive: true });
for (const name of ['index.html', 'page.css', 'icon.svg'])
  await copyFile(new URL(name, source), new URL(name, target));
await build({
  input: fileURLToPath(new URL('page.ts', source)),
  platform: 'browser',
  logLevel: 'warn',
  output: { file: fileURLToPath(new URL('page.js', target)), format: 'esm', minify: true },
});
