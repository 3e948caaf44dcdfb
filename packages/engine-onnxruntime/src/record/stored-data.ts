import { type Layout, rowMajor } from '../layout.js';
import { arrayOf, type DataTypeName, type NumericArray } from '../types.js';

/** Data on the host, in some layout of the value's shape. */
export interface StoredData {
  readonly array: NumericArray;
  readonly layout: Layout;
  /** The number that all of many elements are, so that it can be written into the graph. */
  readonly uniform: number | null;
}

/** From this size on, data that are all zeros or all ones (tfjs makes them for gradients) are written into the graph. */
const UNIFORM_DATA_SIZE = 1024;

/** Elements in tfjs's order, which may change from run to run. */
export const ordinaryData = (array: NumericArray, rank: number): StoredData => ({
  array,
  layout: rowMajor(rank),
  uniform: null,
});

/** Elements in tfjs's order, as a tensor is made of them: in an array of its type they aren't copied. */
export function givenData(dtype: DataTypeName, rank: number, values: ArrayLike<number>): StoredData {
  const array = typedArray(dtype, values);
  return { array, layout: rowMajor(rank), uniform: uniformNumber(array) };
}

function typedArray(dtype: DataTypeName, values: ArrayLike<number>): NumericArray {
  if (dtype === 'float32' && values instanceof Float32Array) return values;
  if (dtype === 'int32' && values instanceof Int32Array) return values;
  if (dtype === 'bool' && values instanceof Uint8Array) return values;
  return arrayOf(dtype, values);
}

/** 0 or 1 when there are many elements and all of them are that number. */
function uniformNumber(array: NumericArray): 0 | 1 | null {
  const [first] = array;
  if (array.length < UNIFORM_DATA_SIZE || (first !== 0 && first !== 1)) return null;
  // A loop takes a fifth of the time of `every`.
  for (let i = 1; i < array.length; i++) if (array[i] !== first) return null;
  return first;
}
