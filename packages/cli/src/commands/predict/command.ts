import { Args, Flags } from '@oclif/core';
import { BaseCommand, engineFlags } from '../../shared/base-command.js';
import type { PredictReport } from './perform.js';

export default class Predict extends BaseCommand {
  static override summary = 'Score images with the model of a run, and say which are defective.';
  static override examples = [
    '<%= config.bin %> predict adfw-runs/screw photo.jpg',
    '<%= config.bin %> predict adfw-runs/screw ./photos --out pictures',
    '<%= config.bin %> predict adfw-runs/screw ./photos --scores scores.csv',
    '<%= config.bin %> predict adfw-runs/screw ./photos --threshold 0.3 --json',
  ];
  static override args = {
    run: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'a run directory, or its model folder',
    }),
    image: Args.string({
      required: true,
      multiple: true,
      ignoreStdin: true,
      description: 'images, and folders of images',
    }),
  };
  static override flags = {
    threshold: Flags.string({
      helpValue: 'SCORE',
      summary: "From which score on an image is defective, in place of the model's threshold.",
    }),
    out: Flags.string({
      helpValue: 'DIR',
      summary: 'Draw each image, its heat map and the outline of what is defective into this folder.',
    }),
    scores: Flags.string({
      helpValue: 'FILE',
      summary: 'Write each score into this new file, .csv or .jsonl, as soon as it is there.',
    }),
    'skip-bad-images': Flags.boolean({
      summary: 'Images that cannot be read are no failure: the exit code is 0 although they have no score.',
    }),
    ...engineFlags,
  };

  async run(): Promise<PredictReport> {
    const { args, flags } = await this.parse(Predict);
    // oclif's types do not know that an argument may be given several times.
    const images = args.image as unknown as string[];
    return this.withProgress(async (progress, signal) => {
      const { performPredict } = await import('./perform.js');
      const print = this.jsonEnabled() ? null : (line: string) => this.log(line);
      return performPredict(args.run, images, flags, print, progress, signal);
    });
  }
}
