import { open, readFile } from 'node:fs/promises';
import { ConfigurationError, DataError, parseSafetensors } from '@adfw/core';
import { openLegacy } from './pytorch-legacy.js';
import {
  gather,
  type PyTorchFile,
  type Storage,
  stateDictTensors,
  type TensorView,
  type ToFloat32,
} from './pytorch-pickle.js';
import { openZip } from './pytorch-zip.js';
import type { StateDict, StateTensor } from './state-dict.js';

export interface WeightFile {
  /** The shape of every tensor in the file. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** The tensors that were asked for, where the file has them. */
  readonly state: StateDict;
}

/** A tensor of a file that is open. */
interface StoredTensor {
  readonly shape: readonly number[];
  /** The file's name for the type of its numbers. */
  readonly type: string;
  /** Null where its numbers are not floating point. */
  readonly read: (() => Promise<Float32Array>) | null;
}

interface OpenFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  close(): Promise<void>;
}

/**
 * Reads weights from a `.safetensors` file or from a state dict saved by PyTorch (`.pth`, `.pt`; the zip format of PyTorch 1.6
 * and later, and the older one torchvision still publishes). What the file is shows in its first bytes, whatever its name.
 * Nothing in it is ever executed. A state dict may lie under `state_dict`, `model_state_dict` or `model`, and its names may begin
 * with `module.`, as training scripts leave them.
 *
 * @param wanted the tensors whose numbers are needed; by default all that are floating point (counts of batches are not).
 * @throws ConfigurationError where there is no such file.
 * @throws DataError where it is damaged or is something else.
 */
export async function loadWeights(path: string, wanted?: (name: string) => boolean): Promise<WeightFile> {
  const file = await openFile[await formatOf(path)](path);
  try {
    const tensors = [...file.tensors].map(([name, tensor]) => [withoutPrefix(name), tensor] as const);
    if (tensors.length === 0)
      throw new DataError(
        `${path} holds no tensors by name. Save the weights with torch.save(model.state_dict(), FILE) or as safetensors.`,
      );
    const state: [string, StateTensor][] = [];
    for (const [name, { shape, type, read }] of tensors) {
      if (wanted ? !wanted(name) : !read) continue;
      if (!read)
        throw new DataError(`${path} cannot be used: "${name}" holds ${type} numbers, not floating point.`);
      const data = await read();
      if (!data.every(Number.isFinite))
        throw new DataError(
          `${path} cannot be used: "${name}" holds values that are infinite or not a number.`,
        );
      state.push([name, { shape, data }]);
    }
    return {
      shapes: Object.fromEntries(tensors.map(([name, { shape }]) => [name, shape])),
      state: Object.fromEntries(state),
    };
  } finally {
    await file.close();
  }
}

async function formatOf(path: string): Promise<'safetensors' | 'zip' | 'legacy'> {
  const start = await firstBytes(path, 9);
  // First, as the length that a safetensors file begins with may be any number, those of the others' first bytes too.
  if (start[8] === '{'.charCodeAt(0)) return 'safetensors';
  if (start[0] === 0x50 && start[1] === 0x4b) return 'zip';
  if (start[0] === 0x80) return 'legacy';
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

/** Models wrapped for several GPUs were saved with this in front of every name. */
const withoutPrefix = (name: string): string => name.replace(/^module\./, '');

const openFile = {
  safetensors: openSafetensors,
  zip: async (path: string) => tensorsOf(path, await openZip(path)),
  legacy: async (path: string) => tensorsOf(path, await openLegacy(path)),
};

async function openSafetensors(path: string): Promise<OpenFile> {
  const { tensors } = parseSafetensors(await readFile(path), path);
  return {
    tensors: new Map(
      Object.entries(tensors).map(([name, { dtype, shape, data }]) => [
        name,
        {
          shape,
          type: dtype,
          read:
            dtype === 'F32' || dtype === 'F64' ? async () => new Float32Array(data as Float32Array) : null,
        },
      ]),
    ),
    close: async () => {},
  };
}

/** More than any ResNet takes; protects from files that promise absurd sizes. */
const MOST_BYTES = 2 ** 30;

function tensorsOf(path: string, file: PyTorchFile): OpenFile {
  let bytesLeft = MOST_BYTES;
  const spend = (bytes: number): void => {
    bytesLeft -= bytes;
    // Not `bytesLeft < 0`: a shape too large to multiply makes it NaN.
    if (!(bytesLeft >= 0))
      throw new DataError(`${path} cannot be read: its weights take more than ${MOST_BYTES / 2 ** 20} MB.`);
  };
  const storages = new Map<string, Float32Array>();
  const readNumbers = async (storage: Storage, toFloat32: ToFloat32) => {
    // With its type, as a damaged file may describe one storage in two ways.
    const key = `${storage.type.name}/${storage.length}/${storage.key}`;
    let numbers = storages.get(key);
    if (!numbers) {
      spend(storage.length * storage.type.bytesPerElement);
      numbers = toFloat32(await file.readStorage(storage));
      storages.set(key, numbers);
    }
    return numbers;
  };
  const stored = (view: TensorView): StoredTensor => {
    const { shape, storage } = view;
    const { name, toFloat32 } = storage.type;
    return {
      shape,
      type: name,
      read:
        toFloat32 &&
        (async () => {
          spend(4 * shape.reduce((product, length) => product * length, 1));
          return gather(view, await readNumbers(storage, toFloat32));
        }),
    };
  };
  return {
    tensors: new Map([...stateDictTensors(file.root)].map(([name, view]) => [name, stored(view)])),
    close: file.close,
  };
}
