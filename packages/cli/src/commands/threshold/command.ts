import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../shared/base-command.js';
import { coloursFor } from '../../shared/streams.js';
import type { ThresholdReport } from './text.js';

export default class Threshold extends BaseCommand {
  static override summary = 'Show or set the threshold that predictions use, without training again.';
  static override examples = [
    { description: 'Show it', command: '<%= config.bin %> threshold adfw-runs/screw' },
    { description: 'Set it', command: '<%= config.bin %> threshold adfw-runs/screw 0.31' },
    {
      description: 'A score that at least 95 of 100 nominal images stay below',
      command: '<%= config.bin %> threshold adfw-runs/screw --quantile 0.95',
    },
  ];
  static override args = {
    run: Args.string({ required: true, ignoreStdin: true, description: 'a run directory' }),
    value: Args.string({ ignoreStdin: true, description: 'the new threshold, a score' }),
  };
  static override flags = {
    quantile: Flags.string({
      helpValue: 'Q',
      summary:
        'Choose it from the held-out nominal images: the part of nominal images that is to score below it, 0 to 1.',
    }),
  };

  async run(): Promise<ThresholdReport> {
    const { args, flags } = await this.parse(Threshold);
    const { readManifest, setThreshold } = await import('@adfw/runner');
    const { newThreshold } = await import('./new-threshold.js');
    const { thresholdReport, thresholdText } = await import('./text.js');
    const before = await readManifest(args.run);
    const asked = await newThreshold(before, { value: args.value, quantile: flags.quantile });
    const manifest = asked === undefined ? before : await setThreshold(args.run, asked.threshold);
    const report = thresholdReport(manifest, asked?.heldOutWanted);
    const previous = asked === undefined ? {} : { previous: before.thresholds.deployed };
    if (report.heldOutWanted !== undefined) {
      const { progressView } = await import('../../shared/progress-view.js');
      progressView().warn(
        `The quantile ${flags.quantile} needs ${report.heldOutWanted} held-out images, and there are ${report.heldOut?.count}: the threshold is just above the highest of their scores.`,
      );
    }
    this.log(thresholdText(report, { run: args.run, ...previous }, coloursFor(process.stdout)));
    return report;
  }
}
