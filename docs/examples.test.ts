/** Runs what the README and the guides show. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageReading } from '@adfw/core';
import { rolldown } from 'rolldown';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bin as adfw } from '../packages/cli/src/shared/command.test.fixture.js';
import {
  example,
  openWorkshop,
  run,
  sample,
  settings,
  shallow,
  shallowSample,
  small,
  textOf,
  type Workshop,
} from './workshop.test.fixture.js';

let workshop: Workshop;
beforeAll(async () => {
  workshop = await openWorkshop();
});
afterAll(() => workshop.close());

const runWith =
  (settings: readonly string[]) =>
  async (...args: string[]) =>
    JSON.parse(await workshop.adfw('run', '--json', ...settings, ...args));
const adfwRun = runWith(shallow);
const adfwRunOnSample = runWith(shallowSample);
const adfwRunAllLayers = runWith([...small, ...sample]);

interface Predicted {
  readonly image: string;
  readonly score: number;
  readonly threshold: number;
  readonly verdict: string;
}
/** What `adfw predict` says of images with the run of all examples, or another model. */
async function predict(images: string, model = 'runs/part'): Promise<[Predicted, ...Predicted[]]> {
  return JSON.parse(await workshop.adfw('predict', model, images, '--json')).predictions;
}

// The data and the run that the guides speak of.
beforeAll(async () => {
  await workshop.images('part/train/good', 8, false);
  await workshop.images('part/test/good', 3, false);
  await workshop.images('part/test/scratch', 3, true);
  await adfwRun('--method', 'stfpm', '--data', 'part', '--out', 'runs/first', '--profile');
  for (const copy of ['part', 'second'])
    await cp(join(workshop.folder, 'runs/first'), join(workshop.folder, 'runs', copy), { recursive: true });
});

describe('the README', () => {
  it('embeds a run and a prediction in an application', async () => {
    const code = await example('embedding.md', 'embed');
    // The teacher's ImageNet weights cannot be had in a test; a random one of a quarter of the width takes its place.
    const withoutDownload = code
      .replace("method: 'stfpm',", "method: 'stfpm', images: { size: 64 },")
      .replace(
        'model: {',
        "model: { teacher: { type: 'resnet18', weights: 'random', width: 16 }, layers: ['layer1'],",
      )
      .replaceAll("'runs/part'", "'runs/embedded'");
    expect(withoutDownload).not.toBe(code);
    const stdout = await workshop.printed('run.mjs', withoutDownload);
    expect(stdout).toMatch(/image AUROC (0|1|0\.\d+)\n.*000\.png \d.* (nominal|defective)\n/s);
  });

  it('says how sure an AUROC is, and a difference', async () => {
    const printed = await workshop.printed('sure.mjs', await example('measures.md', 'measures'));
    expect(printed).toMatch(/^between 0\.\d\d and 1\.00\n0\.\d\d better, by luck in \d+ of 100 such sets\n$/);
  });

  it('adds a variant as a plugin of less than thirty lines', async () => {
    const code = await example('../README.md', 'plugin');
    expect(code.trim().split('\n').length).toBeLessThan(30);
    await workshop.write('max-score.js', code);
    const report = await adfwRunOnSample(
      '--plugin',
      './max-score.js',
      '--method',
      'fvv-max',
      '--out',
      'runs/max',
    );
    expect(report.method).toBe('fvv-max');
    const experiment = await workshop.json('runs/max/experiment.json');
    expect(experiment.model).toMatchObject({ score: { type: 'max' }, students: 3 });
  });
});

describe('the guides', () => {
  it('composes students, scores and optimizers of different methods', async () => {
    await workshop.write('experiment.json', await example('experiments.md', 'experiment'));
    const report = await adfwRunOnSample(
      '--config',
      'experiment.json',
      '--set',
      'model.student.width=16',
      '--out',
      'runs/mixed',
    );
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
  });

  it('says where the time of a run went', async () => {
    const printed = await workshop.printed('waits.mjs', await example('experiments.md', 'profile'));
    expect(printed).toMatch(
      /^[a-z ]+ took \d+\.\d of \d+\.\d s\nthe engine waited for images \d+\.\d % of the time\n$/,
    );
    expect((await workshop.json('runs/part/trace.json')).traceEvents[0].args.name).toBe('adfw run');
  });

  it('lets students learn from each other and from themselves', async () => {
    await workshop.write('peers.json', await example('experiments.md', 'peers'));
    await adfwRunAllLayers('--config', 'peers.json', '--out', 'runs/peers');
    const [epoch = ''] = (await workshop.read('runs/peers/train.jsonl')).split('\n');
    expect(Object.keys(JSON.parse(epoch).terms['student 1'])).toEqual(['teacher', 'peers', 'self']);
  });

  it('trains a BiGAN that scores by its discriminator', async () => {
    await workshop.write('bigan.json', await example('adversarial.md', 'bigan'));
    // Its sizes are those of a test.
    const sizes = ['model.width=4', 'model.hidden=8', 'model.training.epochs=1', 'fit.batchSize=4'];
    const asked = ['--config', 'bigan.json', ...sample, ...settings(...sizes), '--out', 'runs/bigan'];
    const report = JSON.parse(await workshop.adfw('run', '--json', ...asked));
    expect(report).toMatchObject({ method: 'bigan', metrics: { imageAuroc: expect.any(Number) } });
    const { model } = await workshop.json('runs/bigan/experiment.json');
    expect(model).toMatchObject({ latent: 200, alpha: 0, discrimination: 'cross-entropy' });
  });

  it('trains an AnoGAN, and finds the same for an image in a run and in a prediction', async () => {
    await workshop.write('anogan.json', await example('adversarial.md', 'anogan'));
    // Its sizes are those of a test.
    const tiny = settings(
      'model.depth=3',
      'model.width=2',
      'model.latent=4',
      'model.search.steps=3',
      'model.training.epochs=1',
      'fit.batchSize=4',
    );
    const asked = ['--config', 'anogan.json', '--data', 'part', '--image-size', '32', ...tiny];
    const report = JSON.parse(await workshop.adfw('run', '--json', ...asked, '--out', 'runs/anogan'));
    expect(report).toMatchObject({ method: 'anogan', metrics: { imageAuroc: expect.any(Number) } });
    const { model } = await workshop.json('runs/anogan/experiment.json');
    expect(model).toMatchObject({ discrimination: 0.1, search: { steps: 3, learningRate: 0.01 } });
    const rows = (await workshop.read('runs/anogan/scores.csv')).trim().split('\n').slice(1);
    const scored = rows.filter((row) => row.includes('scratch')).map((row) => row.split(','));
    const predicted = await predict('part/test/scratch', 'runs/anogan');
    expect(predicted.map(({ score }) => score)).toEqual(scored.map(([, , , score]) => Number(score)));
    await expect(workshop.adfw('export', 'runs/anogan', '--out', 'anogan.onnx')).rejects.toThrow(
      'cannot be exported',
    );
  });

  it('trains an autoencoder of patches, and DAGMM', async () => {
    // Their sizes are those of a test.
    const sizes = ['images.size=48', 'model.depth=3', 'model.width=4', 'model.training.epochs=1'];
    const run = async (name: string, ...own: string[]) => {
      await workshop.write(`${name}.json`, await example('autoencoder.md', name));
      const asked = ['--config', `${name}.json`, ...sample, ...settings(...sizes, ...own)];
      return JSON.parse(await workshop.adfw('run', '--json', ...asked, '--out', `runs/${name}`));
    };
    const patches = ['model.patches.size=16', 'model.patches.stride=8', 'fit.batchSize=4'];
    const ofPatches = await run('patches', ...patches);
    expect(ofPatches.metrics.pixelAuroc).toEqual(expect.any(Number));
    const { model } = await workshop.json('runs/patches/experiment.json');
    expect(model).toMatchObject({ error: 'structural-similarity', patches: { perImage: 8 } });
    const dagmm = await run('dagmm', 'dataset.train=14', 'fit.batchSize=9');
    expect(dagmm.metrics.imageAuroc).toEqual(expect.any(Number));
    const [epoch = ''] = (await workshop.read('runs/dagmm/train.jsonl')).split('\n');
    expect(Object.keys(JSON.parse(epoch).terms.dagmm)).toEqual(['error', 'energy', 'covariance']);
  });

  it('fits a flow of one vector an image, in several views', async () => {
    await workshop.write('differnet.json', await example('flow.md', 'differnet'));
    const tiny = settings(
      'model.backbone.weights=random',
      'model.backbone.width=4',
      'model.views=2',
      'model.hidden=8',
      'model.steps=2',
      'model.training.epochs=1',
    );
    const report = await runWith([...tiny, ...sample])(
      '--config',
      'differnet.json',
      '--out',
      'runs/differnet',
    );
    expect(report.metrics).toMatchObject({ imageAuroc: expect.any(Number), pixelAuroc: null });
    const { model } = await workshop.json('runs/differnet/experiment.json');
    expect(model).toMatchObject({ type: 'differnet', scales: 3, training: { optimizer: { beta2: 0.8 } } });
  });

  it('trains CutPaste on patches, and scores those of an image', async () => {
    await workshop.write('cutpaste.json', await example('self-supervision.md', 'cutpaste'));
    const tiny = settings(
      'model.backbone.weights=random',
      'model.backbone.width=4',
      'model.layers=["layer1"]',
      'model.head=[8]',
      'model.headEpochs=1',
      'model.patches.size=16',
      'model.training.epochs=1',
    );
    const report = await runWith([...tiny, ...sample])('--config', 'cutpaste.json', '--out', 'runs/cutpaste');
    expect(report.metrics).toMatchObject({
      imageAuroc: expect.any(Number),
      pixelAuroc: expect.any(Number),
    });
    const { model } = await workshop.json('runs/cutpaste/experiment.json');
    expect(model).toMatchObject({ variant: 'binary', patches: { size: 16, stride: 8 } });
  });

  it('learns to tell geometric transformations apart', async () => {
    await workshop.write('geometric.json', await example('self-supervision.md', 'geometric-transformations'));
    const tiny = settings('model.width=1', 'model.training.epochs=1', 'images.size=16');
    const report = await runWith([...sample, ...tiny])(
      '--config',
      'geometric.json',
      '--out',
      'runs/geometric',
    );
    expect(report.metrics).toMatchObject({ imageAuroc: expect.any(Number), pixelAuroc: null });
    const { model, images } = await workshop.json('runs/geometric/experiment.json');
    expect(model).toMatchObject({ depth: 16, views: 8, score: 'dirichlet' });
    expect(images.size).toBe(16);
  });

  it('steadies training, whatever the method', async () => {
    await workshop.write('training.json', await example('experiments.md', 'training'));
    // Its epochs are those of a test.
    const report = await adfwRunOnSample('--config', 'training.json', '--out', 'runs/training');
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
    const experiment = await workshop.json('runs/training/experiment.json');
    expect(experiment.model).toMatchObject({
      student: { residualScale: 0 },
      training: {
        schedule: { warmUp: 0.1, decay: 'cosine' },
        clipNorm: 1,
        averageDecay: 0.9,
        preciseBatchNorm: true,
        patience: 10,
      },
    });
  });

  it('cuts images into tiles', async () => {
    await workshop.write('tiles.json', await example('experiments.md', 'tiles'));
    // Its sizes are those of a test.
    const tiny = settings(
      'model.backbone.weights=random',
      'model.backbone.width=8',
      'model.share=0.01',
      'images.size=[48,64]',
      'images.tile.size=32',
      'images.tile.overlap=8',
    );
    const asked = ['--config', 'tiles.json', '--data', 'part', ...tiny, '--out', 'runs/tiles'];
    const report = JSON.parse(await workshop.adfw('run', '--json', ...asked));
    expect(report.dataset).toMatchObject({ train: 6, validation: 2 });
    const rows = (await workshop.read('runs/tiles/scores.csv')).trim().split('\n').slice(1);
    const scored = rows.filter((row) => row.includes('scratch')).map((row) => row.split(','));
    const predicted = await predict('part/test/scratch', 'runs/tiles');
    expect(predicted.map(({ score }) => score)).toEqual(scored.map(([, , , score]) => Number(score)));
    await expect(
      workshop.adfw('run', ...asked.slice(0, -1), 'runs/no-tiles', '--set', 'images.tile.overlap=32'),
    ).rejects.toThrow('$.images.tile.overlap is 32, and has to be smaller than the side of a tile, 32');
  });

  it('keeps the shape of images', async () => {
    await workshop.write('fit.json', await example('own-data.md', 'fit'));
    const tiny = settings('model.backbone.weights=random', 'model.backbone.width=8', 'images.size=[48,32]');
    await workshop.adfw('run', '--config', 'fit.json', '--data', 'part', ...tiny, '--out', 'runs/fit');
    const { imageSize } = await workshop.json('runs/fit/model/manifest.json');
    expect(imageSize).toEqual({ height: 48, width: 32, fit: 'pad' });
    const map = join(workshop.folder, 'runs/fit/anomaly-maps/test/scratch/000.png');
    const image = await sharp(join(workshop.folder, 'part/test/scratch/000.png')).metadata();
    const height = Math.round((32 * image.height) / image.width);
    expect(await sharp(map).metadata()).toMatchObject({ width: 32, height });
  });

  it('looks at a region of interest', async () => {
    const document = JSON.parse(await example('own-data.md', 'region'));
    await workshop.write('region.json', JSON.stringify(document));
    // Of images of another size, with the same shape.
    const { width = 0, height = 0 } = await sharp(
      join(workshop.folder, 'part/test/scratch/000.png'),
    ).metadata();
    const [tall, wide] = document.images.region.of;
    const points = document.images.region.polygon.map(([x, y]: [number, number]) => [
      Math.round((x * width) / wide),
      Math.round((y * height) / tall),
    ]);
    const tiny = settings('model.backbone.weights=random', 'model.backbone.width=8', 'images.size=32');
    const asked = ['--config', 'region.json', '--data', 'part', ...tiny];
    await expect(workshop.adfw('run', ...asked, '--out', 'runs/other')).rejects.toThrow(
      `is ${width}x${height} pixels, and the region of interest, $.images.region, is one of images of ${wide}x${tall}`,
    );
    const own = settings(
      `images.region.of=[${height},${width}]`,
      `images.region.polygon=${JSON.stringify(points)}`,
    );
    await workshop.adfw('run', ...asked, ...own, '--out', 'runs/region');
    const { region } = await workshop.json('runs/region/model/manifest.json');
    expect(region).toMatchObject({ height: 32, width: 32, runs: expect.any(Array) });
    const [{ score }] = await predict('part/test/scratch/000.png', 'runs/region');
    expect(await workshop.read('runs/region/scores.csv')).toContain(`${score}`);
  });

  it('augments training images', async () => {
    await workshop.write('augmentation.json', await example('experiments.md', 'augmentation'));
    const report = await adfwRunOnSample('--config', 'augmentation.json', '--out', 'runs/augmentation');
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
    expect(report.metrics.notes.join()).toContain('Training images are augmented');
    const experiment = await workshop.json('runs/augmentation/experiment.json');
    expect(experiment.model.training.augmentation[0]).toEqual({
      type: 'flip',
      horizontal: true,
      vertical: true,
    });
  });

  it('designs a student that is another network than the teacher', async () => {
    await workshop.write('student.json', await example('experiments.md', 'student'));
    const report = await adfwRunAllLayers('--config', 'student.json', '--out', 'runs/student');
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
    const experiment = await workshop.json('runs/student/experiment.json');
    expect(experiment.model).toMatchObject({
      student: { type: 'residual', width: 16 },
      adapter: 'convolution',
    });
  });

  it('puts a thin student under a wide teacher', async () => {
    await workshop.write('wide-teacher.json', await example('experiments.md', 'wide-teacher'));
    const report = await adfwRunAllLayers('--config', 'wide-teacher.json', '--out', 'runs/wide-teacher');
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
    const weights = await readFile(join(workshop.folder, 'runs/wide-teacher/model/weights.safetensors'));
    const header = JSON.parse(weights.toString('utf8', 8, 8 + Number(weights.readBigUInt64LE(0))));
    // A quarter of the standard width, as the teacher's is here.
    expect(header['model/student0/adapter.layer3.weight'].shape).toEqual([1, 1, 64, 256]);
  });

  it('takes a thin student for two of the layers', async () => {
    await workshop.write('thin.json', await example('experiments.md', 'thin-student'));
    const report = await adfwRunAllLayers('--config', 'thin.json', '--out', 'runs/thin');
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
  });

  it('mirrors a wide teacher in reverse', async () => {
    await workshop.write('reverse.json', await example('methods.md', 'reverse-distillation'));
    const stdout = await workshop.printed(
      'reverse.mjs',
      `import { compose } from '@adfw/core';
      import { prepareExperiment, useEngine } from '@adfw/runner';
      await useEngine('onnxruntime');
      const document = { model: { teacher: { weights: 'random', width: 4 } }, images: { size: 64 } };
      const { registry, experiment } = await prepareExperiment({
        config: 'reverse.json',
        overrides: [{ source: 'the test', document }],
      });
      const { model, dispose } = await compose(registry, experiment);
      const { shape } = model.state()['student0/decoder.layer1.5.conv2.weight'];
      console.log(JSON.stringify({ channels: model.backbone.channels, shape }));
      dispose();`,
    );
    expect(JSON.parse(stdout)).toEqual({
      channels: { layer1: 16, layer2: 32, layer3: 64 },
      // Layer1 has six blocks, whose inner channels are twice a quarter of what they give.
      shape: [3, 3, 8, 8],
    });
  });

  it('says what a network costs', async () => {
    const stdout = await workshop.printed('cost.mjs', await example('experiments.md', 'cost'));
    const [standard, thin] = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' ').slice(-2).map(Number));
    // Torchvision's parameters, less those of layer4 and the classifier.
    expect(standard?.[0]).toBe(11_689_512 - 8_393_728 - 513_000);
    for (const cost of [0, 1]) expect(thin?.[cost]).toBeLessThan((standard?.[cost] as number) / 10);
  });

  it('adds two losses, one of features and one of logits', async () => {
    await workshop.write('cosine-and-response.js', await example('experiments.md', 'losses'));
    const flags = ['--plugin', './cosine-and-response.js', '--method', 'stfpm'];
    const loss = ['--set', 'model.loss.type=cosine+response'];
    const layers = ['--set', 'model.layers=["layer1", "layer2", "layer3", "logits"]'];
    const report = await adfwRunOnSample(...flags, ...loss, ...layers, '--out', 'runs/losses');
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
    const response = ['--set', 'model.loss.type=response'];
    await expect(adfwRunOnSample(...flags, ...response, '--out', 'runs/no-logits')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('needs the layer "logits"'),
    });
  });

  it('reads any folders of images', async () => {
    await workshop.images('good-parts', 6, false);
    await workshop.images('check/good', 2, false);
    await workshop.images('check/bad', 2, true);
    await workshop.write('folders.json', await example('own-data.md', 'folder'));
    const report = await adfwRun('--config', 'folders.json', '--out', 'runs/folders');
    expect(report.dataset).toMatchObject({ train: 5, validation: 1, testGood: 2, testDefective: 2 });
  });

  it('pretrains a teacher from photographs and generated images, and uses it', async () => {
    await workshop.images('photos', 3, false);
    // A random network takes the place of torchvision's weights.
    await workshop.printed(
      'large.mjs',
      `import { createResNet, saveWeights } from '@adfw/networks';
      import { useEngine } from '@adfw/runner';
      await useEngine('onnxruntime');
      const large = createResNet('resnet18', { layers: ['layer1', 'layer2', 'layer3'], seed: 1 });
      await saveWeights(large, 'resnet18.pth');
      large.dispose();`,
    );
    const [pretrain = '', use = ''] = (await example('teachers.md', 'pretrain')).trim().split('\n');
    await workshop.write('small-teacher.json', await example('teachers.md', 'small-teacher'));
    const words = (line: string) => line.split(' ').slice(1);
    const tiny = ['--steps', '2', '--batch-size', '2', '--crop-size', '32'];
    const few = ['--generated-images', '2', '--image-size', '48'];
    const withoutSteps = words(pretrain.replace(/ --steps \d+/, ''));
    await workshop.adfw(...withoutSteps, ...tiny, ...few);
    const report = await adfwRun(
      ...words(use).slice(1),
      '--set',
      'model.teacher.weights=teacher/weights.safetensors',
      '--set',
      'model.teacher.width=32',
      '--out',
      'runs/pretrained',
    );
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
  });

  it('scores what a server is sent, and refuses what is no image', async () => {
    await workshop.write('server.mjs', await example('deploying.md', 'server'));
    const server = spawn(process.execPath, ['server.mjs'], {
      cwd: workshop.folder,
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port] = await once(server.stdout.setEncoding('utf8'), 'data');
    const post = (body: Uint8Array<ArrayBuffer> | string) =>
      fetch(`http://localhost:${Number(port)}`, { method: 'POST', body });

    const image = new Uint8Array(await readFile(join(workshop.folder, 'part/test/scratch/000.png')));
    const [{ score, verdict }] = await predict('part/test/scratch/000.png');
    const answers = await Promise.all([post(image), post('no image'), post(image)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 400, 200]);
    expect(await answers[0]?.json()).toEqual({ score, verdict });
    expect(await answers[1]?.text()).toMatch(/The given data/);

    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
  });

  it('serves a model, and asks it for scores', async () => {
    const [, ...words] = (await example('deploying.md', 'serve')).trim().split(' ');
    const args = words.map((word) => (word === '8080' ? '0' : word));
    const server = spawn(process.execPath, [adfw, ...args, '--json'], {
      cwd: workshop.folder,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = await once(server.stdout.setEncoding('utf8'), 'data');
    await workshop.write('client.mjs', await example('deploying.md', 'client'));
    const files = ['000', '001'].map((name) => `part/test/scratch/${name}.png`);
    const { stdout } = await run(process.execPath, ['client.mjs', JSON.parse(line).url, ...files], {
      cwd: workshop.folder,
    });
    expect(stdout).toMatch(/^000\.png \d\S* (nominal|defective)\n001\.png \d\S* (nominal|defective)\n$/);
    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
  });

  it('says what is in a folder, and what is wrong with it', async () => {
    const [, ...words] = (await example('own-data.md', 'data')).trim().split(' ');
    const stdout = await workshop.adfw(...words, '--image-size', '64');
    expect(stdout).toContain('part can be trained on');
    expect(stdout).toContain('adfw run --method stfpm --data part');
    expect(stdout).toMatch(/A run of stfpm, on this machine\n +Images +6 to fit to, 2 held out, 6 scored/);
    expect(await workshop.read('part.html')).toContain('<title>Data of part</title>');
    const printed = JSON.parse(await workshop.adfw('data', 'part', '--no-estimate', '--json'));
    // The page names each key.
    const text = await textOf('own-data.md');
    const named = (key: string) => new RegExp(`\\| .*\`${key}\``).test(text);
    for (const key of Object.keys(printed))
      if (!['format', 'version'].includes(key)) expect(named(key), key).toBe(true);
    for (const key of Object.keys(printed.contents))
      if (!['name', 'category'].includes(key)) expect(named(`contents.${key}`) || named(key), key).toBe(true);
  });

  it('serves as a container and Kubernetes are told to', async () => {
    const [, words = ''] = /^CMD (\[.*\])$/m.exec(await example('deploying.md', 'container')) ?? [];
    const deployment = await example('deploying.md', 'kubernetes');
    const [, list = ''] = /^ *args:\n((?: *- .*\n)*)/m.exec(deployment) ?? [];
    const more = list
      .trim()
      .split('\n')
      .map((line) => line.replace(/^ *- "?|"?$/g, ''));
    const [program, ...args] = JSON.parse(words) as string[];
    expect(program).toBe('node_modules/.bin/adfw');
    // The same, and what threads a pod has.
    expect(more.slice(0, -2)).toEqual([program, ...args]);
    const here = [...args, ...more.slice(-2)].map(
      (word) => ({ '/models/part': 'runs/part', '8080': '0' })[word as string] ?? word,
    );
    const server = spawn(process.execPath, [adfw, ...here, '--json'], {
      cwd: workshop.folder,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, ADFW_TOKEN: 'correct-horse-battery' },
    });
    const [line] = await once(server.stdout.setEncoding('utf8'), 'data');
    const { port, engine } = JSON.parse(line);
    expect(engine.threads).toBe(2);
    const probes = [...deployment.matchAll(/Probe: \{ httpGet: \{ path: (\S+), port: 8080 \}/g)];
    expect(probes).toHaveLength(3);
    for (const [, path] of probes) expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(200);
    server.kill('SIGTERM');
    expect(await once(server, 'exit')).toEqual([0, null]);
  });

  it('reports a run, and compares two', async () => {
    const written = await workshop.read('runs/first/report.html');
    for (const line of (await example('own-data.md', 'report')).trim().split('\n'))
      await workshop.adfw(...line.split(' ').slice(1));
    expect(await workshop.read('runs/first/report.html')).toBe(written);
    expect(await workshop.read('comparison.html')).toContain('<title>2 runs on part</title>');
  });

  it('adds a loss with an option, which is checked', async () => {
    await workshop.write('huber-loss.js', await example('experiments.md', 'options'));
    const flags = ['--plugin', './huber-loss.js', '--method', 'stfpm', '--set', 'model.loss.type=huber'];
    const report = await adfwRunOnSample(...flags, '--set', 'model.loss.delta=0.05', '--out', 'runs/huber');
    expect(report.metrics.imageAuroc).toEqual(expect.any(Number));
    await expect(
      adfwRunOnSample(...flags, '--set', 'model.loss.delta=-1', '--out', 'runs/refused'),
    ).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('loss.delta'),
    });
  });
});

describe('an exported model', () => {
  beforeAll(async () => {
    await workshop.adfw('export', 'runs/part', '--out', 'part.onnx');
  });

  it('gives the result of adfw predict in Node', async () => {
    const stdout = await workshop.printed('score.mjs', await example('deploying.md', 'onnx'));
    const [{ score, verdict }] = await predict('part/test/scratch/000.png');
    const [givenScore, givenVerdict] = stdout.trim().split(' ');
    expect(Math.abs(Number(givenScore) - score)).toBeLessThan(1e-5 * score);
    expect(givenVerdict).toBe(verdict);
  });

  /** Loads the guide's recipe, and prints what it makes of files: tensors in base64, and then scores and verdicts. */
  const driver = `
import base64, json, sys
import numpy, score
answers = []
for file, reading in json.loads(sys.argv[1]):
    score.how.update(reading)
    try:
        tensor = score.prepared(file)
    except (ValueError, ImportError) as error:
        answers.append({'error': str(error)})
        continue
    outputs = score.session.run(['image_score', 'verdict'], {'images': tensor[None]})
    answers.append({'tensor': base64.b64encode(tensor.tobytes()).decode(), 'score': float(outputs[0][0]), 'defective': bool(outputs[1][0])})
print(json.dumps(answers))
`;
  interface PythonAnswer {
    readonly error?: string;
    readonly tensor: string;
    readonly score: number;
    readonly defective: boolean;
  }
  async function ask(files: readonly [file: string, reading: ImageReading][]): Promise<PythonAnswer[]> {
    await workshop.write('score.py', await example('deploying.md', 'python'));
    await workshop.write('driver.py', driver);
    const { stdout } = await run('python3', ['-W', 'ignore', 'driver.py', JSON.stringify(files)], {
      cwd: workshop.folder,
      maxBuffer: 1e9,
    });
    return JSON.parse(stdout.trim().split('\n').at(-1) as string);
  }
  /** The pixels that adfw reads of files. */
  async function pixelsOf(files: readonly [file: string, reading: ImageReading][]): Promise<Uint8Array[]> {
    const stdout = await workshop.printed(
      'read.mjs',
      `import { readImage } from '@adfw/images';
      for (const [file, reading] of ${JSON.stringify(files)}) {
        const { data } = await readImage(file, { height: 64, width: 64 }, { reading });
        console.log(Buffer.from(data).toString('base64'));
      }`,
    );
    return stdout
      .trim()
      .split('\n')
      .map((line) => new Uint8Array(Buffer.from(line, 'base64')));
  }
  /** Between a tensor of the recipe and these pixels, in grey levels. */
  function largestDifference(tensor: string, pixels: Uint8Array): number {
    const given = new Float32Array(new Uint8Array(Buffer.from(tensor, 'base64')).buffer);
    expect(given.length).toBe(pixels.length);
    // ImageNet's.
    const [mean, std] = [
      [0.485, 0.456, 0.406],
      [0.229, 0.224, 0.225],
    ] as const;
    let largest = 0;
    pixels.forEach((value, at) => {
      const [pixel, channel] = [Math.floor(at / 3), at % 3];
      const normalized = given[channel * 64 * 64 + pixel] as number;
      const level = 255 * (normalized * (std[channel] as number) + (mean[channel] as number));
      largest = Math.max(largest, Math.abs(level - value));
    });
    return largest;
  }

  it.skipIf(!hasPython('numpy, onnxruntime, PIL.ImageCms'))(
    'is given images in Python as adfw reads them, of every kind (skipped without python3 that has numpy, onnxruntime and Pillow)',
    async () => {
      const whole: ImageReading = { page: null, levels: null };
      const files: [name: string, file: Sharp, levelsOff: number, reading?: ImageReading][] = [
        ['grey.png', grey(), 0],
        ['colour.png', colour(), 0],
        ['colour.jpg', colour().jpeg(), 0],
        ['grey16.png', grey16(), 0],
        ['levels.png', grey16(), 0, { page: null, levels: [1000, 40_000] }],
        ['grey16.tiff', grey16(), 0],
        ['colour16.png', colour16(), 1],
        ['p3.png', colour().withIccProfile('p3'), 1],
        ['p3.jpg', colour().withIccProfile('p3').jpeg(), 1],
        ['cmyk.jpg', colour().toColourspace('cmyk').withIccProfile('cmyk').jpeg(), 1],
        ['cmyk.tiff', colour().toColourspace('cmyk').withIccProfile('cmyk').tiff(), 1],
        ['alpha.png', alpha(), 0],
        ['alpha.webp', alpha().webp({ lossless: true, exact: true }), 0],
        ['palette.png', colour().png({ palette: true }), 0],
        ['palette.gif', colour().gif(), 0],
        ['palette-alpha.gif', alpha().gif(), 0],
        ['palette-alpha.png', alpha().png({ palette: true }), 0],
        ['grey-alpha.png', alpha().toColourspace('b-w'), 0],
        ...[2, 3, 4, 5, 6, 7, 8].map((orientation): [string, Sharp, number] => [
          `exif${orientation}.jpg`,
          colour().withMetadata({ orientation }).jpeg(),
          0,
        ]),
        ['second-page.gif', twoFrames().gif(), 0, { page: 1, levels: null }],
      ];
      await mkdir(join(workshop.folder, 'kinds'));
      for (const [name, image] of files) await image.toFile(join(workshop.folder, 'kinds', name));
      const asked = files.map(([name, , , reading = whole]): [string, ImageReading] => [
        `kinds/${name}`,
        reading,
      ]);
      const [answers, pixels] = await Promise.all([ask(asked), pixelsOf(asked)]);
      const same: string[] = [];
      for (const [index, [name, , levelsOff, reading = whole]] of files.entries()) {
        const { tensor, error } = answers[index] as PythonAnswer;
        expect(error, name).toBeUndefined();
        expect(largestDifference(tensor, pixels[index] as Uint8Array), name).toBeLessThan(levelsOff + 1e-3);
        if (reading === whole) same.push(name);
        else await rm(join(workshop.folder, 'kinds', name));
      }
      const predictions = await predict('kinds');
      expect(predictions).toHaveLength(same.length);
      for (const { image, score, verdict } of predictions) {
        const answer = answers[files.findIndex(([name]) => image.endsWith(`/${name}`))] as PythonAnswer;
        expect(Math.abs(answer.score - score) / score, image).toBeLessThan(0.02);
        expect(answer.defective ? 'defective' : 'nominal', image).toBe(verdict);
      }
    },
  );

  it.skipIf(!hasPython('numpy, onnxruntime, PIL.ImageCms'))(
    'is given nothing that Python would read otherwise (skipped without python3 that has numpy, onnxruntime and Pillow)',
    async () => {
      await mkdir(join(workshop.folder, 'others'));
      const write = (name: string, image: Sharp) => image.toFile(join(workshop.folder, 'others', name));
      await write('profile16.png', colour16().withIccProfile('p3'));
      await write('colour16.png', colour16());
      await write('frames.gif', twoFrames().gif());
      await write('cmyk.jpg', colour().toColourspace('cmyk').jpeg());
      const whole: ImageReading = { page: null, levels: null };
      const answers = await ask([
        ['others/profile16.png', whole],
        ['others/colour16.png', { page: null, levels: [0, 4095] }],
        ['others/frames.gif', whole],
        ['others/cmyk.jpg', whole],
      ]);
      const [profile, levels, frames, cmyk] = answers as [
        PythonAnswer,
        PythonAnswer,
        PythonAnswer,
        PythonAnswer,
      ];
      expect(profile.error).toContain('profile16.png: Pillow cannot read colours this deep');
      expect(levels.error).toContain('colour16.png: Pillow cannot read colours this deep');
      expect(frames.error).toBe('others/frames.gif has 2 pages or frames, and the model takes files of one');
      if (hasPython('pyvips')) {
        const [pixels] = await pixelsOf([['others/cmyk.jpg', whole]]);
        expect(largestDifference(cmyk.tensor, pixels as Uint8Array)).toBeLessThan(1e-3);
      } else expect(cmyk.error).toContain('pyvips');
    },
  );
});

/** Whether there is a python3 that can import these. */
function hasPython(modules: string): boolean {
  return spawnSync('python3', ['-c', `import ${modules}`]).status === 0;
}

/** Colours from everywhere, 96 wide and 80 high, as samples of 0 to `white`. */
const SAMPLE = { width: 96, height: 80 };
const samples = (channels: number, white: number) =>
  Array.from({ length: SAMPLE.width * SAMPLE.height * channels }, (_, at) => {
    const [pixel, channel] = [Math.floor(at / channels), at % channels];
    const [x, y] = [pixel % SAMPLE.width, Math.floor(pixel / SAMPLE.width)];
    const smooth = [x / 95, y / 79, 0.5 + 0.5 * Math.sin((x + 2 * y) / 9), ((x * 7 + y * 13) % 97) / 96];
    return Math.round(white * (smooth[(channel + (channels === 1 ? 2 : 0)) % 4] as number));
  });
const of8Bits = (channels: 1 | 3 | 4) =>
  sharp(Uint8Array.from(samples(channels, 255)), { raw: { ...SAMPLE, channels } });
const of16Bits = (channels: 1 | 3) =>
  sharp(Uint16Array.from(samples(channels, 65535)), { raw: { ...SAMPLE, channels } });
const grey = () => of8Bits(1).toColourspace('b-w');
const colour = () => of8Bits(3);
const alpha = () => of8Bits(4);
const grey16 = () => of16Bits(1).toColourspace('grey16');
const colour16 = () => of16Bits(3).toColourspace('rgb16');
const twoFrames = () =>
  sharp(Uint8Array.from([...samples(3, 255), ...samples(3, 128)]), {
    raw: { width: SAMPLE.width, height: 2 * SAMPLE.height, channels: 3, pageHeight: SAMPLE.height },
  });

describe('embedding', () => {
  it('fits, predicts, saves and loads a detector that the command line takes, too', async () => {
    const code = await example('embedding.md', 'embedding');
    const small = code.replace('size: 128', 'size: 64').replace('epochs: 20', 'epochs: 1');
    expect(small.length).toBeLessThan(code.length - 1);
    const quick = small.replace('model: {', "model: { students: 2, layers: ['layer1'],");
    const stdout = await workshop.printed('embed.mjs', quick);
    const [epoch, prediction = '', loaded] = stdout.trim().split('\n');
    expect(epoch).toBe('epoch 1 of 1');
    expect(prediction).toMatch(/^\d\S+ (true|false) \d\S+ 64x64$/);
    expect(loaded).toMatch(/^true (true|false)$/);
    const [{ score, threshold, verdict }] = await predict('part/test/scratch/000.png', 'model');
    expect(prediction).toBe(`${score} ${verdict === 'defective'} ${threshold} 64x64`);
    await workshop.adfw('export', 'model', '--out', 'embedded.onnx');
  });

  it('bundles for a browser without shims', async () => {
    await workshop.write('page.js', await example('embedding.md', 'embedding-browser'));
    const warnings: string[] = [];
    const bundle = await rolldown({
      input: join(workshop.folder, 'page.js'),
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
