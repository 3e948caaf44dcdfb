// What a new user gets: packs the packages, installs the tarballs into an empty project as npm would from its registry, and runs the
// main job there. npm run check:install, after a build; it takes a few minutes and needs npm's registry for the other dependencies.
//   node scripts/try-packed.mjs [--keep]     leaves the project there and says where
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack, publishedPackages } from './workspaces.mjs';

const folder = mkdtempSync(join(tmpdir(), 'adfw-packed-'));
const project = join(folder, 'project');
try {
  mkdirSync(project);
  const packages = publishedPackages();
  const tarballs = pack(packages, folder);
  // The command is what a user asks for; that all else comes from the tarballs as well is what `overrides` says.
  const files = Object.fromEntries(
    packages.map(({ manifest }, i) => [manifest.name, `file:${tarballs[i].path}`]),
  );
  const cli = packages.find(({ manifest }) => manifest.bin?.adfw).manifest.name;
  const manifest = {
    name: 'empty',
    private: true,
    dependencies: { [cli]: files[cli] },
    overrides: without(files, cli),
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest, null, 2));

  step('npm', 'install', '--no-audit', '--no-fund');
  step('npx', 'adfw', '--version');
  step('npx', 'adfw', 'run', '--method', 'fvv', '--out', 'run');
  const { metrics } = JSON.parse(readFileSync(join(project, 'run', 'metrics.json'), 'utf8'));
  console.log(`image AUROC ${metrics.imageAuroc.toFixed(3)}`);
} finally {
  if (process.argv.includes('--keep')) console.log(project);
  else rmSync(folder, { recursive: true, force: true });
}

function without(record, key) {
  const { [key]: _, ...rest } = record;
  return rest;
}

/** Runs a command in the project and says how long it took; what it prints is shown where it fails. */
function step(command, ...args) {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd: project,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`);
  console.log(`${((performance.now() - start) / 1000).toFixed(1)} s  ${command} ${args.join(' ')}`);
}
