import type { Prediction } from '@adfw/runner';
import { Args, Flags, type Interfaces } from '@oclif/core';
import { BaseCommand, engineFlag } from '../base-command.js';
import { interruptible } from '../interruption.js';
import { coloursFor } from '../streams.js';

interface PredictReport {
  /** null where the model has none and none was given. */
  threshold: number | null;
  predictions: (Prediction & { /** Its picture. */ overlay?: string })[];
  /** Images that were left out, and why. */
  skipped: string[];
}

export default class Predict extends BaseCommand {
  static override summary = 'Score images with the model of a run, and say which are defective.';
  static override examples = [
    '<%= config.bin %> predict adfw-runs/screw photo.jpg',
    '<%= config.bin %> predict adfw-runs/screw ./photos --out pictures',
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
    'skip-bad-images': Flags.boolean({
      summary: 'Leave out images that cannot be read; otherwise the first one ends the command.',
    }),
    engine: engineFlag,
  };

  async run(): Promise<PredictReport> {
    const { args, flags } = await this.parse(Predict);
    return interruptible((signal) => this.#run(args as unknown as PredictArgs, flags, signal));
  }

  async #run(args: PredictArgs, flags: PredictFlags, signal: AbortSignal): Promise<PredictReport> {
    const { DataError } = await import('@adfw/core');
    const { badImageRemedy, listImages } = await import('@adfw/datasets-mvtec');
    const { createFolder, engineNames, loadModel, predictFiles, readManifest, useEngine } = await import(
      '@adfw/runner'
    );
    const { choiceOf, numberOf } = await import('../flag-value.js');
    const { shellCommand } = await import('../format.js');
    const { predictionOverlays } = await import('../prediction-overlays.js');
    const { predictionsText } = await import('../predictions-text.js');
    const { progressView } = await import('../progress-view.js');

    const engineName = choiceOf('--engine', flags.engine ?? 'auto', engineNames);
    const threshold = flags.threshold === undefined ? undefined : numberOf('--threshold', flags.threshold);
    // What can be wrong with the arguments shows before an engine starts.
    const manifest = await readManifest(args.run);
    const images = [...new Set((await Promise.all(args.image.map(listImages))).flat())];
    if (flags.out !== undefined) await createFolder(flags.out);

    const progress = progressView();
    const report: PredictReport = {
      threshold: threshold ?? manifest.thresholds.deployed,
      predictions: [],
      skipped: [],
    };
    try {
      progress.update({ task: 'Loading the model' });
      await useEngine(engineName);
      const model = await loadModel(args.run);
      const draw = flags.out === undefined ? null : predictionOverlays(flags.out, images, manifest);
      const onBadImage = ({ message }: Error) => {
        const fault = message.replace(badImageRemedy, '');
        report.skipped.push(fault);
        progress.warn(`Left out: ${fault}`);
      };
      const scored = predictFiles(model, images, {
        signal,
        ...(threshold !== undefined && { threshold }),
        ...(flags['skip-bad-images'] && { onBadImage }),
      });
      for await (const detailed of scored) {
        const { pixels: _pixels, map: _map, ...prediction } = detailed;
        report.predictions.push(draw ? { ...prediction, overlay: await draw(detailed) } : prediction);
        const done = report.predictions.length + report.skipped.length;
        const detail = `${done}/${images.length}`;
        progress.update({ task: 'Scoring', fraction: done / images.length, detail });
      }
      if (report.threshold === null)
        progress.warn(
          `The model has no threshold, since no nominal image was held out, so there are no verdicts. Set one with ${shellCommand(['adfw', 'threshold', args.run, 'SCORE'])}, or give --threshold SCORE.`,
        );
    } finally {
      progress.close();
    }
    if (report.predictions.length === 0)
      throw new DataError(
        images.length === 1
          ? 'The image cannot be read.'
          : `None of the ${images.length} images can be read.`,
      );
    this.log(predictionsText(report.predictions, coloursFor(process.stdout)));
    if (flags.out !== undefined) this.log(`Pictures in ${flags.out}`);
    return report;
  }
}

/** oclif does not see that an argument may be given several times. */
type PredictArgs = { run: string; image: string[] };
type PredictFlags = Interfaces.InferredFlags<typeof Predict.flags>;
