// Whether the packages can be published: npm run check:packages, after a build. publint looks at each package.json and the files that
// it names, are-the-types-wrong at what TypeScript finds in the tarball (ES modules only: there is no CommonJS build), and the rest
// here at what npm would leave out or should.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { pack, publishedPackages, root } from './workspaces.mjs';

const packages = publishedPackages();
const names = new Map(packages.map(({ manifest }) => [manifest.name, manifest.version]));
const tarballs = mkdtempSync(join(tmpdir(), 'adfw-packages-'));
let faults = 0;
try {
  const packed = pack(packages, tarballs);
  for (const [index, { folder, manifest }] of packages.entries()) {
    const { path, files } = packed[index];
    const found = [
      ...contentFaults(manifest, files),
      ...dependencyFaults(manifest),
      ...(await publint({ pkgDir: folder, level: 'warning', strict: true })).messages.map((message) =>
        formatMessage(message, manifest),
      ),
      ...typeFaults(path),
    ];
    console.log(`${found.length === 0 ? 'ok  ' : 'FAIL'} ${manifest.name}: ${files.length} files`);
    for (const fault of found) console.log(`     ${fault}`);
    faults += found.length;
  }
} finally {
  rmSync(tarballs, { recursive: true, force: true });
}
process.exitCode = faults > 0 ? 1 : 0;

function contentFaults({ description, license, engines, exports, bin }, files) {
  const missing = ['LICENSE', 'README.md', 'package.json'].filter((file) => !files.includes(file));
  const unwanted = files.filter((file) => /\.(test|fixture)\.|\.tsbuildinfo$|^node_modules\//.test(file));
  return [
    ...missing.map((file) => `has no ${file}`),
    ...unwanted.map((file) => `holds ${file}`),
    ...(description ? [] : ['has no description']),
    ...(license ? [] : ['has no license']),
    ...(engines?.node ? [] : ['does not say which Node it needs']),
    ...(exports || bin ? [] : ['has no exports']),
  ];
}

/** Packages of one version go together: an older one beside it would be a second copy of core. */
function dependencyFaults({ dependencies = {} }) {
  return Object.entries(dependencies)
    .filter(([name, version]) => names.has(name) && names.get(name) !== version)
    .map(([name, version]) => `depends on ${name} ${version}; it is ${names.get(name)}`);
}

function typeFaults(tarball) {
  try {
    execFileSync(
      'npx',
      ['attw', tarball, '--profile', 'esm-only', '--format', 'table-flipped', '--no-color'],
      {
        cwd: root,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    return [];
  } catch ({ stdout, stderr }) {
    return [`types: ${stdout || stderr}`];
  }
}
