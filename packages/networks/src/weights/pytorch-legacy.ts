/**
 * The files of PyTorch before 1.6, which torchvision still publishes some of: pickles of a magic number, the version, the
 * machine, the state dict and the keys of its storages, and then the storages in that order, each its length in 8 bytes and
 * its numbers.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { DataError } from '@adfw/core';
import { type PyTorchFile, type Storage, stateDictRules } from './pytorch-pickle.js';
import { LONGEST_PICKLE, unpickle } from './unpickle.js';

const MAGIC_NUMBER = 0x1950a86a20f9469cfc6cn;
const PROTOCOL_VERSION = 1001;

/** @throws DataError for a file that is damaged or not PyTorch's. */
export async function openLegacy(path: string): Promise<PyTorchFile> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const read = (position: number, length: number) => readAt(path, file, size, position, length);
    const pickles = await read(0, Math.min(size, LONGEST_PICKLE));
    const plain = { globals: new Map<string, unknown>() };
    const magic = unpickle(pickles, plain, path);
    const version = unpickle(pickles.subarray(magic.end), plain, path);
    if (magic.value !== MAGIC_NUMBER || version.value !== PROTOCOL_VERSION)
      throw new DataError(
        `${path} is a Python pickle, but not one that torch.save writes. Save the weights with torch.save(model.state_dict(), FILE).`,
      );
    let position = magic.end + version.end;
    const machine = unpickle(pickles.subarray(position), plain, path);
    if (!(machine.value instanceof Map) || machine.value.get('little_endian') !== true)
      throw new DataError(
        `${path} was written on a big-endian machine; save it again on a little-endian one.`,
      );
    position += machine.end;

    const storages = new Map<string, Storage>();
    const rules = stateDictRules(path);
    const stateDict = unpickle(
      pickles.subarray(position),
      {
        ...rules,
        persistent(id) {
          const storage = rules.persistent?.(id) as Storage;
          const known = storages.get(storage.key) ?? storage;
          if (known.type !== storage.type || known.length !== storage.length)
            throw new DataError(`${path} is damaged: it describes storage "${storage.key}" in two ways.`);
          storages.set(storage.key, known);
          return known;
        },
      },
      path,
    );
    position += stateDict.end;
    const keys = unpickle(pickles.subarray(position), plain, path);
    position += keys.end;

    const positions = await storagePositions(path, read, position, keys.value, storages);
    return {
      root: stateDict.value,
      readStorage({ key, type, length }) {
        const start = positions.get(key);
        if (start === undefined) throw new DataError(`${path} is damaged: storage "${key}" is missing.`);
        return read(start, length * type.bytesPerElement);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Where the numbers of each storage begin in the file. */
async function storagePositions(
  path: string,
  read: (position: number, length: number) => Promise<Uint8Array<ArrayBuffer>>,
  start: number,
  keys: unknown,
  storages: ReadonlyMap<string, Storage>,
): Promise<Map<string, number>> {
  const positions = new Map<string, number>();
  let position = start;
  for (const key of Array.isArray(keys) ? keys : []) {
    const storage = storages.get(key);
    const header = await read(position, 8);
    const length = Number(new DataView(header.buffer).getBigInt64(0, true));
    if (storage?.length !== length)
      throw new DataError(
        `${path} is damaged: storage "${String(key)}" has ${length} numbers, and ${storage?.length ?? 'none'} are expected.`,
      );
    positions.set(storage.key, position + 8);
    position += 8 + length * storage.type.bytesPerElement;
  }
  return positions;
}

async function readAt(
  path: string,
  file: FileHandle,
  size: number,
  position: number,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const missing = position + length - size;
  if (missing > 0)
    throw new DataError(`${path} is truncated: at least ${missing} bytes are missing. Get the file again.`);
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, length - done, position + done);
    if (bytesRead === 0) throw new DataError(`${path} became shorter while it was read.`);
    done += bytesRead;
  }
  return bytes;
}
