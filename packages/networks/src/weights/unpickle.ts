/**
 * Reads the part of Python's pickle format (protocol 2) that plain data need: numbers, strings, tuples, lists, dictionaries,
 * and the few globals a caller names. A pickle is a program that may call anything Python can import; here it can call nothing
 * but the functions it was given, and everything else is refused by name.
 */
import { DataError } from '@adfw/core';

/** What a pickle may ask for beyond plain data. */
export interface PickleRules {
  /**
   * By Python's name (`collections.OrderedDict`): a function, which the pickle may call (it is given the tuple of
   * arguments), or any other value, which
   * it may only pass on.
   */
  readonly globals: ReadonlyMap<string, unknown>;
  /** Turns a persistent id, a reference to something outside the pickle, into a value. */
  readonly persistent?: (id: unknown) => unknown;
}

export interface Unpickled {
  /** Tuples and lists are arrays, dictionaries are maps, `None` is null. */
  readonly value: unknown;
  /** The position after the pickle. */
  readonly end: number;
}

/**
 * The longest pickle that is read. Each of its bytes makes at most one value, so this bounds the memory as well; the state dict
 * of a ResNet-152 takes a tenth of it.
 */
export const LONGEST_PICKLE = 2 ** 20;

/** The operations that are known, by Python's names for them. */
const Operation = {
  PROTO: 0x80,
  STOP: 0x2e,
  NONE: 0x4e,
  NEWTRUE: 0x88,
  NEWFALSE: 0x89,
  BININT1: 0x4b,
  BININT2: 0x4d,
  BININT: 0x4a,
  LONG1: 0x8a,
  BINFLOAT: 0x47,
  BINUNICODE: 0x58,
  MARK: 0x28,
  EMPTY_TUPLE: 0x29,
  TUPLE1: 0x85,
  TUPLE2: 0x86,
  TUPLE3: 0x87,
  TUPLE: 0x74,
  EMPTY_LIST: 0x5d,
  APPEND: 0x61,
  APPENDS: 0x65,
  EMPTY_DICT: 0x7d,
  SETITEM: 0x73,
  SETITEMS: 0x75,
  BINPUT: 0x71,
  LONG_BINPUT: 0x72,
  BINGET: 0x68,
  LONG_BINGET: 0x6a,
  GLOBAL: 0x63,
  REDUCE: 0x52,
  BUILD: 0x62,
  BINPERSID: 0x51,
} as const;

/**
 * @param source the file's name, for error messages.
 * @throws DataError for a pickle that is damaged or asks for something it may not have.
 */
export function unpickle(bytes: Uint8Array, rules: PickleRules, source: string): Unpickled {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const memo = new Map<number, unknown>();
  let stack: unknown[] = [];
  /** The stacks below each mark. */
  const marked: unknown[][] = [];
  let position = 0;

  const fail: (what: string) => never = (what) => {
    throw new DataError(`${source} cannot be read: ${what} (byte ${position} of its pickle).`);
  };
  const take = (count: number): number => {
    const start = position;
    if (count > bytes.length - start) fail('it ends in the middle of a value; it may be truncated');
    position += count;
    return start;
  };
  const text = (length: number): string => {
    const start = take(length);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(start, position));
    } catch {
      return fail('a string is not UTF-8');
    }
  };
  const line = (): string => {
    const end = bytes.indexOf(0x0a, position);
    if (end < 0) fail('it ends in the middle of a name; it may be truncated');
    const value = text(end - position);
    position += 1;
    return value;
  };
  const pop = (): unknown => (stack.length ? stack.pop() : fail('its operations do not fit together'));
  const top = (): unknown => (stack.length ? stack.at(-1) : fail('its operations do not fit together'));
  const popTuple = (length: number): unknown[] => {
    if (stack.length < length) fail('its operations do not fit together');
    return stack.splice(stack.length - length);
  };
  const popMarked = (): unknown[] => {
    const items = stack;
    stack = marked.pop() ?? fail('its operations do not fit together');
    return items;
  };
  const recall = (index: number): unknown =>
    memo.has(index) ? memo.get(index) : fail(`it refers to value ${index}, which it has not stored`);
  const append = (items: unknown[]): void => {
    const list = stack.at(-1);
    if (!Array.isArray(list)) fail('it appends to something that is not a list');
    for (const item of items) list.push(item);
  };
  const setItems = (items: unknown[]): void => {
    const dictionary = stack.at(-1);
    if (!(dictionary instanceof Map)) fail('it sets an item of something that is not a dictionary');
    if (items.length % 2) fail('a key of a dictionary lacks its value');
    for (let index = 0; index < items.length; index += 2) dictionary.set(items[index], items[index + 1]);
  };
  const global = (name: string): unknown =>
    rules.globals.has(name)
      ? rules.globals.get(name)
      : fail(
          `it asks for the Python object "${name}", which a file of weights has no use for; nothing was run. Save the weights alone: torch.save(model.state_dict(), FILE)`,
        );
  const call = (): unknown => {
    const [callable, parameters] = popTuple(2);
    if (typeof callable !== 'function' || !Array.isArray(parameters))
      return fail('it calls something that is not a function');
    return callable(parameters);
  };
  /** Python restores the attributes of an object here. Only dictionaries get this far, and theirs say nothing of weights. */
  const skipAttributes = (): void => {
    pop();
    if (!(stack.at(-1) instanceof Map)) fail('it sets attributes of something that is not a dictionary');
  };
  const persistent = (id: unknown): unknown =>
    rules.persistent ? rules.persistent(id) : fail('it refers to data outside of it');

  for (;;) {
    const code = bytes[take(1)] as number;
    switch (code) {
      case Operation.PROTO: {
        const protocol = bytes[take(1)];
        if (protocol !== 2)
          fail(`it is pickled with protocol ${protocol}, and only protocol 2, PyTorch's default, is read`);
        break;
      }
      case Operation.STOP:
        return { value: pop(), end: position };

      case Operation.NONE:
        stack.push(null);
        break;
      case Operation.NEWTRUE:
        stack.push(true);
        break;
      case Operation.NEWFALSE:
        stack.push(false);
        break;
      case Operation.BININT1:
        stack.push(bytes[take(1)]);
        break;
      case Operation.BININT2:
        stack.push(view.getUint16(take(2), true));
        break;
      case Operation.BININT:
        stack.push(view.getInt32(take(4), true));
        break;
      case Operation.LONG1: {
        const length = bytes[take(1)] as number;
        const start = take(length);
        stack.push(littleEndian(bytes.subarray(start, position)));
        break;
      }
      case Operation.BINFLOAT:
        stack.push(view.getFloat64(take(8), false));
        break;
      case Operation.BINUNICODE:
        stack.push(text(view.getUint32(take(4), true)));
        break;

      case Operation.MARK:
        marked.push(stack);
        stack = [];
        break;
      case Operation.EMPTY_TUPLE:
        stack.push([]);
        break;
      case Operation.TUPLE1:
        stack.push(popTuple(1));
        break;
      case Operation.TUPLE2:
        stack.push(popTuple(2));
        break;
      case Operation.TUPLE3:
        stack.push(popTuple(3));
        break;
      case Operation.TUPLE: {
        const items = popMarked();
        stack.push(items);
        break;
      }
      case Operation.EMPTY_LIST:
        stack.push([]);
        break;
      case Operation.APPEND:
        append([pop()]);
        break;
      case Operation.APPENDS:
        append(popMarked());
        break;
      case Operation.EMPTY_DICT:
        stack.push(new Map());
        break;
      case Operation.SETITEM:
        setItems(popTuple(2));
        break;
      case Operation.SETITEMS:
        setItems(popMarked());
        break;

      case Operation.BINPUT:
        memo.set(bytes[take(1)] as number, top());
        break;
      case Operation.LONG_BINPUT:
        memo.set(view.getUint32(take(4), true), top());
        break;
      case Operation.BINGET:
        stack.push(recall(bytes[take(1)] as number));
        break;
      case Operation.LONG_BINGET:
        stack.push(recall(view.getUint32(take(4), true)));
        break;

      case Operation.GLOBAL:
        stack.push(global(`${line()}.${line()}`));
        break;
      case Operation.REDUCE:
        stack.push(call());
        break;
      case Operation.BUILD:
        skipAttributes();
        break;
      case Operation.BINPERSID:
        stack.push(persistent(pop()));
        break;

      default:
        fail(`it uses the operation 0x${code.toString(16).padStart(2, '0')}, which weights do not need`);
    }
  }
}

/** A two's complement integer of any length: a number where it is exact, else a bigint. */
function littleEndian(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index--)
    value = (value << 8n) | BigInt(bytes[index] as number);
  const integer = BigInt.asIntN(bytes.length * 8, value);
  return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
}
