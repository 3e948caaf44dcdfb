// Measures one row of the benchmark, in a process of its own, and prints it as JSON. bench.mjs calls it.
//   node bench/measure.mjs train-step/stfpm REPEATS peer|alone PROVIDER
import { setTimeout } from 'node:timers/promises';
import { engineVersion } from '@adfw/engine-onnxruntime';
import { useEngine } from '@adfw/runner';
import { peakRate } from './convolutions.mjs';
import { fasterPeer, peerDevice, pyTorchVersion } from './peer.mjs';
import { allRows } from './rows.mjs';

/** The first rounds compile. */
const WARM_UP = 3;

const [name, repeats, withPeer, provider] = process.argv.slice(2);
const row = (await allRows()).find((candidate) => candidate.name === name);
await useEngine('onnxruntime', { provider });
const { threads } = engineVersion();
const prepared = (await row.prepare?.()) ?? {};

const version = withPeer === 'peer' ? pyTorchVersion() : null;
const { remove, ...given } = prepared;
const job = row.peer && { ...row.peer, ...given, threads, device: provider === 'cpu' ? 'cpu' : peerDevice() };
const peer = version === null ? null : row.peerProgram ? null : await fasterPeer(job);

const ours = [];
const theirs = [];
let [peakBytes, peerPeakBytes] = [0, 0];

/**
 * The peer takes its turn after each of ours, so that whatever else the machine does meets both. Its threads wait for more work
 * by spinning, so it is left alone a moment before it is our turn again.
 */
async function turn(ms) {
  ours.push(ms);
  if (peer) {
    const { ms: peerMs, peakBytes: bytes } = await peer.turn();
    theirs.push(peerMs);
    peerPeakBytes = bytes;
    await setTimeout(50);
  } else if (version !== null) theirs.push(row.peerProgram());
  return ours.length < WARM_UP + Number(repeats);
}

const operations = await row.measure(turn, prepared);
peakBytes = process.resourceUsage().maxRSS * 1024;
peer?.stop();
await remove?.();

const median = (times) => {
  const sorted = times.slice(WARM_UP).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
};
const ms = median(ours);
const peerMs = version === null ? null : median(theirs);
console.log(
  JSON.stringify({
    name,
    what: row.what,
    ms,
    peer: version === null ? null : `PyTorch ${version}${peer ? ` ${peer.name}, on ${job.device}` : ''}`,
    peerMs,
    ratio: peerMs && peerMs / ms,
    fractionOfPeak: provider === 'cpu' && operations ? operations / (ms / 1000) / (await peakRate()) : null,
    peakBytes,
    peerPeakBytes: peer ? peerPeakBytes : null,
    threads,
  }),
);
