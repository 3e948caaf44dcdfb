import type { PretrainingReport } from '@adfw/runner';
import { Args, Flags } from '@oclif/core';
import { BaseCommand, engineFlags } from '../../shared/base-command.js';
import { oclifPretrainFlags } from './flags.js';

export default class Pretrain extends BaseCommand {
  static override summary = 'Train a teacher on any images, nominal or not, before it is used.';
  static override description =
    'The folder it writes holds weights.safetensors, which adfw run takes with --weights, and manifest.json, which says how they were made.';
  static override examples = [
    {
      description: 'ResNet-18 with half of the channels inside its blocks, from generated images alone',
      command: '<%= config.bin %> pretrain pyramid --inner-share 0.5 --out teacher',
    },
    {
      description: 'From photographs of your own, and weights in a file',
      command: '<%= config.bin %> pretrain pyramid --images ./photos --weights resnet18.pth --out teacher',
    },
    {
      description: 'A network that describes patches, for uninformed-students',
      command: '<%= config.bin %> pretrain descriptors --patch-size 33 --width 32 --out patch33',
    },
    {
      description: 'Go on with a training that was interrupted',
      command: '<%= config.bin %> pretrain --resume teacher',
    },
  ];
  static override usage = 'pretrain KIND [--images DIR]... [FLAGS]';
  static override args = {
    kind: Args.string({
      ignoreStdin: true,
      description:
        'what is trained: pyramid, a smaller ResNet from the feature pyramid of a larger one; or descriptors, a network that describes patches, for uninformed-students',
    }),
  };
  static override flags = {
    ...oclifPretrainFlags,
    ...engineFlags,
    out: Flags.string({
      helpValue: 'DIR',
      summary: 'The folder to write, new or empty; by default adfw-runs/pretrain-<kind>-<time>.',
    }),
    resume: Flags.string({
      helpValue: 'DIR',
      summary: 'Go on with the interrupted training in this folder, to the result it would have had.',
    }),
  };

  async run(): Promise<PretrainingReport> {
    const { args, flags } = await this.parse(Pretrain);
    const { report, text } = await this.withProgress(async (progress, signal) => {
      const { performPretrain } = await import('./perform.js');
      return performPretrain(args.kind, flags, progress, signal);
    });
    this.log(text);
    return report;
  }
}
