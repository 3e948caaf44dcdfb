/** Runs what the README and the guides show, as a user would: in a folder of their own, with the built packages. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { createResNet, saveWeights } from '@adfw/backbone-resnet';
import { checkConformance, compose, parseSafetensors, tf } from '@adfw/core';
import { builtInPlugins, prepareExperiment, useEngine } from '@adfw/runner';
import { rolldown } from 'rolldown';
import sharp from 'sharp';
import '@tensorflow/tfjs-backend-cpu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const docs = fileURLToPath(new URL('.', import.meta.url));
const adfw = join(docs, '../packages/cli/bin/adfw.js');
const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  // Inside the repository, so that imports of @adfw packages resolve as they do in a project that has installed them.
  folder = await mkdtemp(join(docs, '.examples-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The code block that follows `<!-- example: NAME -->`. */
async function example(document: string, name: string): Promise<string> {
  const text = await readFile(join(docs, document), 'utf8');
  const block = new RegExp(`<!-- example: ${name} -->\\n\`\`\`\\w+\\n(.*?)\`\`\``, 's').exec(text)?.[1];
  if (block === undefined) throw new Error(`${document} has no example "${name}".`);
  return block;
}

/** Grey noise; defective images have a bright bar. */
async function writeImages(path: string, count: number, defective: boolean): Promise<void> {
  for (let index = 0; index < count; index++) {
    const pixels = Uint8Array.from({ length: 64 * 64 }, (_, n) => {
      const inBar = defective && n % 64 > 20 && n % 64 < 40 && n > 64 * 20 && n < 64 * 30;
      return inBar ? 255 : 100 + ((n * 7919 + index * 104729) % 31);
    });
    const file = join(folder, path, `${String(index).padStart(3, '0')}.png`);
    await mkdir(dirname(file), { recursive: true });
    await sharp(pixels, { raw: { width: 64, height: 64, channels: 1 } })
      .png()
      .toFile(file);
  }
}

/** Settings that make an example small enough for a test. */
const small = [
  'teacher.weights=random',
  'teacher.width=16',
  'training.epochs=1',
  'training.batchSize=4',
  'dataset.imageSize=64',
].flatMap((setting) => ['--set', setting]);

const smallSample = [
  ...small,
  ...['type=sample', 'train=12', 'testNominal=2', 'testDefective=2'].flatMap((setting) => [
    '--set',
    `dataset.${setting}`,
  ]),
];

const runWith =
  (settings: readonly string[]) =>
  async (...args: string[]) => {
    const { stdout } = await run(process.execPath, [adfw, 'run', '--json', ...settings, ...args], {
      cwd: folder,
    });
    return JSON.parse(stdout);
  };
const adfwRun = runWith(small);
const adfwRunOnSample = runWith(smallSample);

describe('the README', () => {
  it('embeds a run and a prediction in an application', async () => {
    await writeImages('part/train/good', 8, false);
    await writeImages('part/test/good', 3, false);
    await writeImages('part/test/scratch', 3, true);
    const code = await example('embedding.md', 'embed');
    // The teacher's ImageNet weights cannot be had in a test; a random one of a quarter of the width takes its place.
    const withoutDownload = code.replace(
      "method: 'stfpm',",
      "method: 'stfpm', teacher: { type: 'resnet18', weights: 'random', width: 16 },",
    );
    expect(withoutDownload).not.toBe(code);
    await writeFile(join(folder, 'embed.mjs'), withoutDownload);
    const { stdout } = await run(process.execPath, ['embed.mjs'], { cwd: folder });
    expect(stdout).toMatch(/image AUROC (0|1|0\.\d+)\n.*000\.png \d.* (nominal|defective)\n/s);
  });

  it('adds a variant as a plugin of less than thirty lines', async () => {
    const code = await example('../README.md', 'plugin');
    expect(code.trim().split('\n').length).toBeLessThan(30);
    await writeFile(join(folder, 'max-score.js'), code);
    const report = await adfwRunOnSample(
      '--plugin',
      './max-score.js',
      '--method',
      'fvv-max',
      '--out',
      'runs/max',
    );
    expect(report.method).toBe('fvv-max');
    const experiment = JSON.parse(await readFile(join(folder, 'runs/max/experiment.json'), 'utf8'));
    expect(experiment).toMatchObject({ score: { type: 'max' }, student: { count: 3 } });
  });
});

describe('the guides', () => {
  it('composes students, scores and optimizers of different methods', async () => {
    await writeFile(join(folder, 'experiment.json'), await example('experiments.md', 'experiment'));
    const report = await adfwRunOnSample(
      '--config',
      'experiment.json',
      '--set',
      'student.width=16',
      '--out',
      'runs/mixed',
    );
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
  });

  it('steadies training, whatever the method', async () => {
    await writeFile(join(folder, 'training.json'), await example('experiments.md', 'training'));
    const { experiment: trained } = await prepareExperiment({ config: join(folder, 'training.json') });
    expect(trained).toMatchObject({
      student: { residualScale: 0 },
      training: { schedule: { warmUp: 0.1, decay: 'cosine' }, clipNorm: 1, averageDecay: 0.9, patience: 10 },
    });
    const report = await adfwRunOnSample('--config', 'training.json', '--out', 'runs/training');
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
  });

  it('designs a student that is another network than the teacher', async () => {
    await writeFile(join(folder, 'student.json'), await example('experiments.md', 'student'));
    const report = await adfwRunOnSample('--config', 'student.json', '--out', 'runs/student');
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
    const experiment = JSON.parse(await readFile(join(folder, 'runs/student/experiment.json'), 'utf8'));
    expect(experiment.student).toMatchObject({ type: 'residual', adapter: 'convolution', width: 16 });
  });

  it('puts a thin student under a wide teacher', async () => {
    await writeFile(join(folder, 'wide-teacher.json'), await example('experiments.md', 'wide-teacher'));
    const report = await adfwRunOnSample('--config', 'wide-teacher.json', '--out', 'runs/wide-teacher');
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
    const model = await readFile(join(folder, 'runs/wide-teacher/model/weights.safetensors'));
    const { tensors } = parseSafetensors(model, 'the model');
    // A quarter of the standard width, as the teacher's is here.
    expect(tensors['student0/adapter.layer3.weight']?.shape).toEqual([1, 1, 64, 256]);
  });

  it('takes a thin student for two of the layers', async () => {
    await writeFile(join(folder, 'thin.json'), await example('experiments.md', 'thin-student'));
    const report = await adfwRunOnSample('--config', 'thin.json', '--out', 'runs/thin');
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
  });

  it('mirrors a wide teacher in reverse', async () => {
    await writeFile(join(folder, 'reverse.json'), await example('methods.md', 'reverse-distillation'));
    const teacher = { weights: 'random', width: 4 };
    await useEngine('onnxruntime');
    const { registry, experiment } = await prepareExperiment({
      config: join(folder, 'reverse.json'),
      overrides: [{ source: 'the test', document: { teacher } }],
    });
    const { students, dispose } = await compose(registry, experiment);
    expect(students[0]?.channels).toEqual({ layer1: 16, layer2: 32, layer3: 64 });
    // Layer1 has six blocks, whose inner channels are twice a quarter of what they give.
    expect(students[0]?.parameters['decoder.layer1.5.conv2.weight']?.shape).toEqual([3, 3, 8, 8]);
    dispose();
  });

  it('says what a network costs', async () => {
    await writeFile(join(folder, 'cost.mjs'), await example('experiments.md', 'cost'));
    const { stdout } = await run(process.execPath, ['cost.mjs'], { cwd: folder });
    const [standard, thin] = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').slice(-2).map(Number));
    // Torchvision's parameters, less those of layer4 and the classifier.
    expect(standard?.[0]).toBe(11_689_512 - 8_393_728 - 513_000);
    for (const cost of [0, 1]) expect(thin?.[cost]).toBeLessThan((standard?.[cost] as number) / 10);
  });

  it('adds two losses, one of features and one of logits', async () => {
    await writeFile(join(folder, 'cosine-and-response.js'), await example('experiments.md', 'losses'));
    const flags = ['--plugin', './cosine-and-response.js', '--method', 'stfpm'];
    const loss = ['--set', 'loss.type=cosine+response'];
    const layers = ['--set', 'layers=["layer1", "layer2", "layer3", "logits"]'];
    const report = await adfwRunOnSample(...flags, ...loss, ...layers, '--out', 'runs/losses');
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
    const response = ['--set', 'loss.type=response'];
    await expect(adfwRunOnSample(...flags, ...response, '--out', 'runs/no-logits')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('needs the layer "logits"'),
    });
  });

  it('reads any folders of images', async () => {
    await writeImages('good-parts', 6, false);
    await writeImages('check/good', 2, false);
    await writeImages('check/bad', 2, true);
    await writeFile(join(folder, 'folders.json'), await example('own-data.md', 'folder'));
    const report = await adfwRun('--config', 'folders.json', '--out', 'runs/folders');
    expect(report.dataset).toMatchObject({ train: 5, validation: 1, testGood: 2, testDefective: 2 });
  });

  it('pretrains a teacher from photographs and generated images, and uses it', async () => {
    await writeImages('photos', 3, false);
    for (const [path, defective] of [
      ['train/good', false],
      ['test/good', false],
      ['test/scratch', true],
    ] as const)
      await writeImages(`part/${path}`, 4, defective);
    // A random network takes the place of torchvision's weights.
    await tf.setBackend('cpu');
    const large = createResNet('resnet18', { layers: ['layer1', 'layer2', 'layer3'], seed: 1 });
    await saveWeights(large, join(folder, 'resnet18.pth'));
    const [pretrain = '', use = ''] = (await example('teachers.md', 'pretrain')).trim().split('\n');
    await writeFile(join(folder, 'small-teacher.json'), await example('teachers.md', 'small-teacher'));
    const words = (line: string) => line.split(' ').slice(1);
    const tiny = ['--steps', '2', '--batch-size', '2', '--crop-size', '32'];
    const few = ['--generated-images', '2', '--image-size', '48'];
    const withoutSteps = words(pretrain.replace(/ --steps \d+/, ''));
    await run(process.execPath, [adfw, ...withoutSteps, ...tiny, ...few], { cwd: folder });
    const report = await adfwRun(
      ...words(use).slice(1),
      '--set',
      'teacher.weights=teacher/weights.safetensors',
      '--set',
      'teacher.width=32',
      '--out',
      'runs/pretrained',
    );
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
  });

  it('runs an exported model in ONNX Runtime, with the result of adfw predict', async () => {
    for (const [path, defective] of [
      ['train/good', false],
      ['test/good', false],
      ['test/scratch', true],
    ] as const)
      await writeImages(`part/${path}`, 6, defective);
    await adfwRun('--method', 'stfpm', '--data', 'part', '--out', 'runs/part-to-export');
    const cwd = { cwd: folder };
    await run(process.execPath, [adfw, 'export', 'runs/part-to-export', '--out', 'part.onnx'], cwd);
    await writeFile(join(folder, 'score.mjs'), await example('deploying.md', 'onnx'));
    const { stdout } = await run(process.execPath, ['score.mjs'], cwd);
    const flags = ['predict', 'runs/part-to-export', 'part/test/scratch/000.png', '--json'];
    const predicted = JSON.parse((await run(process.execPath, [adfw, ...flags], cwd)).stdout);
    const { score, verdict } = predicted.predictions[0];
    const [givenScore, givenVerdict] = stdout.trim().split(' ');
    expect(Math.abs(Number(givenScore) - score)).toBeLessThan(1e-5 * score);
    expect(givenVerdict).toBe(verdict);
  });

  it('scores what a server is sent, and refuses what is no image', async () => {
    await writeImages('part/train/good', 8, false);
    await writeImages('part/test/good', 3, false);
    await writeImages('part/test/scratch', 3, true);
    await adfwRun('--method', 'stfpm', '--data', 'part', '--out', 'runs/served');
    const code = await example('deploying.md', 'server');
    await writeFile(join(folder, 'server.mjs'), code.replace("'runs/part'", "'runs/served'"));
    const server = spawn(process.execPath, ['server.mjs'], {
      cwd: folder,
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port] = await once(server.stdout.setEncoding('utf8'), 'data');
    const post = (body: Uint8Array<ArrayBuffer> | string) =>
      fetch(`http://localhost:${Number(port)}`, { method: 'POST', body });

    const image = new Uint8Array(await readFile(join(folder, 'part/test/scratch/000.png')));
    const flags = ['predict', 'runs/served', 'part/test/scratch/000.png', '--json'];
    const predicted = JSON.parse((await run(process.execPath, [adfw, ...flags], { cwd: folder })).stdout);
    const { score, verdict } = predicted.predictions[0];
    const answers = await Promise.all([post(image), post('no image'), post(image)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 200]);
    expect(await answers[0]?.json()).toEqual({ score, verdict });
    expect(await answers[1]?.text()).toMatch(/The given data/);

    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
  });

  it('serves a model, and asks it for scores', async () => {
    await writeImages('part/train/good', 8, false);
    await writeImages('part/test/good', 3, false);
    await writeImages('part/test/scratch', 3, true);
    await adfwRun('--method', 'stfpm', '--data', 'part', '--out', 'runs/to-serve');
    const [, ...words] = (await example('deploying.md', 'serve')).trim().split(' ');
    const args = words.map((word) => ({ 'runs/part': 'runs/to-serve', 8080: '0' })[word] ?? word);
    const server = spawn(process.execPath, [adfw, ...args, '--json'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(server.stdout.setEncoding('utf8'), 'data');
    await writeFile(join(folder, 'client.mjs'), await example('deploying.md', 'client'));
    const files = ['000', '001'].map((name) => `part/test/scratch/${name}.png`);
    const { stdout } = await run(process.execPath, ['client.mjs', JSON.parse(line).url, ...files], {
      cwd: folder,
    });
    expect(stdout).toMatch(/^000\.png \d\S* (nominal|defective)\n001\.png \d\S* (nominal|defective)\n$/);
    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
  });

  it('reports a run, and compares two', async () => {
    await writeImages('part/train/good', 8, false);
    await writeImages('part/test/good', 3, false);
    await writeImages('part/test/scratch', 3, true);
    const flags = ['--method', 'stfpm', '--data', 'part'];
    await adfwRun(...flags, '--out', 'runs/first');
    await cp(join(folder, 'runs/first'), join(folder, 'runs/second'), { recursive: true });
    const written = await readFile(join(folder, 'runs/first/report.html'), 'utf8');
    for (const line of (await example('own-data.md', 'report')).trim().split('\n'))
      await run(process.execPath, [adfw, ...line.split(' ').slice(1)], { cwd: folder });
    expect(await readFile(join(folder, 'runs/first/report.html'), 'utf8')).toBe(written);
    expect(await readFile(join(folder, 'comparison.html'), 'utf8')).toContain(
      '<title>2 runs on part</title>',
    );
  });

  it('adds a loss with an option, which is checked', async () => {
    await writeFile(join(folder, 'huber-loss.js'), await example('experiments.md', 'options'));
    const flags = ['--plugin', './huber-loss.js', '--method', 'stfpm', '--set', 'loss.type=huber'];
    const report = await adfwRunOnSample(...flags, '--set', 'loss.delta=0.05', '--out', 'runs/huber');
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
    await expect(
      adfwRunOnSample(...flags, '--set', 'loss.delta=-1', '--out', 'runs/refused'),
    ).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('loss.delta'),
    });
  });
});

describe('the page about benchmarks', () => {
  it('compares a variant with its method, and goes on in a program', async () => {
    for (const [path, defective] of [
      ['train/good', false],
      ['test/good', false],
      ['test/crack', true],
    ] as const)
      await writeImages(`mvtec/capsule/${path}`, 4, defective);
    await writeFile(join(folder, 'variance-only.json'), await example('benchmarks.md', 'variance-only'));
    const command = (await example('benchmarks.md', 'bench')).trim().replace(',hazelnut', '');
    const args = [...command.split(' ').slice(1), ...small];
    const { stdout } = await run(process.execPath, [adfw, ...args], { cwd: folder });
    expect(stdout).toMatch(/\| category +\| +fvv \| +variance-only \|/);
    const [, fvv] = /\| capsule +\| +([\d.]+) \| +[\d.]+ \|/.exec(stdout) ?? [];

    const code = await example('benchmarks.md', 'bench-program');
    const document = {
      teacher: { weights: 'random', width: 16 },
      training: { epochs: 1, batchSize: 4 },
      dataset: { imageSize: 64 },
    };
    const overrides = JSON.stringify([{ source: 'small', document }]);
    await writeFile(
      join(folder, 'benchmark.mjs'),
      code.replace('seeds: [42],', `seeds: [42], overrides: ${overrides},`),
    );
    const program = await run(process.execPath, ['benchmark.mjs'], { cwd: folder });
    expect(program.stdout).toBe(`capsule ${fvv}\n`);
  });
});

describe('the page about writing a variant', () => {
  const page = 'writing-a-variant.md';

  it('goes from an idea to the row, command by command', async () => {
    const text = await readFile(join(docs, page), 'utf8');
    const marked = [...text.matchAll(/<!-- command -->\n```sh\n(.*?)```/gs)].map(([, block = '']) => block);
    const unmarked = text.split('```sh\n').length - 1 - marked.length;
    // npm install alone: there are no published packages to install in a test.
    expect([unmarked, text.includes('```sh\nnpm install\n```')]).toEqual([1, true]);

    let cwd = folder;
    const outputs: string[] = [];
    for (const line of marked.join('').trim().split('\n')) {
      const [program = '', ...args] = line.split(' ');
      if (program === 'cd') {
        cwd = join(cwd, args[0] as string);
        await writeFile(join(cwd, 'relative-score.js'), await example(page, 'score'));
        continue;
      }
      const isLong = ['run', 'bench'].includes(args[1] as string) && program === 'npx';
      const short = args.slice(1).map((arg, index, all) => (all[index - 1] === '--seeds' ? '1' : arg));
      const { stdout } =
        program === 'npx'
          ? await run(process.execPath, [adfw, ...short, ...(isLong ? smallSample : [])], { cwd })
          : await run(program, args, { cwd });
      outputs.push(stdout);
    }
    expect(outputs.filter((output) => /image auroc/i.test(output)).length).toBe(4);
    expect(outputs.join('')).toMatch(/focus +a number >= 1/);
    expect(outputs.join('')).toContain('# pass 2');
    expect(outputs.join('')).toMatch(/\| category +\| +stfpm \| +my-variant \|/);
    expect(await readFile(join(cwd, 'my-variant.js'), 'utf8')).toBe(await example(page, 'variant'));
    expect(await readFile(join(cwd, 'my-variant.test.js'), 'utf8')).toBe(await example(page, 'test'));

    await tf.setBackend('cpu');
    const relative = await import(pathToFileURL(join(cwd, 'relative-score.js')).href);
    await checkConformance(relative.default, { plugins: builtInPlugins });
    const variant = await import(pathToFileURL(join(cwd, 'my-variant.js')).href);
    const half = { ...variant.default.parts[0], create: () => variant.focalLoss(0.5) };
    const refusal = await checkConformance({ name: 'my-variant', parts: [half] }).catch(
      ({ message }) => message,
    );
    const [, shown] = /\n {4}(plugin "my-variant".*)\n/.exec(text) ?? [];
    expect(refusal).toContain(shown);
  });
});

describe('embedding', () => {
  it('fits, predicts, saves and loads a detector that the command line takes, too', async () => {
    await writeImages('part/train/good', 8, false);
    await writeImages('part/test/good', 3, false);
    await writeImages('part/test/scratch', 3, true);
    const code = await example('embedding.md', 'embedding');
    const small = code.replace('imageSize: 128', 'imageSize: 64').replace('epochs: 20', 'epochs: 1');
    expect(small.length).toBeLessThan(code.length - 1);
    await writeFile(join(folder, 'embed.mjs'), small);
    const { stdout } = await run(process.execPath, ['embed.mjs'], { cwd: folder });
    const [epoch, prediction = '', loaded] = stdout.trim().split('\n');
    expect(epoch).toBe('epoch 1 of 1');
    expect(prediction).toMatch(/^\d\S+ (true|false) \d\S+ 64x64$/);
    expect(loaded).toMatch(/^true (true|false)$/);
    const predict = ['predict', 'model', 'part/test/scratch/000.png', '--json'];
    const predicted = JSON.parse((await run(process.execPath, [adfw, ...predict], { cwd: folder })).stdout);
    const { score, threshold, verdict } = predicted.predictions[0];
    expect(prediction).toBe(`${score} ${verdict === 'defective'} ${threshold} 64x64`);
    await run(process.execPath, [adfw, 'export', 'model', '--out', 'embedded.onnx'], { cwd: folder });
  });

  it('bundles for a browser without shims', async () => {
    await writeFile(join(folder, 'page.js'), await example('embedding.md', 'embedding-browser'));
    const warnings: string[] = [];
    const bundle = await rolldown({
      input: join(folder, 'page.js'),
      platform: 'browser',
      onLog: (_, { message }) => warnings.push(message),
    });
    const { output } = await bundle.generate({ format: 'esm' });
    await bundle.close();
    expect(warnings).toEqual([]);
    expect(output).toHaveLength(1);
    expect(output[0].imports).toEqual([]);
    expect(output[0].code).not.toMatch(/['"]node:/);
  });
});
