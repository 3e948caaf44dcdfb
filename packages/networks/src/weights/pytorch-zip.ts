/** The files of PyTorch 1.6 and later: a zip archive with the pickle in `data.pkl` and each storage in `data/KEY`. */
import { crc32 } from 'node:zlib';
import { DataError } from '@adfw/core';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { type PyTorchFile, stateDictRules } from './pytorch-pickle.js';
import { LONGEST_PICKLE, unpickle } from './unpickle.js';

const MOST_ENTRIES = 100_000;

/** @throws DataError for an archive that is damaged or not PyTorch's. */
export async function openZip(path: string): Promise<PyTorchFile> {
  const zip = await wrapErrors(path, openPromise(path, { autoClose: false }));
  try {
    const entries = await wrapErrors(path, listEntries(path, zip));
    const pickles = [...entries.keys()].filter((name) => /^([^/]+\/)?data\.pkl$/.test(name));
    const [pickleName] = pickles;
    if (pickleName === undefined || pickles.length > 1)
      throw new DataError(
        `${path} is a zip archive, but not one that torch.save writes: it holds ${pickles.length} files "data.pkl" and should hold one.`,
      );
    const folder = pickleName.slice(0, -'data.pkl'.length);
    const pickle = entries.get(pickleName) as Entry;
    if (pickle.uncompressedSize > LONGEST_PICKLE)
      throw new DataError(
        `${path} cannot be read: its data.pkl has ${pickle.uncompressedSize} bytes, and ${LONGEST_PICKLE} are allowed for a state dict.`,
      );
    const byteOrder = entries.get(`${folder}byteorder`);
    if (byteOrder && (await text(path, zip, byteOrder)) !== 'little')
      throw new DataError(
        `${path} was written on a big-endian machine; save it again on a little-endian one.`,
      );
    return {
      root: unpickle(await readEntry(path, zip, pickle), stateDictRules(path), path).value,
      readStorage({ key, type, length }) {
        const entry = entries.get(`${folder}data/${key}`);
        const size = length * type.bytesPerElement;
        if (entry?.uncompressedSize !== size)
          throw new DataError(
            `${path} is damaged: storage "${key}" should have ${size} bytes, and ${
              entry ? `has ${entry.uncompressedSize}` : 'is missing'
            }.`,
          );
        return readEntry(path, zip, entry);
      },
      close: async () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function listEntries(path: string, zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  for await (const entry of zip.eachEntry()) {
    if (entries.has(entry.fileName))
      throw new DataError(`${path} is damaged: it holds "${entry.fileName}" twice.`);
    if (entries.size === MOST_ENTRIES)
      throw new DataError(`${path} cannot be read: it holds more than ${MOST_ENTRIES} files.`);
    entries.set(entry.fileName, entry);
  }
  return entries;
}

/** The caller has checked that `uncompressedSize` is a size it can take; yauzl stops where the data exceed it. */
async function readEntry(path: string, zip: ZipFile, entry: Entry): Promise<Uint8Array<ArrayBuffer>> {
  if (!entry.canDecodeFileData())
    throw new DataError(
      `${path} cannot be read: "${entry.fileName}" is encrypted or compressed in a rare way.`,
    );
  const bytes = new Uint8Array(entry.uncompressedSize);
  const read = async () => {
    let position = 0;
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      bytes.set(chunk as Uint8Array, position);
      position += (chunk as Uint8Array).length;
    }
  };
  await wrapErrors(path, read());
  if (crc32(bytes) !== entry.crc32)
    throw new DataError(
      `${path} is damaged: the checksum of "${entry.fileName}" is wrong. Get the file again.`,
    );
  return bytes;
}

async function text(path: string, zip: ZipFile, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > 100) return '';
  return new TextDecoder().decode(await readEntry(path, zip, entry)).trim();
}

/** What yauzl and zlib throw, as an error that names the file. */
async function wrapErrors<T>(path: string, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw new DataError(
      `${path} is not a readable zip archive (${(error as Error).message}); it may be truncated. Get the file again.`,
      { cause: error },
    );
  }
}
