/** `adfw run` and what is done with runs, as their users do it. */
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bin,
  type CommandOptions,
  type CommandOutcome,
  startCommand,
  type WarmCommand,
  warmCommand,
} from './shared/command.test.fixture.js';

/** A folder outside the repository, in which the commands run. */
let folder: string;
/** Runs whatever needs no process of its own, also what computes: networks are compiled once. */
let warm: WarmCommand;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-cli-'));
  warm = warmCommand(folder);
});
afterAll(async () => {
  warm.close();
  await rm(folder, { recursive: true, force: true });
});

const start = (args: readonly string[], options: Omit<CommandOptions, 'cwd'> = {}) =>
  startCommand(args, { cwd: folder, ...options });

const adfw = (...args: string[]) => warm.run(...args);

/** A command that is killed some milliseconds after it said `text`, unless it has ended by then. */
async function killed(args: readonly string[], text: string, delay: number): Promise<void> {
  const { child, closed, saying } = start(args);
  await saying(text).catch(() => {});
  await sleep(delay);
  child.kill('SIGKILL');
  await closed;
}

const jsonOf = async (outcome: Promise<CommandOutcome>) => {
  const { code, stdout, stderr } = await outcome;
  expect(stderr).not.toContain('adfw:');
  expect(code).toBe(0);
  return JSON.parse(stdout);
};
const adfwJson = (...args: string[]) => jsonOf(adfw(...args, '--json'));

const set = (...settings: string[]) => settings.flatMap((setting) => ['--set', setting]);
const tinyTeacher = set('model.teacher.weights=random', 'model.teacher.width=8', 'model.layers=["layer1"]');
const tinySample = [
  ...['--image-size', '32', '--batch-size', '4'],
  ...set('dataset.train=12', 'dataset.testNominal=2', 'dataset.testDefective=2'),
  ...set('dataset.type=sample'),
  ...tinyTeacher,
];

describe('help and version', () => {
  it('are answered on stdout', async () => {
    const [version, help, runHelp, helpOfRun] = await Promise.all([
      adfw('--version'),
      adfw('--help'),
      adfw('run', '--help'),
      adfw('help', 'run'),
    ]);
    expect(version).toMatchObject({ code: 0, stderr: '' });
    expect(version.stdout).toMatch(/^@adfw\/cli\/\d+\.\d+\.\d+ /);
    for (const command of ['run', 'pretrain', 'predict', 'threshold', 'export', 'list', 'describe', 'schema'])
      expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(runHelp.stdout).toContain('--validation-fraction=F');
    expect(runHelp).toMatchObject({ code: 0, stderr: '' });
    expect(helpOfRun).toEqual(runHelp);
  });
});

describe('wrong usage', () => {
  const cases: [name: string, args: string[], message: string | RegExp][] = [
    ['an unknown command', ['rnu'], /no command "rnu".* Did you mean adfw run\?/],
    ['an unknown flag', ['run', '--epoch', '3'], /no flag --epoch\. Did you mean --epochs\?/],
    [
      'a flag without its value',
      ['run', '--method', 'fvv', '--epochs'],
      '--epochs expects a value. adfw run --help',
    ],
    ['an argument too many', ['run', 'fvv'], 'Unexpected argument "fvv". adfw run --help'],
    ['an argument too few', ['predict'], /RUN is missing: .* IMAGE is missing: .*\. adfw predict --help/],
    ['no method', ['run'], /Choose a method with --method: stfpm, fvv, simple-student/],
    ['an unknown method', ['run', '--method', 'fvw'], /--method: \$\.method .*Did you mean fvv\?/],
    ['an unknown engine', ['run', '--method', 'fvv', '--engine', 'onnx'], '--engine must be one of auto'],
    [
      'a provider for another platform',
      ['run', '--method', 'fvv', '--provider', process.platform === 'win32' ? 'coreml' : 'dml'],
      /provider "\w+" is not part of onnxruntime-node .* Use cpu/,
    ],
    [
      'no thread',
      ['predict', 'no-run', 'x.png', '--threads', '0'],
      '--threads must be a whole number from 1',
    ],
    [
      'half a picture',
      ['run', '--method', 'fvv', '--pictures', '2.5'],
      '--pictures must be a whole number from 0 on; found "2.5"',
    ],
    [
      'a choice that an engine has not',
      ['run', '--method', 'fvv', '--engine', 'cpu', '--threads', '2'],
      'The engine "cpu" has no choice of threads',
    ],
    ['a setting without a value', ['run', '--method', 'fvv', '--set', 'seed'], 'write path=value'],
    ['a config that is not there', ['run', '--config', 'no.json'], 'no.json does not exist'],
    ['a plugin that is not there', ['list', '--plugin', './no.js'], 'There is no plugin'],
    ['a run that is not there', ['predict', 'no-run', 'x.png'], 'There is no run directory no-run'],
    ['an export without a file', ['export', 'x'], 'Missing required flag out. adfw export --help'],
    ['an export of no run', ['export', 'x', '--out', 'y'], 'There is no run directory x'],
    ['a threshold that is no number', ['export', 'x', '--out', 'y', '--threshold', 'high'], 'found "high"'],
    ['an unknown part', ['describe', 'distanse'], /no method or part "distanse"\. Did you mean "distance"\?/],
    ['a name of two kinds', ['describe', 'simple-student'], 'method/simple-student, backbone/simple-student'],
    ['--resume with other flags', ['run', '--resume', 'x', '--epochs', '3'], 'leave out --epochs'],
    ['--resume of no run', ['run', '--resume', 'x'], 'There is no run directory x'],
    ['no pretraining', ['pretrain'], /Say what is to be trained: pyramid \(/],
    [
      'an unknown pretraining',
      ['pretrain', 'pyramit'],
      'There is no pretraining "pyramit"; registered are pyramid, descriptors. Did you mean "pyramid"?',
    ],
    [
      'an option out of range',
      ['pretrain', 'pyramid', '--steps', '0'],
      '--steps: $.steps must be an integer >= 1; found 0',
    ],
    [
      'an option of another kind',
      ['pretrain', 'pyramid', '--patch-size', '33'],
      '--patch-size: $.patchSize is not known here',
    ],
    [
      'a pretraining to go on with, and flags',
      ['pretrain', '--resume', 'x', '--steps', '3'],
      'leave out --steps',
    ],
    ['no pretraining to go on with', ['pretrain', '--resume', 'x'], 'There is no folder x'],
    [
      'images to learn from that are not there',
      ['pretrain', 'pyramid', '--images', 'x', '--weights', 'y'],
      'x does not exist',
    ],
    ['a folder of images that is not there', ['run', '--method', 'stfpm', '--data', 'x'], 'x does not exist'],
  ];
  it.each(cases)('%s is said in a sentence, with the exit code 2', async (_, args, message) => {
    const { code, stdout, stderr } = await adfw(...args);
    expect(stderr).toMatch(message);
    // On a slow machine a line about progress may come before it.
    expect(stderr).toMatch(/^(?:(?!adfw:).*\n)*adfw: [^\n]+\n$/);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('lists every fault of an experiment, with its path, its source and the nearest right name', async () => {
    await writeFile(
      join(folder, 'bad.json'),
      JSON.stringify({ method: 'stfpm', model: { loss: { type: 'cosin' } }, fits: {} }),
    );
    const args = ['run', '--config', 'bad.json', '--epochs', '0', '--set', 'fit.batchSise=3'];
    const { code, stderr } = await adfw(...args);
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(5);
    expect(stderr).toContain('adfw: The experiment has 4 faults:');
    expect(stderr).toMatch(/- --epochs: \$\.model\.training\.epochs must be an integer >= 1; found 0/);
    expect(stderr).toMatch(/- bad\.json: \$\.model\.loss\.type .*found "cosin"\. Did you mean cosine\?/);
    expect(stderr).toMatch(/- bad\.json: \$\.fits .*Did you mean fit\?/);
    expect(stderr).toMatch(/- --set fit\.batchSise=3: \$\.fit\.batchSise .*batchSize\?/);
  });

  it('names the new place of what stood elsewhere in earlier experiments', async () => {
    const before = {
      method: 'stfpm',
      dataset: { type: 'sample', imageSize: 64 },
      teacher: { type: 'resnet18', weights: 'random' },
      student: { count: 3 },
      training: { epochs: 3, batchSize: 4 },
    };
    await writeFile(join(folder, 'before.json'), JSON.stringify(before));
    const { code, stderr } = await adfw('run', '--config', 'before.json', '--set', 'loss.type=l2');
    expect(code).toBe(2);
    const places = [...stderr.matchAll(/^- \S+.*: \$\.(\S+) .* Did you mean \$\.(\S+)\?$/gm)];
    expect(Object.fromEntries(places.map(([, old, place]) => [old, place]))).toEqual({
      'dataset.imageSize': 'images.size',
      teacher: 'model.teacher',
      'student.count': 'model.students',
      training: 'model.training',
      'training.batchSize': 'fit.batchSize',
      loss: 'model.loss',
    });
  });

  it('with --json is an object on stdout as well', async () => {
    const { code, stdout, stderr } = await adfw('run', '--method', 'fvv', '--epochs', 'many', '--json');
    expect(code).toBe(2);
    const { error } = JSON.parse(stdout);
    expect(stderr).toBe(`adfw: ${error.message}\n`);
    expect(error.faults).toMatchObject([{ path: '$.model.training.epochs', source: '--epochs' }]);
  });

  it('shows where it comes from only with DEBUG', async () => {
    const { stderr } = await start(['describe', 'nothing'], { env: { DEBUG: '1' } }).closed;
    expect(stderr).toMatch(/\n {4}at /);
  });
});

describe('list, describe and schema', () => {
  it('name methods and parts with where they come from', async () => {
    const [entries, text] = await Promise.all([adfwJson('list'), adfw('list')]);
    expect(entries).toContainEqual({
      kind: 'score',
      name: 'variance',
      summary: expect.any(String),
      reference: expect.any(String),
      plugin: '@adfw/method-fvv',
    });
    expect(text.stdout).toMatch(/^Methods\n {2}stfpm +One student [^(]+ \(@adfw\/method-stfpm\)\n/);
    expect(text.stdout).toMatch(/\n\nModels\n {2}distillation +A frozen teacher/);
    expect(text.stdout).toMatch(/\n\nBackbones \(model\.teacher, model\.student, model\.backbone\)\n/);
    for (const { name } of entries) expect(text.stdout).toContain(` ${name} `);
  });

  it('describe the options of a part, and the preset of a method', async () => {
    const [sgd, text, fvv] = await Promise.all([
      adfwJson('describe', 'sgd'),
      adfw('describe', 'optimizer/sgd'),
      adfwJson('describe', 'fvv'),
    ]);
    expect(sgd.options.properties.momentum).toMatchObject({ type: 'number', default: 0.9 });
    expect(text.stdout).toMatch(/momentum +a number >= 0 and < 1 +0\.9 /);
    expect(fvv).toMatchObject({
      kind: 'method',
      preset: { model: { students: 3 } },
      model: { students: 3, teacher: { weights: 'imagenet', width: 64 }, training: { epochs: 10 } },
    });
  });

  it('say which parts go into the slots of a part, and what a method makes of its model', async () => {
    const [model, method, loss] = await Promise.all([
      adfw('describe', 'distillation'),
      adfw('describe', 'fvv'),
      adfw('describe', 'cosine'),
    ]);
    expect(model.stdout).toMatch(/ teacher +a backbone +\{"type":"resnet18","weights":"imagenet"\}\n/);
    expect(model.stdout).toMatch(/ student +a backbone +like teacher, but for weights\n/);
    expect(model.stdout).toMatch(/ training\.optimizer +an optimizer +\{"type":"sgd"\}\n/);
    expect(model.stdout).toContain('--set model.type=distillation');
    expect(method.stdout).toMatch(/ model\.students +3 \(preset\)\n/);
    expect(method.stdout).toMatch(/ model\.training\.optimizer\.learningRate +0\.4\n/);
    expect(loss.stdout).toContain('{"model":{"loss":{"type":"cosine",');
    expect(loss.stdout).toContain('--set model.loss.type=cosine');
  });

  it('print the schema of experiments', async () => {
    const { code, stdout } = await adfw('schema');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).properties.method.enum).toContain('stfpm');
  });

  it('do not mind a reader that goes away', async () => {
    const { child, closed } = start(['schema']);
    child.stdout.destroy();
    expect(await closed).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('a plugin outside the repository', () => {
  beforeAll(async () => {
    await writeFile(
      join(folder, 'noisy-variant.mjs'),
      `import { tf } from '@adfw/core';
import { layerwiseScore } from '@adfw/distillation';
console.log('a plugin that prints');
export default {
  name: 'noisy-variant',
  parts: [{
    kind: 'score',
    name: 'scaled-distance',
    summary: 'Squared distance to the first student, scaled.',
    options: { factor: { type: 'number', exclusiveMinimum: 0, default: 2, description: 'The factor.' } },
    create: ({ factor }) => layerwiseScore((teacher, [student]) =>
      tf.mul(tf.sum(tf.squaredDifference(teacher, student), -1), factor)),
  }],
  methods: [{
    name: 'noisy',
    summary: 'STFPM with that score.',
    preset: { model: { type: 'distillation', score: { type: 'scaled-distance' } } },
  }],
};
`,
    );
  });
  const plugin = ['--plugin', './noisy-variant.mjs'];

  it('is listed, described and validated like the built-in ones', async () => {
    const [entries, described, refused] = await Promise.all([
      adfwJson('list', ...plugin),
      adfw('describe', 'scaled-distance', ...plugin),
      adfw('run', '--method', 'noisy', '--set', 'model.score.factor=-1', ...plugin),
    ]);
    const brought = entries.filter((entry: { plugin: string }) => entry.plugin === 'noisy-variant');
    expect(brought.map(({ name }: { name: string }) => name)).toEqual(['noisy', 'scaled-distance']);
    expect(described.stdout).toMatch(/factor +a number > 0 +2 +The factor\./);
    expect(refused.stderr).toMatch(/\$\.model\.score\.factor must be a number > 0; found -1/);
    expect(refused.code).toBe(2);
  });

  it('may be a package of the project that the command runs in', async () => {
    const home = join(folder, 'node_modules', 'somebodys-variant');
    await mkdir(home, { recursive: true });
    await copyFile(join(folder, 'noisy-variant.mjs'), join(home, 'index.mjs'));
    await writeFile(
      join(home, 'package.json'),
      JSON.stringify({ name: 'somebodys-variant', type: 'module', exports: './index.mjs' }),
    );
    const entries = await adfwJson('list', '--plugin', 'somebodys-variant');
    expect(entries.map(({ name }: { name: string }) => name)).toContain('scaled-distance');
  });

  it('may bring a model of another kind, which has no maps and is not trained', async () => {
    await writeFile(
      join(folder, 'grey.mjs'),
      `import { tf } from '@adfw/core';
const greys = (images) => tf.mean(images, [1, 2, 3]);
const create = () => {
  const mean = tf.variable(tf.scalar(0));
  return {
    normalization: { mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    stages: [{
      name: 'mean',
      async gather(batches, { total }) {
        let sum = 0;
        for await (const { images } of batches) sum += tf.tidy(() => tf.sum(greys(images)).dataSync()[0]);
        tf.tidy(() => mean.assign(tf.scalar(sum / total)));
      },
    }],
    detect: ({ images }) => ({ scores: tf.abs(tf.sub(greys(images), mean)), maps: null }),
    state: () => ({ mean }),
    restore: (state) => mean.assign(state.mean),
    dispose: () => mean.dispose(),
  };
};
export default {
  name: 'grey',
  parts: [{ kind: 'model', name: 'grey', summary: 'Distance to the mean grey.', create }],
  methods: [{ name: 'grey', summary: 'Grey.', preset: { model: { type: 'grey' } } }],
};
`,
    );
    const grey = ['run', '--plugin', './grey.mjs', '--method', 'grey'];
    const sizes = [
      '--image-size',
      '32',
      ...set('dataset.train=12', 'dataset.testNominal=2', 'dataset.testDefective=2'),
    ];
    const { code, stdout, stderr } = await adfw(...grey, ...sizes, '--out', 'grey');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain('Looked at 10 nominal images in ');
    expect(stdout).toMatch(/^grey on sample .*Image AUROC.*Synthetic defects/ms);
    expect(stdout).not.toMatch(/Pixel AUROC|AUPRO {2}|Dice {2}|random weights/);
    expect(await readdir(join(folder, 'grey'))).not.toContain('anomaly-maps');

    const { predictions } = await adfwJson('predict', 'grey', 'grey/maps/test/good', '--out', 'grey-drawn');
    expect(predictions).toHaveLength(2);
    const exported = await adfwJson('export', 'grey', '--out', 'grey.onnx');
    expect(exported.comparison.largestDifference.anomalyMap).toBeNull();

    const [epochs, weights] = await Promise.all([
      adfw(...grey, '--epochs', '3'),
      adfw(...grey, '--weights', 'imagenet'),
    ]);
    expect(epochs).toMatchObject({ code: 2, stdout: '' });
    expect(epochs.stderr).toContain('--epochs: $.model.training is not known here; allowed are type.');
    expect(weights).toMatchObject({ code: 2, stdout: '' });
    expect(weights.stderr).toContain('--weights: the model "grey" has no pretrained network; leave it out.');
  });

  it('is used by a run, whose JSON it cannot spoil', async () => {
    const flags = ['--epochs', '1', '--threads', '1', '--provider', 'cpu'];
    const run = start(['run', '--method', 'noisy', ...plugin, ...tinySample, ...flags, '--json']);
    const report = await jsonOf(run.closed);
    expect(report).toMatchObject({
      method: 'noisy',
      dataset: { name: 'sample', train: 10, validation: 2, testGood: 2, testDefective: 2 },
      metrics: { imageAuroc: expect.any(Number), deployed: { threshold: expect.any(Number) } },
      engine: { name: 'onnxruntime', provider: 'cpu', threads: 1 },
    });
    expect(report.outputDir).toMatch(/^adfw-runs.noisy-fabric-\d{8}-\d{6}$/);
    const manifest = await readFile(join(folder, report.outputDir, 'model', 'manifest.json'), 'utf8');
    expect(JSON.parse(manifest).experiment.model.score).toEqual({ type: 'scaled-distance', factor: 2 });

    const image = join(folder, report.outputDir, 'maps', 'test', 'good', '000.png');
    const predict = start(['predict', report.outputDir, image, '--threads', '1', '--json']);
    const { engine, predictions } = await jsonOf(predict.closed);
    expect(engine).toEqual(report.engine);
    expect(predictions).toHaveLength(1);
  });
});

describe('an interrupted run', () => {
  const args = (out: string) => ['run', '--method', 'stfpm', ...tinySample, '--epochs', '8', '--out', out];
  const weightsOf = (out: string) => readFile(join(folder, out, 'model', 'weights.safetensors'));
  let uninterrupted: Buffer;
  beforeAll(async () => {
    await adfw(...args('whole'));
    uninterrupted = await weightsOf('whole');
  });

  it('stops at Ctrl-C, says how to go on, and then ends as if never interrupted', async () => {
    const signalled = ['SIGINT', 'Epoch 3/8'] as const;
    const { code, stdout, stderr } = await start(args('stopped'), { signalled }).closed;
    expect(code).toBe(130);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/\nadfw: Interrupted\. Go on with: adfw run --resume stopped\n$/);
    expect(await readdir(join(folder, 'stopped'))).not.toContain('metrics.json');

    const unfinished = await adfw('predict', 'stopped', 'x.png');
    expect(unfinished.stderr).toContain('finish it with adfw run --resume stopped');

    const resumed = await adfw('run', '--resume', 'stopped');
    expect(resumed).toMatchObject({ code: 0, stdout: expect.stringContaining('Image AUROC') });
    expect(resumed.stderr).toMatch(/Going on after epoch \d+\n/);
    expect((await weightsOf('stopped')).equals(uninterrupted)).toBe(true);
    expect(await readdir(join(folder, 'stopped'))).not.toContain('checkpoint');
  });

  it('ends as if never interrupted when it was killed twice at any moment', async () => {
    const delays = [Math.random() * 1000, Math.random() * 1000] as const;
    await killed(args('killed'), 'stfpm on', delays[0]);
    await killed(['run', '--resume', 'killed'], 'stfpm on', delays[1]);
    const { code, stderr } = await adfw('run', '--resume', 'killed');
    expect(code, `killed after ${delays} ms: ${stderr}`).toBe(0);
    expect((await weightsOf('killed')).equals(uninterrupted), `killed after ${delays} ms`).toBe(true);
  });

  it('is gone on with by one at a time, and by the next as soon as that is killed', async () => {
    // It holds the run for as long as the second takes to start.
    const begun = start(args('twice'), { signalled: ['SIGSTOP', 'Epoch 1/'] });
    await begun.saying('Epoch 1/');
    const { code, stdout, stderr } = await adfw('run', '--resume', 'twice');
    begun.child.kill('SIGKILL');
    await begun.closed;
    expect(stderr).toContain(`adfw: Another adfw works in twice (process ${begun.child.pid} on `);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });

    const resumed = await adfw('run', '--resume', 'twice');
    expect(resumed.code, resumed.stderr).toBe(0);
    expect((await weightsOf('twice')).equals(uninterrupted)).toBe(true);
    expect((await readdir(join(folder, 'twice'))).sort()).toEqual(
      (await readdir(join(folder, 'whole'))).sort(),
    );
  });

  it('goes on with the engine it was begun with', async () => {
    const small = set('model.teacher.width=2', 'model.training.epochs=2');
    const begun = [...args('other-engine'), ...small, '--engine', 'cpu'];
    await start(begun, { signalled: ['SIGKILL', 'Epoch 1/'] }).closed;
    expect((await adfwJson('run', '--resume', 'other-engine')).engine.name).toBe('cpu');
  });

  it('is given as it is when it was complete', async () => {
    const { imageAuroc } = (await adfwJson('run', '--resume', 'whole')).metrics;
    const saved = JSON.parse(await readFile(join(folder, 'whole', 'metrics.json'), 'utf8'));
    expect(imageAuroc).toBe(saved.metrics.imageAuroc);
  });

  it('repeats from its experiment.json, bit for bit', async () => {
    const experiment = join('whole', 'experiment.json');
    const { code } = await adfw('run', '--config', experiment, '--out', 'repeated');
    expect(code).toBe(0);
    expect((await weightsOf('repeated')).equals(uninterrupted)).toBe(true);
  });

  it('is not overwritten', async () => {
    const { code, stderr } = await adfw(...args('whole'));
    expect(stderr).toMatch(/whole is not empty.*--resume whole/);
    expect(code).toBe(2);
  });
});

describe('a pretraining', () => {
  const args = (out: string) => [
    ...['pretrain', 'descriptors', '--patch-size', '17', '--width', '4', '--distillation-weight', '0'],
    ...['--generated-images', '4', '--image-size', '32', '--batch-size', '8', '--steps', '60'],
    ...['--record-every', '10', '--out', out],
  ];
  const filesOf = (out: string) =>
    Promise.all(
      ['weights.safetensors', 'manifest.json'].map((file) => readFile(join(folder, out, file), 'base64')),
    );

  it('that was killed twice at any moment ends in the same files, bit for bit', async () => {
    const whole = await adfw(...args('teacher'));
    expect(whole).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Trained in .*\nLoss at the end/),
    });
    const delays = [Math.random() * 1000, Math.random() * 1000] as const;
    await killed(args('killed-teacher'), 'Training a teacher', delays[0]);
    await killed(['pretrain', '--resume', 'killed-teacher'], 'Training a teacher', delays[1]);
    const { stderr } = await adfw('pretrain', '--resume', 'killed-teacher');
    expect(await filesOf('killed-teacher'), `killed after ${delays} ms: ${stderr}`).toEqual(
      await filesOf('teacher'),
    );
    const log = (out: string) => readFile(join(folder, out, 'train.jsonl'), 'utf8');
    expect((await log('killed-teacher')).split('\n')).toHaveLength((await log('teacher')).split('\n').length);
  });
});

describe('a run on images in a folder', () => {
  const flags = (...more: string[]) => [
    ...['run', '--method', 'stfpm', '--data', 'tiles', '--image-size', '32', '--epochs', '2'],
    ...tinyTeacher,
    ...more,
  ];
  beforeAll(async () => {
    for (const [path, images, scratched] of [
      ['train/good', 10, false],
      ['test/good', 3, false],
      ['test/scratch', 3, true],
    ] as const) {
      await mkdir(join(folder, 'tiles', path), { recursive: true });
      for (let index = 0; index < images; index++)
        await writeTile(join(folder, 'tiles', path, `${index}.png`), path.length + index, scratched);
    }
    const { code, stderr } = await adfw(...flags('--out', 'tiles-run'));
    expect(code, stderr).toBe(0);
  });

  it('leaves a run directory, and says the measures and what it could not measure', async () => {
    const { stdout } = await adfw('run', '--resume', 'tiles-run');
    expect(stdout).toMatch(/^stfpm on tiles\n8 images to train on, 2 held out; 3 good and 3 defective/m);
    expect(stdout).toMatch(/Image AUROC +\d\.\d{3} {2}\d\.\d{3} to \d\.\d{3} with a confidence of 95 %\n/);
    expect(stdout).toMatch(/Deployed threshold +\S+ {2}from 2 held-out nominal images/);
    expect(stdout).toMatch(/Pixel AUROC +-\n/);
    expect(stdout).toContain('adfw predict tiles-run IMAGE');
    expect(stdout).toContain('The teacher has random weights, trained on nothing');
    expect((await readdir(join(folder, 'tiles-run'))).sort()).toEqual(
      [
        'anomaly-maps',
        'data.json',
        'experiment.json',
        'maps',
        'metrics.json',
        'model',
        'report.html',
        'scores.csv',
        'train.jsonl',
      ].sort(),
    );
    expect(await readdir(join(folder, 'tiles-run', 'maps', 'test', 'scratch'))).toEqual([
      '0.png',
      '1.png',
      '2.png',
    ]);
  });

  it('predicts the scores that the run had, and draws pictures', async () => {
    const csv = await readFile(join(folder, 'tiles-run', 'scores.csv'), 'utf8');
    const scores = new Map(
      csv
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => [line.split(',')[0], Number(line.split(',')[3])]),
    );
    const { predictions, threshold } = await adfwJson('predict', 'tiles-run', 'tiles/test', '--out', 'drawn');
    expect(predictions).toHaveLength(6);
    for (const { image, score, verdict, normalizedScore, overlay } of predictions) {
      expect(score).toBeCloseTo(scores.get(image.slice('tiles/'.length)) as number, 5);
      expect(verdict).toBe(score >= threshold ? 'defective' : 'nominal');
      expect(normalizedScore >= 0.5).toBe(verdict === 'defective');
      expect((await sharp(join(folder, overlay)).metadata()).width).toBeGreaterThan(96);
    }
  });

  it('has a threshold that is shown, and set without training', async () => {
    const before = await readFile(join(folder, 'tiles-run', 'model', 'weights.safetensors'));
    expect(await adfwJson('threshold', 'tiles-run')).toMatchObject({ heldOut: { count: 2 } });
    expect(await adfwJson('threshold', 'tiles-run', '-1')).toMatchObject({ deployed: -1 });
    const { stdout } = await adfw('predict', 'tiles-run', 'tiles/test/good/0.png');
    expect(stdout).toMatch(/tiles\/test\/good\/0\.png +\S+ +\S+ {2}defective\n/);
    expect(stdout).toContain('1 of 1 image defective at the deployed threshold -1.000');
    const { heldOut, deployed } = await adfwJson('threshold', 'tiles-run', '--quantile', '1');
    expect(Math.fround(deployed)).toBe(deployed);
    expect(deployed).toBeGreaterThan(heldOut.max);
    expect(deployed).toBeCloseTo(heldOut.max, 5);
    expect((await readFile(join(folder, 'tiles-run', 'model', 'weights.safetensors'))).equals(before)).toBe(
      true,
    );
  });

  it('is exported as a file that gives the same, and replaces a file only where that is wanted', async () => {
    const { stdout, stderr, code } = await adfw('export', 'tiles-run', '--out', 'tiles.onnx');
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(
      /^tiles\.onnx \(\d+\.\d MiB\) gives what adfw predict gives: on 5 images, in batches of 1 and 5, .*\n/,
    );
    const written = await readFile(join(folder, 'tiles.onnx'));
    const again = await adfw('export', 'tiles-run', '--out', 'tiles.onnx', '--threshold', '0.5');
    expect(again).toMatchObject({ code: 2, stderr: expect.stringMatching(/is there already.*--overwrite/) });
    expect((await readFile(join(folder, 'tiles.onnx'))).equals(written)).toBe(true);
    const flags = ['--out', 'tiles.onnx', '--threshold', '0.5', '--overwrite'];
    const report = await adfwJson('export', 'tiles-run', ...flags);
    expect(report).toMatchObject({ file: 'tiles.onnx', threshold: 0.5, comparison: { images: 5 } });
    expect((await readFile(join(folder, 'tiles.onnx'))).equals(written)).toBe(false);
  });

  it.each([
    [
      'that mixes the images of a batch',
      'tf.div(map, tf.max(map))',
      1,
      /does not give what predict gives: run in a batch of 5, test\/.*\.png has another anomaly map by .*No file was written/,
    ],
    [
      'that reads a value',
      'tf.mul(map, tf.max(map).dataSync()[0])',
      2,
      /"stfpm" cannot be exported: The function reads a value that depends on its input images\./,
    ],
  ])('is not exported with a score %s', async (name, formula, expectedCode, message) => {
    const run = name.replaceAll(' ', '-');
    await writeFile(
      join(folder, `${run}.js`),
      `import { tf } from '@adfw/core';
       import { layerwiseScore } from '@adfw/distillation';
       const create = () => layerwiseScore((teacher, [student]) => {
         const map = tf.sum(tf.squaredDifference(teacher, student), -1);
         return ${formula};
       });
       export default { name: 'odd', parts: [{ kind: 'score', name: 'odd', summary: 'Odd.', create }] };`,
    );
    const odd = ['--plugin', `./${run}.js`, ...set('model.score.type=odd'), '--out', run];
    expect((await adfw(...flags(...odd))).code).toBe(0);
    const { code, stdout, stderr } = await adfw('export', run, '--out', `${run}.onnx`);
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: expectedCode, stdout: '' });
    expect(await readdir(folder)).not.toContain(`${run}.onnx`);
  });

  it('without held-out images gives scores without verdicts, and says how to get them', async () => {
    const { code } = await adfw(...flags('--validation-fraction', '0', '--out', 'bare'));
    expect(code).toBe(0);
    const image = 'tiles/test/good/0.png';
    const [bare, given] = await Promise.all([
      adfw('predict', 'bare', image),
      adfwJson('predict', 'bare', image, '--threshold', '0'),
    ]);
    expect(bare).toMatchObject({ code: 0, stdout: expect.stringMatching(/0\.png +\S+ +- +-\n/) });
    expect(bare.stderr).toContain('Set one with adfw threshold bare SCORE');
    expect(given.predictions).toMatchObject([{ verdict: 'defective', threshold: 0 }]);
    const [refused, exported] = await Promise.all([
      adfw('export', 'bare', '--out', 'bare.onnx'),
      adfwJson('export', 'bare', '--out', 'required.onnx', '--require-threshold'),
    ]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--threshold SCORE') });
    expect(exported).toMatchObject({ threshold: null, comparison: { thresholds: [expect.any(Number)] } });
  });

  it('stops a run at an image that cannot be read, scores the others, and counts it where it is left out', async () => {
    const bad = join('tiles', 'test', 'good', 'bad.png');
    await copyFile(bin, join(folder, bad));
    const [stopped, report, scored, predicted] = await Promise.all([
      adfw(...flags('--out', 'stopped-at-bad')),
      adfwJson(...flags('--out', 'without-bad', '--skip-bad-images')),
      adfw('predict', 'tiles-run', 'tiles/test/good'),
      adfwJson('predict', 'tiles-run', 'tiles/test/good', '--skip-bad-images'),
    ]);
    await rm(join(folder, bad));
    expect(stopped).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/adfw: .*bad\.png/) });
    expect(scored.code).toBe(1);
    expect(scored.stdout).toMatch(/2\.png +\S+ +\S+ {2}\w+\n.*bad\.png +- +- {2}cannot be scored\n\n/s);
    expect(scored.stderr).toMatch(/bad\.png cannot be read.*\nadfw: 1 of 4 images cannot be scored/s);
    expect(report.dataset).toMatchObject({ testGood: 3, skipped: 1 });
    expect(predicted.predictions).toHaveLength(3);
    expect(predicted.skipped).toEqual([expect.stringContaining('bad.png')]);
  });
});

/** Bright stripes, which differ a little from tile to tile, on some with a dark scratch. */
async function writeTile(path: string, seed: number, scratched: boolean): Promise<void> {
  const size = 40;
  const pixels = Buffer.alloc(size * size);
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const stripe = 150 + 60 * Math.sin((x + seed) / 2) + ((x * 31 + y * 17 + seed * 7) % 13);
      pixels[y * size + x] = scratched && Math.abs(x - y) < 3 ? 10 : stripe;
    }
  await sharp(pixels, { raw: { width: size, height: size, channels: 1 } })
    .png()
    .toFile(path);
}
