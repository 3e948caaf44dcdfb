import { type Tensor, tensor } from '@tensorflow/tfjs-core';
import { parseSafetensors, serializeSafetensors } from '../tensors/safetensors.js';
import { peekAll } from './reading.js';

/** What is read back of tensors that were written as a model's are; the caller disposes them. */
export async function savedCopy(tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
  const readings = Object.entries(await peekAll(tensors));
  const bytes = serializeSafetensors(
    Object.fromEntries(
      readings.map(([name, { shape, values }]) => [name, { dtype: 'F32', shape, data: values }]),
    ),
  );
  return Object.fromEntries(
    Object.entries(parseSafetensors(bytes).tensors).map(([name, { data, shape }]) => [
      name,
      tensor(data as Float32Array, [...shape], 'float32'),
    ]),
  );
}
