import { Flags } from '@oclif/core';
import { BaseCommand, engineFlags, pluginFlag } from '../../shared/base-command.js';
import { oclifExperimentFlags } from '../../shared/experiment-flags.js';
import type { ProfiledReport } from './perform.js';

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
      command: '<%= config.bin %> run --config screw.json --set model.training.optimizer.learningRate=0.1',
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
      summary: 'Set any value of the experiment, as in model.students=3. May be repeated.',
    }),
    plugin: pluginFlag,
    ...engineFlags,
    out: Flags.string({
      helpValue: 'DIR',
      summary: 'The run directory, new or empty; by default adfw-runs/<method>-<dataset>-<time>.',
    }),
    pictures: Flags.string({
      helpValue: 'N',
      summary:
        'Draw pictures of at most so many test images, first of those that were misjudged; 300 by default.',
    }),
    profile: Flags.boolean({
      summary:
        'Say where the time went, in a table; profile.json and trace.json, which ui.perfetto.dev opens, are written into the run directory.',
    }),
    resume: Flags.string({
      helpValue: 'DIR',
      summary: 'Go on with the interrupted run in this directory, to the result it would have had.',
    }),
  };

  async run(): Promise<ProfiledReport> {
    const { flags } = await this.parse(Run);
    const { report, text } = await this.withProgress(async (progress, signal) => {
      const { performRun } = await import('./perform.js');
      return performRun(flags, progress, signal);
    });
    this.log(text);
    return report;
  }
}
