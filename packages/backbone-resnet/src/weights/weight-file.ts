import { open, readFile } from 'node:fs/promises';
import { ConfigurationError, DataError, parseSafetensors } from '@adfw/core';
import { openLegacy } from './pytorch-legacy.js';
import { gather, type PyTorchFile, stateDictTensors } from './pytorch-pickle.js';
import { openZip } from './pytorch-zip.js';
import type { StateDict, StateTensor } from './state-dict.js';

export interface WeightFile {
  /** The shape of every tensor in the file. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** The tensors that were asked for, where the file has them. */
  readonly state: StateDict;
}

/** More than any ResNet has in all its storages; protects from files that promise absurd sizes. */
const MOST_BYTES = 2 ** 30;

/**
 * Reads weights from a `.safetensors` file or from a state dict saved by PyTorch (`.pth`, `.pt`; the zip format of PyTorch 1.6
 * and later, and the older one torchvision still publishes). What the file is shows in its first bytes, whatever its name.
 * Nothing in it is ever executed. A state dict may lie under `state_dict`, `model_state_dict` or `model`, and its names may begin
 * with `module.`, as training scripts leave them.
 *
 * @param wanted the tensors whose numbers are needed; all by default.
 * @throws ConfigurationError where there is no such file.
 * @throws DataError where it is damaged or is something else.
 */
export async function loadWeights(
  path: string,
  wanted: (name: string) => boolean = () => true,
): Promise<WeightFile> {
  switch (await formatOf(path)) {
    case 'safetensors':
      return fromSafetensors(path, wanted);
    case 'zip':
      return fromPyTorch(path, await openZip(path), wanted);
    case 'legacy':
      return fromPyTorch(path, await openLegacy(path), wanted);
  }
}

async function formatOf(path: string): Promise<'safetensors' | 'zip' | 'legacy'> {
  const start = await firstBytes(path, 9);
  if (start[0] === 0x50 && start[1] === 0x4b) return 'zip';
  if (start[0] === 0x80) return 'legacy';
  if (start[8] === '{'.charCodeAt(0)) return 'safetensors';
  throw new DataError(
    `${path} is not a file of weights: neither safetensors nor a state dict saved by torch.save (.pth, .pt).`,
  );
}

async function firstBytes(path: string, length: number): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      return (await file.read(new Uint8Array(length), 0, length, 0)).buffer;
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EISDIR'
          ? 'it is a folder'
          : (error as Error).message;
    throw new ConfigurationError(`The weight file ${path} cannot be opened: ${reason}.`, [], {
      cause: error,
    });
  }
}

async function fromSafetensors(path: string, wanted: (name: string) => boolean): Promise<WeightFile> {
  const tensors = Object.entries(parseSafetensors(await readFile(path), path).tensors).map(
    ([name, tensor]) => [withoutPrefix(name), tensor] as const,
  );
  return {
    shapes: Object.fromEntries(tensors.map(([name, { shape }]) => [name, shape])),
    state: Object.fromEntries(
      tensors
        .filter(([name]) => wanted(name))
        .map(([name, { dtype, shape, data }]) => {
          if (dtype !== 'F32' && dtype !== 'F64') throw notFloatingPoint(path, name, dtype);
          return [name, { shape, data: finite(path, name, new Float32Array(data)) }];
        }),
    ),
  };
}

async function fromPyTorch(
  path: string,
  file: PyTorchFile,
  wanted: (name: string) => boolean,
): Promise<WeightFile> {
  try {
    const tensors = [...stateDictTensors(file.root)].map(
      ([name, view]) => [withoutPrefix(name), view] as const,
    );
    if (tensors.length === 0)
      throw new DataError(
        `${path} holds no state dict: there are no tensors by name in it. Save the weights with torch.save(model.state_dict(), FILE).`,
      );
    const chosen = tensors.filter(([name]) => wanted(name));
    const numbers = new Map<string, Float32Array>();
    const state: [string, StateTensor][] = [];
    let budget = MOST_BYTES;
    for (const [name, view] of chosen) {
      const { storage, shape } = view;
      const { toFloat32, bytesPerElement } = storage.type;
      if (!toFloat32) throw notFloatingPoint(path, name, storage.type.name);
      budget -= 4 * shape.reduce((product, length) => product * length, 1);
      if (!numbers.has(storage.key)) budget -= storage.length * bytesPerElement;
      // Not `budget < 0`: a shape too large to multiply makes it NaN.
      if (!(budget >= 0))
        throw new DataError(`${path} cannot be read: its weights take more than ${MOST_BYTES / 2 ** 20} MB.`);
      const values = numbers.get(storage.key) ?? toFloat32(await file.readStorage(storage));
      numbers.set(storage.key, values);
      state.push([name, { shape, data: finite(path, name, gather(view, values)) }]);
    }
    return {
      shapes: Object.fromEntries(tensors.map(([name, { shape }]) => [name, shape])),
      state: Object.fromEntries(state),
    };
  } finally {
    await file.close();
  }
}

/** Models wrapped for several GPUs were saved with this in front of every name. */
const withoutPrefix = (name: string): string => name.replace(/^module\./, '');

const notFloatingPoint = (path: string, name: string, type: string): DataError =>
  new DataError(`${path} cannot be used: "${name}" holds ${type} numbers, and weights are floating point.`);

function finite(path: string, name: string, data: Float32Array): Float32Array {
  if (!data.every(Number.isFinite))
    throw new DataError(`${path} cannot be used: "${name}" holds values that are infinite or not a number.`);
  return data;
}
