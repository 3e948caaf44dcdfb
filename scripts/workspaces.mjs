import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The packages that are published: where they lie, and their package.json. */
export const publishedPackages = () =>
  JSON.parse(execFileSync('npm', ['query', '.workspace'], { cwd: root, encoding: 'utf8' }))
    .filter((workspace) => !workspace.private)
    .map(({ location }) => {
      const folder = join(root, location);
      return { folder, manifest: JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) };
    });

/** Packs packages into a folder. @returns for each, in order, the tarball's path and the paths of the files in it. */
export function pack(packages, into) {
  const folders = packages.map(({ folder }) => folder);
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', into, ...folders];
  const packed = JSON.parse(
    execFileSync('npm', args, {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  const byName = new Map(Object.values(packed).map((entry) => [entry.name, entry]));
  return packages.map(({ manifest }) => {
    const { filename, files } = byName.get(manifest.name);
    return { path: join(into, filename), files: files.map(({ path }) => path) };
  });
}
