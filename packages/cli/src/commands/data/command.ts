import type { AuditReport } from '@adfw/audit';
import { Args, Flags } from '@oclif/core';
import { BaseCommand, engineFlags, pluginFlag } from '../../shared/base-command.js';
import { oclifExperimentFlags } from '../../shared/experiment-flags.js';

const { data: _data, ...experimentFlags } = oclifExperimentFlags;

export default class Data extends BaseCommand {
  static override summary =
    'Say what a folder of images is, and what is wrong with it, before anything is trained.';
  static override description =
    'Reads all images and masks: files that cannot be read, masks that do not fit, images that are there twice, nominal images that look least nominal, and what a run would take. The exit code is 0 where a run can be trained on it, and 1 where it cannot, as it was asked for.';
  static override examples = [
    '<%= config.bin %> data ./part',
    '<%= config.bin %> data ./part --html part.html',
    '<%= config.bin %> data ./mvtec --category screw --method patchcore --json',
    {
      description: 'Folders of any other layout',
      command:
        '<%= config.bin %> data --set dataset.type=folder --set dataset.train=good --set dataset.testDefective=bad',
    },
  ];
  static override usage = 'data [DIR] [FLAGS]';
  static override args = {
    dir: Args.string({
      ignoreStdin: true,
      description: 'a folder of images, of any layout that is read, or a table that lists them',
    }),
  };
  static override flags = {
    html: Flags.string({
      aliases: ['out'],
      helpValue: 'FILE',
      summary:
        'Write a page with the pictures: pairs side by side, masks that do not fit, suspicious images.',
    }),
    suspicious: Flags.string({
      helpValue: 'N',
      summary: 'List so many of the nominal images that look least nominal, 10 by default; 0 does not look.',
    }),
    'no-estimate': Flags.boolean({
      summary: 'Do not try the method on a batch to say what a run will take.',
    }),
    ...experimentFlags,
    config: Flags.string({
      helpGroup: 'EXPERIMENT',
      helpValue: 'FILE.json',
      summary: 'An experiment document, for its dataset and method; the other flags go before what it says.',
    }),
    set: Flags.string({
      helpGroup: 'EXPERIMENT',
      helpValue: 'PATH=VALUE',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Set any value of the experiment, as in dataset.page=0. May be repeated.',
    }),
    plugin: pluginFlag,
    ...engineFlags,
  };

  async run(): Promise<AuditReport> {
    const { args, flags } = await this.parse(Data);
    const { report, text } = await this.withProgress(async (progress, signal) => {
      const { performData } = await import('./perform.js');
      return performData(args.dir, flags, progress, signal);
    });
    this.log(text);
    if (!report.usable) process.exitCode = 1;
    return report;
  }
}
