// Builds dist/page.js, dist/data-page.js and dist/page.css: what runs inside a report, and in the page of adfw data. One classic script, since a page opened from disk may load no
// module; bundled from the sources, so that nothing else needs to be built before.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
/** All that the page takes from the core: bundling the whole of it would need packages to be built that this must not wait for. */
const core = {
  name: 'core',
  resolveId: (id) => (id === '@adfw/core' ? '\0core' : null),
  load: (id) =>
    id === '\0core'
      ? ['metrics/index.ts', 'metrics/false-alarm-bound.ts', 'images/outline.ts']
          .map((source) => `export * from ${JSON.stringify(file(`../core/src/${source}`))};`)
          .join('\n')
      : null,
};

const entries = { page: 'src/page/main.ts', 'data-page': 'src/page/data/main.ts' };

/** @returns the script of a page and the style sheet, as text. */
export async function bundlePage(name = 'page') {
  const bundle = await rolldown({
    input: file(entries[name]),
    platform: 'browser',
    plugins: [core],
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    logLevel: 'warn',
  });
  try {
    const { output } = await bundle.generate({ format: 'iife', minify: true });
    return { script: output[0].code, style: readFileSync(file('src/page/page.css'), 'utf8') };
  } finally {
    await bundle.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(file('dist'), { recursive: true });
  for (const name of Object.keys(entries)) {
    const { script, style } = await bundlePage(name);
    writeFileSync(file(`dist/${name}.js`), script);
    writeFileSync(file('dist/page.css'), style);
  }
}
