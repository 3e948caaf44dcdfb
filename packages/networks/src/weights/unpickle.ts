/**
 * Reads the part of Python's pickle format (protocol 2) that plain data need: numbers, strings, tuples, lists, dictionaries,
 * and the few globals a caller names. A pickle is a program that may call anything Python can import; here it can call nothing
 * but the functions it was given, and everything else is refused by name.
 */
import { type PickleBytes, pickleBytes } from './pickle-bytes.js';
import { type PickleStack, pickleStack } from './pickle-stack.js';

/** What a pickle may ask for beyond plain data. */
export interface PickleRules {
  /**
   * By Python's name (`collections.OrderedDict`): a function, which the pickle may call (it is given the tuple of arguments), or
   * any other value, which it may only pass on.
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

/** What operations work on. */
interface Machine {
  readonly bytes: PickleBytes;
  readonly stack: PickleStack;
  /** Values that are referred to again, by the numbers under which they were stored. */
  readonly memo: Map<number, unknown>;
  readonly rules: PickleRules;
}

/**
 * @param source the file's name, for error messages.
 * @throws DataError for a pickle that is damaged or asks for something it may not have.
 */
export function unpickle(pickle: Uint8Array, rules: PickleRules, source: string): Unpickled {
  const bytes: PickleBytes = pickleBytes(pickle, source);
  const stack = pickleStack(bytes);
  const machine: Machine = { bytes, stack, memo: new Map(), rules };
  for (;;) {
    const code = bytes.uint8();
    if (code === STOP) return { value: stack.pop(), end: bytes.position() };
    const operation = operations.get(code);
    if (!operation)
      bytes.fail(`it uses the operation 0x${code.toString(16).padStart(2, '0')}, which weights do not need`);
    operation(machine);
  }
}

type Operation = (machine: Machine) => void;

/** Pushes what it gives. */
const pushing =
  (value: (machine: Machine) => unknown): Operation =>
  (machine) =>
    machine.stack.push(value(machine));

const NONE = pushing(() => null);
const NEWTRUE = pushing(() => true);
const NEWFALSE = pushing(() => false);
const BININT1 = pushing(({ bytes }) => bytes.uint8());
const BININT2 = pushing(({ bytes }) => bytes.uint16());
const BININT = pushing(({ bytes }) => bytes.int32());
const LONG1 = pushing(({ bytes }) => bytes.integer(bytes.uint8()));
const BINFLOAT = pushing(({ bytes }) => bytes.float64());
const BINUNICODE = pushing(({ bytes }) => bytes.text(bytes.uint32()));

const MARK: Operation = ({ stack }) => stack.mark();
const EMPTY_TUPLE = pushing(() => []);
const TUPLE1 = pushing(({ stack }) => stack.popTuple(1));
const TUPLE2 = pushing(({ stack }) => stack.popTuple(2));
const TUPLE3 = pushing(({ stack }) => stack.popTuple(3));
const TUPLE = pushing(({ stack }) => stack.popMarked());
const EMPTY_LIST = pushing(() => []);
const APPEND: Operation = (machine) => append(machine, [machine.stack.pop()]);
const APPENDS: Operation = (machine) => append(machine, machine.stack.popMarked());
const EMPTY_DICT = pushing(() => new Map());
const SETITEM: Operation = (machine) => setItems(machine, machine.stack.popTuple(2));
const SETITEMS: Operation = (machine) => setItems(machine, machine.stack.popMarked());

const BINPUT: Operation = ({ bytes, stack, memo }) => memo.set(bytes.uint8(), stack.top());
const LONG_BINPUT: Operation = ({ bytes, stack, memo }) => memo.set(bytes.uint32(), stack.top());
const BINGET = pushing((machine) => recall(machine, machine.bytes.uint8()));
const LONG_BINGET = pushing((machine) => recall(machine, machine.bytes.uint32()));

const GLOBAL = pushing((machine) => global(machine, `${machine.bytes.line()}.${machine.bytes.line()}`));
const REDUCE = pushing(call);
const BUILD: Operation = skipAttributes;
const BINPERSID = pushing((machine) => persistent(machine, machine.stack.pop()));

const PROTO: Operation = ({ bytes }) => {
  const protocol = bytes.uint8();
  if (protocol !== 2)
    bytes.fail(`it is pickled with protocol ${protocol}, and only protocol 2, PyTorch's default, is read`);
};
const STOP = 0x2e;

/** All that are known, by their codes; the names are Python's. */
const operations: ReadonlyMap<number, Operation> = new Map([
  [0x80, PROTO],
  [0x4e, NONE],
  [0x88, NEWTRUE],
  [0x89, NEWFALSE],
  [0x4b, BININT1],
  [0x4d, BININT2],
  [0x4a, BININT],
  [0x8a, LONG1],
  [0x47, BINFLOAT],
  [0x58, BINUNICODE],
  [0x28, MARK],
  [0x29, EMPTY_TUPLE],
  [0x85, TUPLE1],
  [0x86, TUPLE2],
  [0x87, TUPLE3],
  [0x74, TUPLE],
  [0x5d, EMPTY_LIST],
  [0x61, APPEND],
  [0x65, APPENDS],
  [0x7d, EMPTY_DICT],
  [0x73, SETITEM],
  [0x75, SETITEMS],
  [0x71, BINPUT],
  [0x72, LONG_BINPUT],
  [0x68, BINGET],
  [0x6a, LONG_BINGET],
  [0x63, GLOBAL],
  [0x52, REDUCE],
  [0x62, BUILD],
  [0x51, BINPERSID],
]);

function append({ bytes, stack }: Machine, items: readonly unknown[]): void {
  const last = stack.last();
  const list: unknown[] = Array.isArray(last)
    ? last
    : bytes.fail('it appends to something that is not a list');
  for (const item of items) list.push(item);
}

function setItems({ bytes, stack }: Machine, items: readonly unknown[]): void {
  const last = stack.last();
  const dictionary: Map<unknown, unknown> =
    last instanceof Map ? last : bytes.fail('it sets an item of something that is not a dictionary');
  if (items.length % 2) bytes.fail('a key of a dictionary lacks its value');
  for (let index = 0; index < items.length; index += 2) dictionary.set(items[index], items[index + 1]);
}

const recall = ({ bytes, memo }: Machine, index: number): unknown =>
  memo.has(index) ? memo.get(index) : bytes.fail(`it refers to value ${index}, which it has not stored`);

const global = ({ bytes, rules }: Machine, name: string): unknown =>
  rules.globals.has(name)
    ? rules.globals.get(name)
    : bytes.fail(
        `it asks for the Python object "${name}", which a file of weights has no use for; nothing was run. Save the weights alone: torch.save(model.state_dict(), FILE)`,
      );

function call({ bytes, stack }: Machine): unknown {
  const [callable, parameters] = stack.popTuple(2);
  if (typeof callable !== 'function' || !Array.isArray(parameters))
    return bytes.fail('it calls something that is not a function');
  return callable(parameters);
}

/** Python restores the attributes of an object here. Only dictionaries get this far, and theirs say nothing of weights. */
function skipAttributes({ bytes, stack }: Machine): void {
  stack.pop();
  if (!(stack.last() instanceof Map)) bytes.fail('it sets attributes of something that is not a dictionary');
}

const persistent = ({ bytes, rules }: Machine, id: unknown): unknown =>
  rules.persistent ? rules.persistent(id) : bytes.fail('it refers to data outside of it');
