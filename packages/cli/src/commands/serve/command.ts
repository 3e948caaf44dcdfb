import { Args, Flags } from '@oclif/core';
import { BaseCommand, engineFlags } from '../../shared/base-command.js';

const limit = (helpValue: string, summary: string) =>
  Flags.string({ helpGroup: 'LIMITS', helpValue, summary });

export default class Serve extends BaseCommand {
  static override summary = 'Serve the models of runs over HTTP, with a page to try images on.';
  static override description =
    'POST /predict scores images with the first model, POST /models/NAME/predict with any; /metrics is for Prometheus, /openapi.json says the rest; the page is at /. A model whose folder changes is loaded again. When it can be reached, a line with the address is written to stdout. Ctrl-C or SIGTERM ends it once the requests in flight are answered; a second one ends it at once.';
  static override examples = [
    { description: 'For this machine', command: '<%= config.bin %> serve adfw-runs/screw' },
    {
      description: 'Two models, one under another name than its folder',
      command: '<%= config.bin %> serve adfw-runs/screw nuts=adfw-runs/metal_nut',
    },
    {
      description: 'For others as well, with a token',
      command: 'ADFW_TOKEN=$(openssl rand -hex 16) <%= config.bin %> serve adfw-runs/screw --host 0.0.0.0',
    },
    {
      description: 'Score an image',
      command: 'curl -F image=@photo.jpg http://127.0.0.1:8080/predict',
    },
  ];
  static override usage = 'serve [NAME=]RUN... [FLAGS]';
  static override args = {
    run: Args.string({
      required: true,
      multiple: true,
      ignoreStdin: true,
      description:
        'run directories, or their model folders; each is served under the name of its folder, or under NAME',
    }),
  };
  static override flags = {
    host: Flags.string({
      helpValue: 'H',
      summary: 'The address to listen on; 127.0.0.1 by default, which only this machine reaches.',
    }),
    port: Flags.string({
      helpValue: 'N',
      summary: 'The port to listen on; 8080 by default, 0 for one that is free.',
    }),
    token: Flags.string({
      helpValue: 'TOKEN',
      summary:
        'What requests must bring along, as "Authorization: Bearer TOKEN"; needed where others reach the host. Better in the environment, as ADFW_TOKEN, since all users of a machine see its command lines.',
    }),
    'allowed-host': Flags.string({
      helpValue: 'NAME',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Without a token: a name under which a proxy makes the server known. May be repeated.',
    }),
    threshold: Flags.string({
      helpValue: 'SCORE',
      summary: "From which score on an image is defective, in place of the model's threshold.",
    }),
    'log-level': Flags.string({
      helpValue: 'LEVEL',
      summary:
        'What is logged to stderr, as JSON: silent, error (the default), warn, or info, every request.',
    }),
    processes: Flags.string({
      helpValue: 'N',
      summary:
        'Serve in so many processes on one port, which divide the threads of the engine; 1 by default. Where one dies, another takes its place.',
    }),
    queue: limit(
      'N',
      'Images inside at a time, of a model in a process, beyond which requests are answered with 429; 64 by default.',
    ),
    batch: limit('N', 'Images that are scored at once; 8 by default.'),
    'max-body': limit('MB', 'Of a request, in MiB; 32 by default.'),
    'max-images': limit('N', 'Images of a request; 16 by default.'),
    'max-pixels': limit('N', 'Pixels of an image; 50000000 by default.'),
    timeout: limit('SECONDS', 'Until a request is answered; 30 by default.'),
    ...engineFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Serve);
    const { performServe } = await import('./perform.js');
    // oclif's types do not know that an argument may be given several times.
    await performServe(args.run as unknown as string[], flags, (address, text) =>
      this.announce(address, text),
    );
  }

  // What there is to say has been announced.
  protected override logJson(): void {}
}
