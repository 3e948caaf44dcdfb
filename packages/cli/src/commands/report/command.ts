import type { WrittenReport } from '@adfw/report';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../shared/base-command.js';

export default class Report extends BaseCommand {
  static override summary = 'Write the report of a run, or the comparison of several, as one HTML file.';
  static override description =
    'The file opens offline in any browser: the verdict, curves, a threshold to drag, and the test images with their heat maps. adfw run writes one; make it again after adfw threshold, or after images were moved.';
  static override examples = [
    { description: 'Make report.html of a run again', command: '<%= config.bin %> report adfw-runs/screw' },
    {
      description: 'Compare runs that were tested on the same images',
      command: '<%= config.bin %> report adfw-runs/stfpm adfw-runs/fvv --out comparison.html',
    },
  ];
  static override usage = 'report RUN... [FLAGS]';
  static override args = {
    run: Args.string({
      required: true,
      multiple: true,
      ignoreStdin: true,
      description: 'run directories; several are compared',
    }),
  };
  static override flags = {
    out: Flags.string({
      helpValue: 'FILE',
      summary:
        'The file to write; by default report.html in the run directory, and adfw-comparison.html for several runs.',
    }),
  };

  async run(): Promise<WrittenReport> {
    const { args, flags } = await this.parse(Report);
    // oclif's types do not know that an argument may be given several times.
    const runs = args.run as unknown as string[];
    const { report, text } = await this.withProgress(async (progress, signal) => {
      const { performReport } = await import('./perform.js');
      return performReport(runs, flags, progress, signal);
    });
    this.log(text);
    return report;
  }
}
