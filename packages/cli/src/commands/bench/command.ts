import type { BenchmarkReport } from '@adfw/benchmark';
import { Flags } from '@oclif/core';
import { BaseCommand, engineFlags, pluginFlag } from '../../shared/base-command.js';
import { oclifExperimentFlags } from '../../shared/experiment-flags.js';

const { method: _method, category: _category, ...experimentFlags } = oclifExperimentFlags;

export default class Bench extends BaseCommand {
  static override summary = 'Run methods x categories x seeds, and tabulate them beside published results.';
  static override description =
    'Runs are done one after the other, or --jobs of them at a time, each in a process and a run directory of its own, OUT/METHOD/CATEGORY/SEED. The same command again goes on where it was stopped and retries what failed. After every run the tables are written: tables.md, tables.csv, tables.tex and bench.json in OUT.';
  static override examples = [
    {
      description: 'The thesis, chapter 6',
      command: '<%= config.bin %> bench --method stfpm,fvv,simple-student --data ./mvtec --category all',
    },
    {
      description: 'Three seeds, and a variant of your own as another column',
      command:
        '<%= config.bin %> bench --method stfpm --config thin=thin-student.json --data ./mvtec --category screw,tile --seeds 3',
    },
  ];
  static override usage = 'bench --method NAME,... [--config [NAME=]FILE.json]... [--data DIR] [FLAGS]';
  static override flags = {
    method: Flags.string({
      helpGroup: 'BENCHMARK',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      summary: 'The methods to compare (adfw list), with commas between them, or repeated.',
    }),
    config: Flags.string({
      helpGroup: 'BENCHMARK',
      helpValue: '[NAME=]FILE.json',
      multiple: true,
      summary:
        'An experiment document as another column, named after its file unless NAME is given; several, and may be repeated.',
    }),
    category: Flags.string({
      helpGroup: 'BENCHMARK',
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      summary: 'Categories of the dataset, likewise; all by default.',
    }),
    seeds: Flags.string({
      helpGroup: 'BENCHMARK',
      helpValue: 'N',
      summary:
        'How many seeds, beginning with --seed (42 by default), or which: 3 is 42,43,44. 1 by default.',
    }),
    out: Flags.string({
      helpGroup: 'BENCHMARK',
      helpValue: 'DIR',
      summary: 'The folder of the benchmark; by default adfw-bench/<dataset>.',
    }),
    jobs: Flags.string({
      helpGroup: 'BENCHMARK',
      helpValue: 'N',
      summary:
        "How many runs are done at a time, 1 by default. They divide the machine's threads among them.",
    }),
    shard: Flags.string({
      helpGroup: 'BENCHMARK',
      helpValue: 'I/N',
      summary:
        'Run only part I of N, for the tasks of a cluster that share OUT; the command without it then writes the tables.',
    }),
    queue: Flags.string({
      helpGroup: 'BENCHMARK',
      helpValue: 'URL',
      summary:
        'Leave the runs to workers on any machines (adfw worker), by a queue in the Redis or Valkey server at redis://HOST or rediss://USER:PASSWORD@HOST. Needs the package @adfw/queue.',
    }),
    retries: Flags.string({
      helpGroup: 'BENCHMARK',
      helpValue: 'N',
      summary: 'How often workers try a run again that has failed; 2 by default.',
    }),
    ...experimentFlags,
    set: Flags.string({
      helpGroup: 'MODEL',
      helpValue: 'PATH=VALUE',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Set any value of all experiments, as in model.students=3. May be repeated.',
    }),
    plugin: pluginFlag,
    ...engineFlags,
  };

  async run(): Promise<BenchmarkReport> {
    const { flags } = await this.parse(Bench);
    const { report, text } = await this.withProgress(async (progress, signal) => {
      const { performBench } = await import('./perform.js');
      return performBench(flags, progress, signal);
    });
    this.log(text);
    return report;
  }
}
