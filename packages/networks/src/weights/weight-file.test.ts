import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError, DataError, serializeSafetensors } from '@adfw/core';
import { afterAll, describe, expect, it } from 'vitest';
import { op, pickle, stateDictPickle, writeZip } from '../../fixtures/pytorch-writer.js';
import { fixturePath } from '../../fixtures/read-fixture.js';
import { loadWeights } from './weight-file.js';

const folder = mkdtempSync(join(tmpdir(), 'adfw-weights-'));
afterAll(() => rmSync(folder, { recursive: true }));

const written = (name: string, bytes: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
const zipped = async (name: string, entries: Record<string, Uint8Array>, options = {}): Promise<string> => {
  const path = join(folder, name);
  await writeZip(path, entries, options);
  return path;
};
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const refusal = (path: string, wanted?: (name: string) => boolean): Promise<Error> =>
  loadWeights(path, wanted).then(
    () => new Error('it was read'),
    (error) => error as Error,
  );

describe('loadWeights', () => {
  it("reads the same from both of PyTorch's formats and from safetensors", async () => {
    const expected = await loadWeights(fixturePath('resnet18.safetensors'));
    expect(expected.shapes['layer2.0.conv1.weight']).toEqual([8, 4, 3, 3]);
    for (const name of ['resnet18.pth', 'resnet18-legacy.pth']) {
      const { shapes, state } = await loadWeights(
        fixturePath(name),
        (key) => !key.endsWith('num_batches_tracked'),
      );
      expect(shapes, name).toEqual(expected.shapes);
      for (const [key, tensor] of Object.entries(state)) expect(tensor, key).toEqual(expected.state[key]);
      expect(Object.keys(state).length).toBeGreaterThan(40);
    }
  });

  it('reads checkpoints of training scripts: nested, prefixed, of any type and stride', async () => {
    const { shapes, state } = await loadWeights(fixturePath('checkpoint.pth'));
    const base = Array.from({ length: 24 }, (_, index) => index);
    const expected: Record<string, [shape: number[], data: number[]]> = {
      transposed: [[6, 4], base.map((index) => (index % 4) * 6 + Math.floor(index / 4))],
      part: [
        [2, 2],
        [16, 18, 20, 22],
      ],
      expanded: [
        [2, 2],
        [5, 5, 5, 5],
      ],
      scalar: [[], [7]],
      empty: [[0, 4], []],
      parameter: [[3], [0, 1, 2]],
      double: [[2], [Math.fround(0.1), -2.5]],
      half: [[2], [0.0999755859375, -65504]],
      bfloat16: [[2], [0.10009765625, -226 * 2 ** 120]],
    };
    expect(Object.keys(state)).toEqual(Object.keys(expected));
    for (const [name, [shape, data]] of Object.entries(expected))
      expect(state[name], name).toEqual({ shape, data: Float32Array.from(data) });
    expect(shapes.num_batches_tracked).toEqual([]);
  });

  it('reads numbers of the tensors wanted only', async () => {
    const { shapes, state } = await loadWeights(fixturePath('resnet18.pth'), (name) => name === 'bn1.bias');
    expect(Object.keys(state)).toEqual(['bn1.bias']);
    expect(shapes['fc.weight']).toEqual([3, 8]);
  });

  it('reads compressed archives', async () => {
    const path = await zipped(
      'compressed.pth',
      { 'x/data.pkl': stateDictPickle({ w: { length: 2, shape: [2] } }), 'x/data/0': floats(1, 2) },
      { compress: true },
    );
    expect((await loadWeights(path)).state.w?.data).toEqual(Float32Array.of(1, 2));
  });

  it.each([
    ['a zip archive', 0x4b50],
    ['a pickle', 0x280],
  ])('knows a safetensors file that begins like %s', async (_, headerLength) => {
    const header = '{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.padEnd(headerLength);
    const start = Buffer.alloc(8);
    start.writeUInt32LE(headerLength);
    const path = written('lookalike', Buffer.concat([start, Buffer.from(header), floats(5)]));
    expect((await loadWeights(path)).state.w?.data).toEqual(Float32Array.of(5));
  });

  it('takes wrong paths for wrong usage', async () => {
    expect(await refusal(join(folder, 'missing.pth'))).toEqual(
      new ConfigurationError(
        `The weight file ${join(folder, 'missing.pth')} cannot be opened: there is no such file.`,
      ),
    );
    expect((await refusal(folder)).message).toBe(
      `The weight file ${folder} cannot be opened: it is a folder.`,
    );
  });

  it('refuses a whole model, naming what it would have to run', async () => {
    const error = await refusal(fixturePath('whole-model.pth'));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toMatch(
      /whole-model\.pth cannot be read: it asks for the Python object "torch\.nn\.modules\.linear\.Linear", which a file of weights has no use for; nothing was run\. Save the weights alone: torch\.save\(model\.state_dict\(\), FILE\)/,
    );
  });

  const stateDict = (tensor: Parameters<typeof stateDictPickle>[0][string]) => stateDictPickle({ w: tensor });
  const archive = (
    pkl: Uint8Array,
    rest: Record<string, Uint8Array> = { 'x/data/0': floats(1, 2, 3, 4) },
  ) => ({
    'x/data.pkl': pkl,
    ...rest,
  });
  it.each<[string, Record<string, Uint8Array>, string, object?]>([
    [
      'a zip archive of other things',
      { 'readme.txt': floats() },
      'not one that torch.save writes: it holds 0 files "data.pkl"',
    ],
    ['two pickles', { 'a/data.pkl': floats(), 'b/data.pkl': floats() }, 'it holds 2 files "data.pkl"'],
    [
      'a call of the shell',
      archive(pickle(op.global('posix', 'system'), op.tuple(op.string('touch pwned')), op.reduce)),
      '"posix.system"',
    ],
    [
      'a pickle that inflates to 2 MB',
      archive(Buffer.alloc(2 ** 21)),
      'its data.pkl has 2097152 bytes',
      { compress: true },
    ],
    [
      'a storage that is missing',
      archive(stateDict({ storage: '7', length: 4, shape: [4] })),
      'storage "7" should have 16 bytes, and is missing',
    ],
    [
      'a storage outside of its folder',
      archive(stateDict({ storage: '../data.pkl', length: 4, shape: [4] })),
      'storage "../data.pkl" should have 16 bytes, and is missing',
    ],
    [
      'a storage of another size',
      archive(stateDict({ length: 5, shape: [5] })),
      'storage "0" should have 20 bytes, and has 16',
    ],
    [
      'a storage that inflates to more than it says',
      archive(stateDict({ length: 4, shape: [4] }), { 'x/data/0': new Uint8Array(2 ** 20) }),
      'should have 16 bytes, and has 1048576',
      { compress: true },
    ],
    [
      'a tensor that reaches past its storage',
      archive(stateDict({ length: 4, offset: 1, shape: [2, 2] })),
      'a tensor [2, 2] reaches to number 4 of storage "0", which has 4',
    ],
    [
      'a stride past its storage',
      archive(stateDict({ length: 4, shape: [2, 2], strides: [4, 1] })),
      'reaches to number 5',
    ],
    [
      'a tensor without strides',
      archive(stateDict({ length: 4, shape: [4], strides: [] })),
      'is not described by',
    ],
    [
      'one number spread over a terabyte',
      archive(stateDict({ length: 4, shape: [2 ** 20, 2 ** 20], strides: [0, 0] })),
      'its weights take more than 1024 MB',
    ],
    [
      'a shape beyond counting',
      archive(stateDict({ length: 4, shape: Array(40).fill(2 ** 39), strides: Array(40).fill(0) })),
      'its weights take more than',
    ],
    [
      'a storage beyond memory',
      archive(stateDict({ length: 2 ** 38, shape: [1] })),
      'its weights take more than',
    ],
    [
      'a storage of an unknown type',
      archive(stateDict({ length: 4, type: 'QInt8Storage', shape: [4] })),
      '"torch.QInt8Storage"',
    ],
    [
      'a value that is not a number',
      archive(stateDict({ length: 4, shape: [4] }), { 'x/data/0': floats(1, Number.NaN, 3, 4) }),
      '"w" holds values that are infinite or not a number',
    ],
    ['no tensors', archive(pickle(op.dictionary())), 'holds no tensors by name'],
    ['a list', archive(pickle(op.tuple(op.none))), 'holds no tensors by name'],
    [
      'big-endian numbers',
      archive(stateDict({ length: 4, shape: [4] }), { 'x/byteorder': Buffer.from('big') }),
      'on a big-endian machine',
    ],
  ])('refuses an archive with %s', async (what, entries, message, options) => {
    const path = await zipped(`${what.replaceAll(' ', '-')}.pth`, entries, options);
    const error = await refusal(path);
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain(path);
    expect(error.message).toContain(message);
  });

  it('refuses a storage that is described in two ways', async () => {
    const pkl = stateDictPickle({
      a: { length: 4, shape: [4] },
      b: { length: 8, shape: [8] },
    });
    const error = await refusal(await zipped('two-ways.pth', archive(pkl)));
    expect(error.message).toContain('storage "0" should have 32 bytes, and has 16');
  });

  it('refuses integers for weights', async () => {
    const error = await refusal(fixturePath('resnet18.pth'), (name) => name === 'bn1.num_batches_tracked');
    expect(error.message).toContain(
      '"bn1.num_batches_tracked" holds LongStorage numbers, not floating point',
    );
    const data = Int32Array.of(1);
    const path = written(
      'integers.safetensors',
      serializeSafetensors({ w: { dtype: 'I32', shape: [1], data } }),
    );
    expect((await refusal(path, () => true)).message).toContain('"w" holds I32 numbers, not floating point');
  });

  it.each([
    ['an empty file', ''],
    ['a web page', '<!DOCTYPE html><title>404 Not Found</title>'],
    ['a tar archive of old PyTorch', 'sys_info\0\0\0\0\0\0\0\0'],
  ])('refuses %s, whatever it is called', async (_, content) => {
    const error = await refusal(written('resnet18.pth', content));
    expect(error).toBeInstanceOf(DataError);
    expect(error.message).toContain('is not a file of weights: neither safetensors nor a state dict');
  });

  it("refuses a pickle that is not PyTorch's", async () => {
    const path = written('data.pkl', Buffer.concat([pickle(op.int(1)), pickle(op.int(1))]));
    expect((await refusal(path)).message).toContain('is a Python pickle, but not one that torch.save writes');
  });

  it.each(['resnet18.pth', 'resnet18-legacy.pth', 'checkpoint.pth'])(
    'answers %s truncated anywhere with a DataError',
    async (name) => {
      const bytes = readFileSync(fixturePath(name));
      for (let length = 2; length < bytes.length; length += 211) {
        const error = await refusal(written('truncated.pth', bytes.subarray(0, length)));
        expect(error, `${length} bytes: ${error.stack}`).toBeInstanceOf(DataError);
      }
    },
  );

  it.each(['resnet18-legacy.pth', 'checkpoint.pth'])(
    'answers a changed byte anywhere in %s with tensors or a DataError',
    async (name) => {
      const bytes = readFileSync(fixturePath(name));
      for (let at = 0; at < bytes.length; at += 41) {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] as number) ^ 0x55;
        const error = await refusal(written('changed.pth', changed));
        expect(
          error instanceof DataError || error.message === 'it was read',
          `byte ${at}: ${error.stack}`,
        ).toBe(true);
      }
    },
  );

  it('notices a changed number in an archive by its checksum', async () => {
    const bytes = readFileSync(fixturePath('resnet18.pth'));
    const { state } = await loadWeights(fixturePath('resnet18.safetensors'));
    const at = bytes.indexOf(Buffer.from(state['conv1.weight']?.data.buffer as ArrayBuffer));
    expect(at).toBeGreaterThan(0);
    bytes[at] = (bytes[at] as number) ^ 1;
    expect((await refusal(written('flipped.pth', bytes), (name) => name === 'conv1.weight')).message).toMatch(
      /is damaged: the checksum of "[^"]*data\/0" is wrong/,
    );
  });
});
