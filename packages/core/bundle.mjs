// Builds dist/vendor/inversify.js: inversify and what it depends on as one module. As published it is 245 of them, and to find and read
// them takes a tenth of a second in each process and thread. reflect-metadata stays outside: it changes the global `Reflect`.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const file = (name) => fileURLToPath(new URL(`dist/vendor/${name}`, import.meta.url));
await build({
  input: 'inversify',
  cwd: fileURLToPath(new URL('.', import.meta.url)),
  external: ['reflect-metadata'],
  platform: 'neutral',
  logLevel: 'warn',
  output: { file: file('inversify.js'), format: 'esm' },
});
writeFileSync(file('inversify.d.ts'), "export * from 'inversify';\n");
