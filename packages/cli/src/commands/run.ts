import { existsSync } from 'node:fs';
import type { RunReport } from '@adfw/runner';
import { Flags, type Interfaces } from '@oclif/core';
import { BaseCommand, engineFlag, pluginFlag } from '../base-command.js';
import { oclifExperimentFlags } from '../experiment-flags.js';
import { shellCommand } from '../format.js';
import { interruptible } from '../interruption.js';
import { coloursFor } from '../streams.js';

export default class Run extends BaseCommand {
  static override summary = 'Train on nominal images, score the test images and evaluate.';
  static override description =
    'Without --data the built-in sample is used and nothing is downloaded. The run directory holds the resolved experiment, the metrics, the scores, pictures of the anomaly maps and the model.';
  static override examples = [
    { description: 'Try it on the built-in sample', command: '<%= config.bin %> run --method fvv' },
    {
      description: 'Your own images, in the MVTec layout',
      command: '<%= config.bin %> run --method stfpm --data ./mvtec --category screw',
    },
    {
      description: 'An experiment file, with one value changed',
      command: '<%= config.bin %> run --config screw.json --set training.optimizer.learningRate=0.1',
    },
    {
      description: 'Go on with a run that was interrupted',
      command: '<%= config.bin %> run --resume adfw-runs/screw',
    },
  ];
  static override usage = 'run --method NAME [--data DIR] [FLAGS]';
  static override flags = {
    ...oclifExperimentFlags,
    config: Flags.string({
      helpGroup: 'EXPERIMENT',
      helpValue: 'FILE.json',
      summary:
        'An experiment document; the other flags go before what it says. adfw schema prints its schema.',
    }),
    set: Flags.string({
      helpGroup: 'EXPERIMENT',
      helpValue: 'PATH=VALUE',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Set any value of the experiment, as in student.count=3. May be repeated.',
    }),
    plugin: pluginFlag,
    engine: engineFlag,
    out: Flags.string({
      helpValue: 'DIR',
      summary: 'The run directory, new or empty; by default adfw-runs/<method>-<dataset>-<time>.',
    }),
    resume: Flags.string({
      helpValue: 'DIR',
      summary: 'Go on with the interrupted run in this directory, to the result it would have had.',
    }),
  };

  /** The run directory, once it is known. */
  #folder: string | undefined;

  async run(): Promise<RunReport> {
    const { flags } = await this.parse(Run);
    return interruptible(
      (signal) => this.#run(flags, signal),
      () => this.#howToGoOn(flags),
    );
  }

  async #run(flags: RunFlags, signal: AbortSignal): Promise<RunReport> {
    // Imported here, so that what needs none of it (help, a wrong flag) does not wait for it.
    const { engineNames, prepareExperiment, resumeExperiment, runExperiment, runPaths, useEngine } =
      await import('@adfw/runner');
    const { choiceOf } = await import('../flag-value.js');
    const { experimentRequest } = await import('../experiment-request.js');
    const { progressView } = await import('../progress-view.js');
    const { reportText } = await import('../report-text.js');
    const { defaultRunFolder } = await import('../run-folder.js');
    const { showRun } = await import('../run-progress.js');
    const { textWidth } = await import('../table.js');

    const engineName = choiceOf('--engine', flags.engine ?? 'auto', engineNames);
    const { registry, experiment } = await prepareExperiment(await experimentRequest(flags));
    const folder = flags.resume ?? flags.out ?? defaultRunFolder(experiment);
    this.#folder = folder;

    const progress = progressView();
    let report: RunReport;
    try {
      progress.update({ task: 'Starting the engine' });
      const engine = await useEngine(engineName);
      if (flags.resume !== undefined && existsSync(runPaths(folder).metrics))
        progress.note('The run is complete; this is its result');
      progress.update({ task: 'Loading the networks and the dataset' });
      const execute = flags.resume === undefined ? runExperiment : resumeExperiment;
      const show = showRun(progress, `${experiment.method} on ${engine.name}`);
      report = await execute({ registry, experiment, engine, folder, onProgress: show, signal });
    } finally {
      progress.close();
    }
    const { maps } = runPaths(folder);
    const colours = coloursFor(process.stdout);
    const width = textWidth(process.stdout);
    this.log(reportText(report, { experiment, maps: existsSync(maps) ? maps : null, colours, width }));
    return report;
  }

  #howToGoOn({ engine }: RunFlags): string | undefined {
    if (this.#folder === undefined || !existsSync(this.#folder)) return undefined;
    const sameEngine = engine === undefined ? [] : ['--engine', engine];
    return `Go on with: ${shellCommand(['adfw', 'run', '--resume', this.#folder, ...sameEngine])}`;
  }
}

type RunFlags = Interfaces.InferredFlags<typeof Run.flags>;
