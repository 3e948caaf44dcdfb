/** What the pickle of a PyTorch state dict means: tensors, which are views of storages kept outside of the pickle. */
import { bfloat16ToFloat32, DataError, float16ToFloat32 } from '@adfw/core';
import type { PickleRules } from './unpickle.js';

export type ToFloat32 = (bytes: Uint8Array<ArrayBuffer>) => Float32Array;

export interface StorageType {
  readonly kind: 'storage type';
  readonly name: string;
  readonly bytesPerElement: number;
  /** Null for types that are not floating point. */
  readonly toFloat32: ToFloat32 | null;
}

/** A run of numbers of one type. */
export interface Storage {
  readonly kind: 'storage';
  readonly key: string;
  readonly type: StorageType;
  /** In numbers, not bytes. */
  readonly length: number;
}

/** A tensor: where its numbers lie in a storage. Offset and strides count numbers. */
export interface TensorView {
  readonly kind: 'tensor';
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** A file that is open: what its pickle holds, and the numbers of storages on request. */
export interface PyTorchFile {
  readonly root: unknown;
  /** @throws DataError where the storage is missing, damaged or of another size. */
  readStorage(storage: Storage): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

const storageType = (
  name: string,
  bytesPerElement: number,
  toFloat32: StorageType['toFloat32'] = null,
): [string, StorageType] => [`torch.${name}`, { kind: 'storage type', name, bytesPerElement, toFloat32 }];

const storageTypes = [
  storageType('FloatStorage', 4, ({ buffer }) => new Float32Array(buffer)),
  storageType('DoubleStorage', 8, ({ buffer }) => Float32Array.from(new Float64Array(buffer))),
  storageType('HalfStorage', 2, ({ buffer }) => float16ToFloat32(new Uint16Array(buffer))),
  storageType('BFloat16Storage', 2, ({ buffer }) => bfloat16ToFloat32(new Uint16Array(buffer))),
  storageType('LongStorage', 8),
  storageType('IntStorage', 4),
  storageType('ShortStorage', 2),
  storageType('CharStorage', 1),
  storageType('ByteStorage', 1),
  storageType('BoolStorage', 1),
];

/** The globals and references that state dicts are made of, and nothing else. */
export function stateDictRules(source: string): PickleRules {
  const fail = (what: string): never => {
    throw new DataError(`${source} cannot be read: ${what}.`);
  };
  return {
    globals: new Map<string, unknown>([
      ...storageTypes,
      [
        'collections.OrderedDict',
        ([items]: unknown[]) =>
          items === undefined ? new Map() : fail('it builds an OrderedDict in a way PyTorch does not'),
      ],
      ['torch._utils._rebuild_tensor_v2', (parameters: unknown[]) => tensorView(parameters, fail)],
      [
        'torch._utils._rebuild_parameter',
        ([tensor]: unknown[]) => (isTensorView(tensor) ? tensor : fail('a parameter in it is not a tensor')),
      ],
    ]),
    persistent: (id) => storage(id, fail),
  };
}

type Fail = (what: string) => never;

/** ('storage', type, key, device, length); files before PyTorch 1.6 add the part of the storage that is viewed, always None. */
function storage(id: unknown, fail: Fail): Storage {
  if (!Array.isArray(id) || id[0] !== 'storage') return fail('it refers to something that is not a storage');
  const [, type, key, , length, part = null] = id as unknown[];
  if (
    !isKind<StorageType>(type, 'storage type') ||
    typeof key !== 'string' ||
    !isCount(length) ||
    part !== null
  )
    return fail('it refers to a storage in a way that is not known');
  return { kind: 'storage', key, type, length };
}

/** (storage, offset, shape, strides, requires_grad, hooks) */
function tensorView([storage, offset, shape, strides]: unknown[], fail: Fail): TensorView {
  if (
    !isKind<Storage>(storage, 'storage') ||
    !isCount(offset) ||
    !isCounts(shape) ||
    !isCounts(strides) ||
    shape.length !== strides.length
  )
    return fail('a tensor in it is not described by a storage, an offset, a shape and strides');
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * (strides[axis] as number), offset);
  if (!shape.includes(0) && last >= storage.length)
    fail(
      `a tensor [${shape.join(', ')}] reaches to number ${last} of storage "${storage.key}", which has ${storage.length}`,
    );
  return { kind: 'tensor', storage, offset, shape, strides };
}

/**
 * The tensors of a state dict by name. It may be the whole pickle or lie under a name that training scripts give it in a
 * checkpoint; what is not a tensor is left out.
 */
export function stateDictTensors(root: unknown): Map<string, TensorView> {
  const nested =
    root instanceof Map ? ['state_dict', 'model_state_dict', 'model'].map((name) => root.get(name)) : [];
  const dictionary = nested.find((value) => value instanceof Map) ?? root;
  const entries = dictionary instanceof Map ? [...dictionary] : [];
  return new Map(
    entries.filter(
      (entry): entry is [string, TensorView] => typeof entry[0] === 'string' && isTensorView(entry[1]),
    ),
  );
}

/** The numbers of a tensor in the order of its shape; they may share memory with those of the storage. */
export function gather({ offset, shape, strides }: TensorView, numbers: Float32Array): Float32Array {
  const size = shape.reduce((product, length) => product * length, 1);
  const isContiguous = shape.every(
    (length, axis) =>
      length === 1 || strides[axis] === shape.slice(axis + 1).reduce((product, inner) => product * inner, 1),
  );
  if (isContiguous) return numbers.subarray(offset, offset + size);
  const result = new Float32Array(size);
  const index = shape.map(() => 0);
  let at = offset;
  for (let position = 0; position < size; position++) {
    result[position] = numbers[at] as number;
    // The next index: the last axis that is not at its end goes one further, and those after it start again.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis] as number;
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      at -= (strides[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
  return result;
}

const isKind = <T extends { kind: string }>(value: unknown, kind: T['kind']): value is T =>
  typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === kind;
const isTensorView = (value: unknown): value is TensorView => isKind<TensorView>(value, 'tensor');
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);
