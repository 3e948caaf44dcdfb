/** Named tfjs tensors as a safetensors file. */
import { readFile } from 'node:fs/promises';
import { DataError, parseSafetensors, serializeSafetensors, tf } from '@adfw/core';

/** The bytes of a safetensors file with these float32 tensors. */
export async function tensorBytes(tensors: Readonly<Record<string, tf.Tensor>>): Promise<Uint8Array> {
  const entries = await Promise.all(
    Object.entries(tensors).map(async ([name, tensor]) => {
      const data = (await tensor.data()) as Float32Array;
      return [name, { dtype: 'F32', shape: tensor.shape, data }] as const;
    }),
  );
  return serializeSafetensors(Object.fromEntries(entries));
}

/**
 * The tensors of a safetensors file; the caller disposes them.
 * @throws DataError that names the file when it cannot be read, is damaged, or holds anything but float32 numbers.
 */
export async function readTensors(path: string): Promise<Record<string, tf.Tensor>> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new DataError(`${path} cannot be read (${error.code}).`, { cause: error });
  });
  const { tensors } = parseSafetensors(bytes, path);
  const entries = Object.entries(tensors);
  const other = entries.find(([, { dtype }]) => dtype !== 'F32');
  if (other)
    throw new DataError(
      `${path} is not a file of this program: "${other[0]}" is ${other[1].dtype}, not F32.`,
    );
  return Object.fromEntries(
    entries.map(([name, { data, shape }]) => [name, tf.tensor(data as Float32Array, [...shape], 'float32')]),
  );
}
