// PyTorch in a process of its own, which waits while this one computes.
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('peers/peer.py', import.meta.url));

/** The version of PyTorch that `python3` has, or null. */
export function pyTorchVersion() {
  const found = spawnSync('python3', ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : null;
}

/** Where PyTorch computes beside a GPU's provider: `cuda` where it finds one. */
export function peerDevice() {
  const script = 'import torch; print("cuda" if torch.cuda.is_available() else "cpu")';
  return spawnSync('python3', ['-c', script], { encoding: 'utf8' }).stdout.trim() || 'cpu';
}

/** Starts a job of peers/peer.py; each `turn()` does its work once and gives `{ ms, peakBytes }`. */
function startPeer(job) {
  const child = spawn('python3', [script, JSON.stringify(job)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    async turn() {
      child.stdin.write('\n');
      const { value, done } = await lines.next();
      if (done) throw new Error(`${script} ended; what it says is above.`);
      return JSON.parse(value);
    },
    stop: () => child.stdin.end(),
  };
}

/** The job in the memory format in which it is faster here, warmed up: some networks run better channels-last, some don't. */
export async function fasterPeer(job) {
  const candidates = [];
  for (const channels_last of job.task === 'read-images' ? [false] : [false, true]) {
    const peer = startPeer({ ...job, channels_last });
    const times = [];
    for (let i = 0; i < 4; i++) times.push((await peer.turn()).ms);
    candidates.push({
      ...peer,
      name: channels_last ? 'channels-last' : 'contiguous',
      best: Math.min(...times),
    });
  }
  candidates.sort((a, b) => a.best - b.best);
  for (const slower of candidates.slice(1)) slower.stop();
  return candidates[0];
}
