/** Runs what the pages about benchmarks, training, variants and models show. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  example,
  openWorkshop,
  run,
  settings,
  shallow,
  shallowSample,
  textOf,
  type Workshop,
} from './workshop.test.fixture.js';

let workshop: Workshop;
beforeAll(async () => {
  workshop = await openWorkshop();
});
afterAll(() => workshop.close());

describe('the page about benchmarks', () => {
  it('compares a variant with its method, and goes on in a program', async () => {
    for (const [path, defective] of [
      ['train/good', false],
      ['test/good', false],
      ['test/crack', true],
    ] as const)
      await workshop.images(`mvtec/capsule/${path}`, 4, defective);
    await workshop.write('variance-only.json', await example('benchmarks.md', 'variance-only'));
    const command = (await example('benchmarks.md', 'bench')).trim().replace(',hazelnut', '');
    const args = [...command.split(' ').slice(1), ...shallow];
    const stdout = await workshop.adfw(...args);
    expect(stdout).toMatch(/\| category +\| +fvv \| +variance-only \|/);
    const [, fvv] = /\| capsule +\| +([\d.]+) \| +[\d.]+ \|/.exec(stdout) ?? [];

    const code = await example('benchmarks.md', 'bench-program');
    const document = {
      model: { teacher: { weights: 'random', width: 16 }, training: { epochs: 1 }, layers: ['layer1'] },
      fit: { batchSize: 4 },
      images: { size: 64 },
    };
    const overrides = JSON.stringify([{ source: 'small', document }]);
    const stdoutOfProgram = await workshop.printed(
      'benchmark.mjs',
      code.replace('seeds: [42],', `seeds: [42], overrides: ${overrides},`),
    );
    expect(stdoutOfProgram).toBe(`capsule ${fvv}\n`);
  });
});

describe('the page about training', () => {
  it('compares methods where there are nominal images alone', async () => {
    await workshop.images('nominal/train/good', 6, false);
    const command = (await example('training.md', 'choose')).trim().replace('--data part', '--data nominal');
    const stdout = await workshop.adfw(...command.split(' ').slice(1), ...shallow);
    const [, table = ''] = stdout.split('Synthetic defects, image/pixel AUROC');
    expect(table).toMatch(/\| nominal +\| +[01]\.\d{3}\/[01]\.\d{3} +\| +[01]\.\d{3}\/[01]\.\d{3} +\|/);
  });
});

describe('the page about writing a variant', () => {
  const page = 'writing-a-variant.md';

  it('goes from an idea to the row, command by command', async () => {
    const text = await textOf(page);
    const marked = [...text.matchAll(/<!-- command -->\n```sh\n(.*?)```/gs)].map(([, block = '']) => block);
    const unmarked = text.split('```sh\n').length - 1 - marked.length;
    // npm install alone: there are no published packages to install in a test.
    expect([unmarked, text.includes('```sh\nnpm install\n```')]).toEqual([1, true]);

    let folder = '.';
    const outputs: string[] = [];
    for (const line of marked.join('').trim().split('\n')) {
      const [program = '', ...args] = line.split(' ');
      if (program === 'cd') {
        folder = args[0] as string;
        await workshop.write(`${folder}/relative-score.js`, await example(page, 'score'));
        continue;
      }
      const isLong = ['run', 'bench'].includes(args[1] as string) && program === 'npx';
      const short = args.slice(1).map((arg, index, all) => (all[index - 1] === '--seeds' ? '1' : arg));
      outputs.push(
        program === 'npx'
          ? await workshop.adfwIn(folder, ...short, ...(isLong ? shallowSample : []))
          : (await run(program, args, { cwd: join(workshop.folder, folder) })).stdout,
      );
    }
    expect(outputs.filter((output) => /image auroc/i.test(output)).length).toBe(4);
    expect(outputs.join('')).toMatch(/focus +a number >= 1/);
    expect(outputs.join('')).toContain('# pass 2');
    expect(outputs.join('')).toMatch(/\| category +\| +stfpm \| +my-variant \|/);
    expect(await workshop.read('my-variant/my-variant.js')).toBe(await example(page, 'variant'));
    expect(await workshop.read('my-variant/my-variant.test.js')).toBe(await example(page, 'test'));

    expect(await workshop.conformance('my-variant/relative-score.js')).toBe('sound\n');
    const half = '{ name: "my-variant", parts: [{ ...plugin.parts[0], create: () => own.focalLoss(0.5) }] }';
    const refusal = await workshop.conformance('my-variant/my-variant.js', half);
    const [, shown] = /\n {4}(plugin "my-variant".*)\n/.exec(text) ?? [];
    expect(refusal).toContain(shown);
  });
});

describe('the page about writing a model', () => {
  const page = 'writing-a-model.md';
  const sampleOfModel = [
    ...settings('images.size=64', 'dataset.train=16'),
    ...settings('dataset.testNominal=8', 'dataset.testDefective=8'),
  ];

  it('has one in thirty lines, which finds defects, is exported and is sound', async () => {
    const code = await example(page, 'mean-distance');
    const [create = ''] = /^async function create.*?^}$/ms.exec(code) ?? [];
    expect(create.split('\n').length).toBeLessThanOrEqual(30);
    await workshop.write('mean-distance.js', code);
    const [, command = ''] = /<!-- command: model -->\n```sh\nadfw (.*?)\n```/.exec(await textOf(page)) ?? [];
    const args = [...command.split(' '), '--json', ...sampleOfModel];
    const report = JSON.parse(await workshop.adfw(...args));
    expect(report).toMatchObject({ method: 'mean-distance', training: [] });
    expect(report.metrics.imageAuroc).toBeGreaterThan(0.75);
    await workshop.adfw('export', 'runs/mean-distance', '--out', 'mean-distance.onnx');
    await expect(workshop.adfw(...args, '--epochs', '5')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('epochs'),
    });

    await workshop.write('mean-distance.test.js', await example(page, 'model-test'));
    const { stdout } = await run(process.execPath, ['--test', 'mean-distance.test.js'], {
      cwd: workshop.folder,
    });
    expect(stdout).toContain('# pass 1');
  });

  it('has a kind of its own, of which a model takes parts', async () => {
    await workshop.write('distances.js', await example(page, 'distances'));
    const code = (await example(page, 'mean-distance'))
      .replace('{ backbone, layers }', '{ backbone, layers, distance: make }')
      .replace('const means =', 'const apart = await make();\n  const means =')
      .replace(
        'tf.sum(tf.squaredDifference(l2Normalize(features[layer]), means.get(layer)), -1)',
        'apart(l2Normalize(features[layer]), means.get(layer))',
      )
      .replace(
        'options: {',
        "options: { distance: slot('distance', 'How far two vectors are apart.', { default: { type: 'squared' } }),",
      );
    const [, command = ''] = /<!-- command: kind -->\n```sh\nadfw (.*?)\n```/.exec(await textOf(page)) ?? [];
    // Another file: the process that runs the commands keeps the modules it has loaded.
    await workshop.write('with-distance.js', code);
    const args = [
      ...command.replace('./mean-distance.js', './with-distance.js').split(' '),
      '--json',
      ...sampleOfModel,
    ];
    const { metrics } = JSON.parse(await workshop.adfw(...args, '--out', 'runs/city-block'));
    expect(metrics.imageAuroc).toBeGreaterThan(0.6);
    expect(await workshop.read('runs/city-block/experiment.json')).toContain('"city-block"');
    expect(
      await workshop.adfw('list', '--plugin', './distances.js', '--plugin', './with-distance.js'),
    ).toMatch(/Distances \(model\.distance\)\n +squared/);
  });

  it('has one that trains, which finds defects and is sound', async () => {
    const name = 'feature-autoencoder';
    await workshop.write(`${name}.js`, await example(page, name));
    const flags = ['--plugin', `./${name}.js`, '--method', name, '--out', `runs/${name}`];
    const report = JSON.parse(await workshop.adfw('run', '--json', ...flags, ...sampleOfModel));
    expect(report.training).toEqual([{ stage: 'autoencoder', kept: { autoencoder: expect.any(Number) } }]);
    expect(report.metrics.imageAuroc).toBeGreaterThan(0.75);
    const [epoch = ''] = (await workshop.read(`runs/${name}/train.jsonl`)).split('\n');
    const { terms } = JSON.parse(epoch);
    expect(Object.keys(terms.autoencoder)).toEqual(['layer1', 'layer2']);

    expect(await workshop.conformance(`${name}.js`)).toBe('sound\n');
  });

  it('has the contracts and helpers as they are', async () => {
    const text = await textOf(page);
    const core = await workshop.printed(
      'names.mjs',
      "import * as core from '@adfw/core'; console.log(Object.keys(core).join())",
    );
    const [, helpers = ''] = /\*\*Helpers\*\*.*?\n\n(.*?)\n\n/s.exec(text) ?? [];
    const named = helpers
      .split('\n')
      .slice(2)
      .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)\(/g)]);
    expect(named.length).toBeGreaterThan(9);
    expect(core.trim().split(',')).toEqual(expect.arrayContaining(named.map(([, name]) => name)));
  });
});
