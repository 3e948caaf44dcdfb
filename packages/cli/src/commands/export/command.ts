import type { ExportReport } from '@adfw/runner';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../shared/base-command.js';

export default class Export extends BaseCommand {
  static override summary = 'Write the model of a run as one ONNX file, for any runtime that reads those.';
  static override description =
    'Before it is written, the file is run on a few images by ONNX Runtime alone and compared with what adfw predict gives.';
  static override examples = [
    '<%= config.bin %> export adfw-runs/screw --out screw.onnx',
    {
      description: 'With a threshold of your own',
      command: '<%= config.bin %> export adfw-runs/screw --out screw.onnx --threshold 0.3',
    },
  ];
  static override args = {
    run: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'a run directory, or its model folder',
    }),
  };
  static override flags = {
    out: Flags.string({ required: true, helpValue: 'FILE', summary: 'The file to write.' }),
    threshold: Flags.string({
      helpValue: 'SCORE',
      summary: "The default of the file's input threshold, in place of the run's threshold.",
    }),
    'require-threshold': Flags.boolean({
      summary:
        'Give the input threshold no default: whoever runs the file has to give it. For onnxruntime-node and -web, which cannot override defaults.',
    }),
    overwrite: Flags.boolean({ summary: 'Replace the file if it is there.' }),
  };

  async run(): Promise<ExportReport> {
    const { args, flags } = await this.parse(Export);
    const { report, text } = await this.withProgress(async (progress, signal) => {
      const { performExport } = await import('./perform.js');
      return performExport(args.run, flags, progress, signal);
    });
    this.log(text);
    return report;
  }
}
