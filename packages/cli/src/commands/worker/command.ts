import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../shared/base-command.js';
import type { WorkerSummary } from './perform.js';

export default class Worker extends BaseCommand {
  static override summary = 'Run what adfw bench --queue puts into a queue, on this machine beside others.';
  static override description =
    'Takes runs out of the queue until Ctrl-C or SIGTERM, which gives back what it runs: another worker goes on from its last epoch, as it does where a worker dies. Needs the package @adfw/queue.';
  static override examples = [
    {
      description: "The benchmark's folder and its data are on a shared disk, at the same places",
      command: '<%= config.bin %> worker redis://queue.example.org --out /shared/bench',
    },
    {
      description: 'Nothing is shared; the images are elsewhere here, and there is a password',
      command:
        "<%= config.bin %> worker 'rediss://:PASSWORD@queue.example.org' --data /data/mvtec --jobs 4 --threads 2",
    },
  ];
  static override args = {
    queue: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'the URL of a Redis or Valkey server, as the benchmark has it',
    }),
  };
  static override flags = {
    out: Flags.string({
      helpValue: 'DIR',
      summary:
        "Where the benchmark's folder, its --out, is on this machine, where both have it on a shared disk. Without it files go through the queue.",
    }),
    data: Flags.string({
      helpValue: '[FROM=]DIR',
      multiple: true,
      multipleNonGreedy: true,
      summary:
        'Where the images are on this machine, in place of where the benchmark has them; with FROM= what stands for that beginning of all paths, also those of weights and plugins. May be repeated.',
    }),
    jobs: Flags.string({
      helpValue: 'N',
      summary:
        "How many runs are done at a time, 1 by default. They divide the machine's threads among them.",
    }),
    threads: Flags.string({
      helpValue: 'N',
      summary: 'Threads of a run, where the benchmark does not say.',
    }),
    'lost-after': Flags.string({
      helpValue: 'SECONDS',
      summary: 'After how long without a sign of life from this worker others take its runs; 30 by default.',
    }),
    scratch: Flags.string({
      helpValue: 'DIR',
      summary:
        "Where runs lie until their files are in the queue; by default in the system's folder for temporary files.",
    }),
  };

  async run(): Promise<WorkerSummary> {
    const { args, flags } = await this.parse(Worker);
    const summary = await this.withProgress(async (progress, signal) => {
      const { performWorker } = await import('./perform.js');
      return performWorker(args.queue, flags, progress, signal);
    });
    this.log(`${summary.complete} complete, ${summary.failed} failed, ${summary.givenBack} given back.`);
    return summary;
  }
}
