// A worker for a test to kill: it begins a run, leaves what a run leaves after an epoch, says so, and goes no further.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { workOnCells } from '../dist/index.js';

const [url, folder] = process.argv.slice(2);
await workOnCells({
  url,
  folder,
  scratch: join(folder, 'scratch'),
  signal: new AbortController().signal,
  lostAfterMilliseconds: 1000,
  async run({ folder, experiment }) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'experiment.json'), JSON.stringify(experiment));
    console.log('begun');
    await new Promise(() => {});
  },
});
