/** Values of JSON documents that come from people: read without trusting them, merged, and shown in messages. */

export type JsonRecord = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The keys and indices that lead to a value of a document. */
export type Keys = readonly (string | number)[];

/** `$.model.students`, `$.model.layers[0]`, `$["two words"]`. */
export const jsonPath = (keys: Keys): string =>
  keys.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    return /^[\w$-]+$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
  }, '$');

export const hasKeys = (value: unknown, keys: Keys): boolean => {
  const [first, ...rest] = keys;
  if (first === undefined) return true;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, first)) return false;
  return hasKeys((value as Record<string | number, unknown>)[first], rest);
};

/** What is there under these keys; undefined where nothing is. */
export const valueAt = (value: unknown, keys: Keys): unknown =>
  keys.reduce<unknown>(
    (within, key) =>
      typeof within === 'object' && within !== null && Object.hasOwn(within, key)
        ? (within as Record<string | number, unknown>)[key]
        : undefined,
    value,
  );

/** Objects are merged key by key; anything else that is higher replaces what is lower. */
export function mergeJson(lower: unknown, higher: unknown): unknown {
  if (!isRecord(lower) || !isRecord(higher)) return higher;
  const merged = Object.entries(higher).map(([key, value]) => [
    key,
    Object.hasOwn(lower, key) ? mergeJson(lower[key], value) : value,
  ]);
  return { ...lower, ...Object.fromEntries(merged) };
}

/** A value as it is written in JSON, cut where it is long; what JSON cannot hold is named. */
export function showJson(value: unknown): string {
  if (value === undefined || typeof value === 'number') return String(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint' || typeof value === 'symbol') return `a ${typeof value}`;
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

const deepest = 64;

/**
 * A copy of a value that holds nothing but JSON: keys whose value is undefined are left out, as is what JSON cannot hold, for
 * which `refuse` is called. The key `__proto__` is refused, since assigning it changes what an object is.
 */
export function readJson(
  value: unknown,
  refuse: (keys: Keys, message: string) => void,
  keys: Keys = [],
): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) refuse(keys, `must be a finite number; found ${value}`);
    return value;
  }
  if (keys.length > deepest) {
    refuse(keys, `is nested more than ${deepest} levels deep`);
    return undefined;
  }
  if (Array.isArray(value)) return value.map((item, index) => readJson(item, refuse, [...keys, index]));
  if (!isPlainObject(value)) {
    refuse(
      keys,
      `must be a JSON value; found ${typeof value === 'object' ? 'an instance of a class' : showJson(value)}`,
    );
    return undefined;
  }
  const entries = Object.entries(value).flatMap(([key, child]) => {
    if (key === '__proto__') {
      refuse([...keys, key], 'is not a key that a document may use');
      return [];
    }
    const read = child === undefined ? undefined : readJson(child, refuse, [...keys, key]);
    return read === undefined ? [] : [[key, read] as const];
  });
  return Object.fromEntries(entries);
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  // A module namespace and an object of another realm are as plain as a literal.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
