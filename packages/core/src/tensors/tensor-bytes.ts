/** Named tfjs tensors as the bytes of a safetensors file. */
import { type Tensor, tensor } from '@tensorflow/tfjs-core';
import { DataError } from '../contracts/errors.js';
import { parseSafetensors, serializeSafetensors } from './safetensors.js';

/** The bytes of a safetensors file with these float32 tensors. */
export async function tensorBytes(
  tensors: Readonly<Record<string, Tensor>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const entries = await Promise.all(
    Object.entries(tensors).map(async ([name, value]) => {
      const data = (await value.data()) as Float32Array;
      return [name, { dtype: 'F32', shape: value.shape, data }] as const;
    }),
  );
  return serializeSafetensors(Object.fromEntries(entries));
}

/**
 * The tensors of a safetensors file; the caller disposes them.
 * @param source what the bytes are, for error messages: the file's name.
 * @throws DataError where it is damaged, or holds anything but float32 numbers.
 */
export function parseTensors(bytes: Uint8Array, source: string): Record<string, Tensor> {
  const entries = Object.entries(parseSafetensors(bytes, source).tensors);
  const other = entries.find(([, { dtype }]) => dtype !== 'F32');
  if (other)
    throw new DataError(
      `${source} is not a file of this program: "${other[0]}" is ${other[1].dtype}, not F32.`,
    );
  return Object.fromEntries(
    entries.map(([name, { data, shape }]) => [name, tensor(data as Float32Array, [...shape], 'float32')]),
  );
}
