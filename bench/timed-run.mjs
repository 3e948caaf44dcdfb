// One run of the product in a process of its own: prints its time and peak memory, phase by phase, as JSON. growth.mjs calls it.
//   node bench/timed-run.mjs EXPERIMENT_DOCUMENT RUN_DIRECTORY
import { prepareExperiment, runExperiment, useEngine } from '@adfw/runner';

const [document, folder] = process.argv.slice(2);
const { registry, experiment } = await prepareExperiment({
  overrides: [{ source: 'growth', document: JSON.parse(document) }],
});
const engine = await useEngine('onnxruntime');

/** The phase that is over when the run's event says so; what comes between, such as loading masks, belongs to the next. */
const phaseEndedBy = {
  images: ({ done, total }) => done === total && 'reading',
  epoch: ({ record, epochs }) => record.epoch === epochs && 'training',
  scoring: ({ done, total }) => done === total && 'scoring',
  overlays: ({ done }) => done === 1 && 'evaluation',
};
/** Seconds of the clock, and of the processors: those of all threads, which other programs on the machine disturb less. */
const elapsed = {};
const processor = {};
const peakBytes = {};
const start = clocks();
let phaseStart = start;
function clocks() {
  const { user, system } = process.cpuUsage();
  return { elapsed: performance.now() / 1e3, processor: (user + system) / 1e6 };
}
function endPhase(phase) {
  const now = clocks();
  elapsed[phase] = now.elapsed - phaseStart.elapsed;
  processor[phase] = now.processor - phaseStart.processor;
  peakBytes[phase] = process.resourceUsage().maxRSS * 1024;
  phaseStart = now;
}

const { metrics } = await runExperiment({
  registry,
  experiment,
  engine,
  folder,
  onProgress(event) {
    const phase = phaseEndedBy[event.type]?.(event);
    if (phase) endPhase(phase);
  },
});
endPhase('overlays');
phaseStart = start;
endPhase('total');
console.log(JSON.stringify({ elapsed, processor, peakBytes, metrics }));
