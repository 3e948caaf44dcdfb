/** Runs what the README and the guides show, as a user would: in a folder of their own, with the built packages. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import {
  checkConformance,
  compose,
  IMAGENET_MEAN,
  IMAGENET_STD,
  type ImageReading,
  parseSafetensors,
  tf,
} from '@adfw/core';
import { readImage } from '@adfw/images';
import { createResNet, saveWeights } from '@adfw/networks';
import { builtInPlugins, prepareExperiment, useEngine } from '@adfw/runner';
import { rolldown } from 'rolldown';
import sharp, { type Sharp } from 'sharp';
import '@tensorflow/tfjs-backend-cpu';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bin as adfw,
  type WarmCommand,
  warmCommand,
} from '../packages/cli/src/shared/command.test.fixture.js';

const docs = fileURLToPath(new URL('.', import.meta.url));
const run = promisify(execFile);

let folder: string;
/** Commands share a process, which has loaded everything once. */
let warm: WarmCommand;
beforeAll(async () => {
  // Inside the repository, so that imports of @adfw packages resolve as they do in a project that has installed them.
  folder = await mkdtemp(join(docs, '.examples-'));
  warm = warmCommand(folder);
});
afterAll(async () => {
  warm.close();
  await rm(folder, { recursive: true, force: true });
});

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

/** What a command says, in the folder of the examples. */
async function adfwSays(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await warm.run(...args);
  if (code !== 0) throw Object.assign(new Error(stderr), { code, stderr });
  return stdout;
}
const runWith =
  (settings: readonly string[]) =>
  async (...args: string[]) =>
    JSON.parse(await adfwSays('run', '--json', ...settings, ...args));
const adfwRun = runWith(small);
const adfwRunOnSample = runWith(smallSample);

interface Predicted {
  readonly image: string;
  readonly score: number;
  readonly threshold: number;
  readonly verdict: string;
}
/** What `adfw predict` says of images with the run of all examples, or another model. */
async function predict(images: string, model = 'runs/part'): Promise<[Predicted, ...Predicted[]]> {
  return JSON.parse(await adfwSays('predict', model, images, '--json')).predictions;
}

// The data and the run that the guides speak of.
beforeAll(async () => {
  await writeImages('part/train/good', 8, false);
  await writeImages('part/test/good', 3, false);
  await writeImages('part/test/scratch', 3, true);
  await adfwRun('--method', 'stfpm', '--data', 'part', '--out', 'runs/first');
  for (const copy of ['part', 'second'])
    await cp(join(folder, 'runs/first'), join(folder, 'runs', copy), { recursive: true });
});

describe('the README', () => {
  it('embeds a run and a prediction in an application', async () => {
    const code = await example('embedding.md', 'embed');
    // The teacher's ImageNet weights cannot be had in a test; a random one of a quarter of the width takes its place.
    const withoutDownload = code
      .replace(
        "method: 'stfpm',",
        "method: 'stfpm', teacher: { type: 'resnet18', weights: 'random', width: 16 },",
      )
      .replaceAll("'runs/part'", "'runs/embedded'");
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
      training: {
        schedule: { warmUp: 0.1, decay: 'cosine' },
        clipNorm: 1,
        averageDecay: 0.9,
        preciseBatchNorm: true,
        patience: 10,
      },
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
    await adfwSays(...withoutSteps, ...tiny, ...few);
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

  it('scores what a server is sent, and refuses what is no image', async () => {
    await writeFile(join(folder, 'server.mjs'), await example('deploying.md', 'server'));
    const server = spawn(process.execPath, ['server.mjs'], {
      cwd: folder,
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [port] = await once(server.stdout.setEncoding('utf8'), 'data');
    const post = (body: Uint8Array<ArrayBuffer> | string) =>
      fetch(`http://localhost:${Number(port)}`, { method: 'POST', body });

    const image = new Uint8Array(await readFile(join(folder, 'part/test/scratch/000.png')));
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
    const written = await readFile(join(folder, 'runs/first/report.html'), 'utf8');
    for (const line of (await example('own-data.md', 'report')).trim().split('\n'))
      await adfwSays(...line.split(' ').slice(1));
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

describe('an exported model', () => {
  beforeAll(async () => {
    await adfwSays('export', 'runs/part', '--out', 'part.onnx');
  });

  it('gives the result of adfw predict in Node', async () => {
    await writeFile(join(folder, 'score.mjs'), await example('deploying.md', 'onnx'));
    const { stdout } = await run(process.execPath, ['score.mjs'], { cwd: folder });
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
    await writeFile(join(folder, 'score.py'), await example('deploying.md', 'python'));
    await writeFile(join(folder, 'driver.py'), driver);
    const { stdout } = await run('python3', ['-W', 'ignore', 'driver.py', JSON.stringify(files)], {
      cwd: folder,
      maxBuffer: 1e9,
    });
    return JSON.parse(stdout.trim().split('\n').at(-1) as string);
  }
  /** Of a tensor of the recipe, the largest difference from what adfw reads, in grey levels. */
  async function largestDifference(tensor: string, file: string, reading: ImageReading): Promise<number> {
    const size = { height: 64, width: 64 };
    const { data } = await readImage(join(folder, file), size, { reading });
    const given = new Float32Array(new Uint8Array(Buffer.from(tensor, 'base64')).buffer);
    expect(given.length).toBe(data.length);
    let largest = 0;
    data.forEach((value, at) => {
      const [pixel, channel] = [Math.floor(at / 3), at % 3];
      const normalized = given[channel * 64 * 64 + pixel] as number;
      const level =
        255 * (normalized * (IMAGENET_STD[channel] as number) + (IMAGENET_MEAN[channel] as number));
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
      await mkdir(join(folder, 'kinds'));
      for (const [name, image] of files) await image.toFile(join(folder, 'kinds', name));
      const answers = await ask(files.map(([name, , , reading = whole]) => [`kinds/${name}`, reading]));
      const same: string[] = [];
      for (const [index, [name, , levelsOff, reading = whole]] of files.entries()) {
        const { tensor, error } = answers[index] as PythonAnswer;
        expect(error, name).toBeUndefined();
        expect(await largestDifference(tensor, `kinds/${name}`, reading), name).toBeLessThan(
          levelsOff + 1e-3,
        );
        if (reading === whole) same.push(name);
        else await rm(join(folder, 'kinds', name));
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
      await mkdir(join(folder, 'others'));
      const write = (name: string, image: Sharp) => image.toFile(join(folder, 'others', name));
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
      if (hasPython('pyvips'))
        expect(await largestDifference(cmyk.tensor, 'others/cmyk.jpg', whole)).toBeLessThan(1e-3);
      else expect(cmyk.error).toContain('pyvips');
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
    const stdout = await adfwSays(...args);
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

describe('the page about training', () => {
  it('compares methods where there are nominal images alone', async () => {
    await writeImages('nominal/train/good', 6, false);
    const command = (await example('training.md', 'choose')).trim().replace('--data part', '--data nominal');
    const stdout = await adfwSays(...command.split(' ').slice(1), ...small);
    const [, table = ''] = stdout.split('Synthetic defects, image/pixel AUROC');
    expect(table).toMatch(/\| nominal +\| +[01]\.\d{3}\/[01]\.\d{3} +\| +[01]\.\d{3}\/[01]\.\d{3} +\|/);
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
    const code = await example('embedding.md', 'embedding');
    const small = code.replace('imageSize: 128', 'imageSize: 64').replace('epochs: 20', 'epochs: 1');
    expect(small.length).toBeLessThan(code.length - 1);
    await writeFile(join(folder, 'embed.mjs'), small);
    const { stdout } = await run(process.execPath, ['embed.mjs'], { cwd: folder });
    const [epoch, prediction = '', loaded] = stdout.trim().split('\n');
    expect(epoch).toBe('epoch 1 of 1');
    expect(prediction).toMatch(/^\d\S+ (true|false) \d\S+ 64x64$/);
    expect(loaded).toMatch(/^true (true|false)$/);
    const [{ score, threshold, verdict }] = await predict('part/test/scratch/000.png', 'model');
    expect(prediction).toBe(`${score} ${verdict === 'defective'} ${threshold} 64x64`);
    await adfwSays('export', 'model', '--out', 'embedded.onnx');
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
