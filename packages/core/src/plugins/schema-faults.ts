/**
 * What ajv found wrong, in words that a person can act on: one fault for each faulty value, which says what the value must be,
 * what was found, and the nearest right name.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { ConfigurationError, type Fault } from '../contracts/errors.js';
import type { JsonSchema } from '../contracts/part.js';
import { isRecord, jsonPath, type Keys, showJson } from './json.js';
import { nearestName } from './nearest-name.js';

/** A fault of a JSON document, with the place it is at and the schema keyword that was not met. */
export interface SchemaFault extends Fault {
  keys: Keys;
  keyword: string;
}

let ajv: Ajv2020 | undefined;
const compiled = new WeakMap<JsonSchema, ValidateFunction>();

/**
 * Compiles the schema of an experiment or of an option: strictly, and with `format: 'path'` known.
 * @throws Error where it is not a JSON Schema (draft 2020-12), or has a keyword that is none.
 */
export function compileSchema(schema: JsonSchema): ValidateFunction {
  const known = compiled.get(schema);
  if (known) return known;
  // One for all, since the first compilation takes a twentieth of a second; and made late, for those who never need it.
  ajv ??= new Ajv2020({
    allErrors: true,
    verbose: true,
    discriminator: true,
    // A kind's alternatives are compiled once, not again wherever one of them is used.
    inlineRefs: false,
    // An option may be called like something that every object inherits.
    ownProperties: true,
    strict: true,
    strictTypes: false,
    logger: false,
    // An empty path would mean the working directory, and is what an unset variable of a shell gives.
    formats: { path: (path: string) => path !== '' },
  });
  try {
    const validate = ajv.compile(schema);
    compiled.set(schema, validate);
    return validate;
  } finally {
    // ajv would keep it for ever.
    ajv.removeSchema(schema);
  }
}

/** What `document` has that the schema forbids, at most one fault for each place in it. */
export function schemaFaults(schema: JsonSchema, document: unknown): SchemaFault[] {
  const validate = compileSchema(schema);
  if (validate(document)) return [];
  const errors = validate.errors ?? [];
  const alternatives = errors.filter(({ keyword }) => keyword === 'anyOf' || keyword === 'oneOf');
  const byPath = new Map<string, SchemaFault>();
  for (const error of errors) {
    // Why each alternative was not met is noise beside the list of alternatives, but where one was meant; `if` repeats what its branch found.
    if (error.keyword === 'if' || meant(error, errors) !== null) continue;
    if (alternatives.some((among) => isInside(error, among) && !isInside(error, meant(among, errors))))
      continue;
    const fault = faultOf(error, document);
    if (!byPath.has(fault.path)) byPath.set(fault.path, fault);
  }
  return [...byPath.values()];
}

const isInside = ({ schemaPath }: ErrorObject, of: { readonly schemaPath: string } | null): boolean =>
  of !== null && schemaPath.startsWith(`${of.schemaPath}/`);

/** Of alternatives none of which was met, the one that what was found is but for something inside of it; null where it is none, or several. */
function meant(among: ErrorObject, errors: readonly ErrorObject[]): { readonly schemaPath: string } | null {
  if (among.keyword !== 'anyOf' && among.keyword !== 'oneOf') return null;
  const { schemaPath, instancePath } = among;
  const inside = errors.filter((error) => isInside(error, among));
  const paths = new Set(
    inside.map((error) => `${schemaPath}/${error.schemaPath.slice(schemaPath.length + 1).split('/')[0]}`),
  );
  const deeper = [...paths].filter((path) =>
    inside.every(
      (error) => !isInside(error, { schemaPath: path }) || error.instancePath.length > instancePath.length,
    ),
  );
  return deeper.length === 1 ? { schemaPath: deeper[0] as string } : null;
}

function faultOf(error: ErrorObject, document: unknown): SchemaFault {
  const at = keysOf(error.instancePath, document);
  const schema = error.parentSchema ?? {};
  const fault = (keys: Keys, message: string, suggestion?: string): SchemaFault => ({
    path: jsonPath(keys),
    message,
    ...(suggestion === undefined ? {} : { suggestion }),
    keys,
    keyword: error.keyword,
  });
  switch (error.keyword) {
    case 'additionalProperties': {
      const key: string = error.params.additionalProperty;
      const allowed = Object.keys(schema.properties ?? {});
      const list = allowed.length > 0 ? `allowed are ${allowed.join(', ')}` : 'nothing is allowed';
      return fault([...at, key], `is not known here; ${list}`, nearestName(key, allowed));
    }
    case 'required': {
      const key: string = error.params.missingProperty;
      const missing = schema.properties?.[key];
      const sentence =
        isRecord(missing) && typeof missing.description === 'string' ? missing.description : '';
      const description = sentence === '' ? '' : ` (${sentence.replace(/\.$/, '')})`;
      return fault([...at, key], `is missing; it must be ${describeSchema(missing)}${description}`);
    }
    case 'discriminator': {
      const { tag, tagValue } = error.params;
      const names = alternativeNames(schema, tag);
      const expected = `must be ${oneOf(names)}`;
      if (tagValue === undefined) return fault([...at, tag], `is missing; it ${expected}`);
      const nearest = typeof tagValue === 'string' ? nearestName(tagValue, names) : undefined;
      return fault([...at, tag], `${expected}; found ${showJson(tagValue)}`, nearest);
    }
    case 'uniqueItems': {
      const { i, j } = error.params;
      return fault(
        at,
        `must not repeat an item; items ${Math.min(i, j)} and ${Math.max(i, j)} are both ${showJson((error.data as unknown[])[i])}`,
      );
    }
    case 'not':
    case 'false schema':
      return fault(at, `is not allowed here${schema.description ? `: ${schema.description}` : ''}`);
    default: {
      const found = `found ${showJson(error.data)}`;
      return describedKeywords.has(error.keyword)
        ? fault(at, `must be ${describeSchema(schema)}; ${found}`, suggestionFor(error.data, schema))
        : fault(at, `${error.message}; ${found}`);
    }
  }
}

function suggestionFor(found: unknown, schema: JsonSchemaLike): string | undefined {
  if (typeof found !== 'string') return undefined;
  const tag = schema.discriminator?.propertyName;
  // "backbone": "resnet18" for {"type": "resnet18"}.
  if (tag !== undefined && alternativeNames(schema, tag).includes(found)) return showJson({ [tag]: found });
  const names = [schema, ...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap(
    ({ enum: values = [] }) => values,
  );
  return nearestName(
    found,
    names.filter((name) => typeof name === 'string'),
  );
}

// biome-ignore lint/suspicious/noExplicitAny: a schema that ajv has compiled; its keywords have the types JSON Schema gives them.
type JsonSchemaLike = Record<string, any>;

const alternativeNames = (schema: JsonSchemaLike, tag: string): string[] =>
  schema.oneOf.map((alternative: JsonSchemaLike) => alternative.properties[tag].const);

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? showJson(values[0]) : `one of ${values.map(showJson).join(', ')}`;

/** The keywords that {@link describeSchema} puts into words. */
const describedKeywords = new Set([
  'type',
  'enum',
  'const',
  'anyOf',
  'oneOf',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'pattern',
  'format',
  'minItems',
  'maxItems',
]);

/** What a value must be, as it follows "must be": `an integer >= 1`, `one of "sum", "mean"`, `a path or "imagenet"`. */
export function describeSchema(schema: unknown): string {
  if (!isRecord(schema)) return 'a value';
  const { type, anyOf, oneOf: alternatives = anyOf } = schema as JsonSchemaLike;
  if ('const' in schema) return showJson(schema.const);
  if (Array.isArray(schema.enum)) return oneOf(schema.enum);
  if (type !== undefined)
    return [type]
      .flat()
      .map((each) => describeType(each, schema))
      .join(' or ');
  if (Array.isArray(alternatives)) return alternatives.map(describeSchema).join(' or ');
  // A part, by a reference to the alternatives of its kind.
  if (typeof schema.$ref === 'string') return describeType('object', schema);
  return 'a value';
}

function describeType(type: string, schema: JsonSchemaLike): string {
  const example = schema.examples?.[0] === undefined ? '' : ` such as ${showJson(schema.examples[0])}`;
  switch (type) {
    case 'integer':
    case 'number': {
      const multiple = schema.multipleOf === undefined ? '' : ` that is a multiple of ${schema.multipleOf}`;
      return `${type === 'integer' ? 'an integer' : 'a number'}${bounds(schema)}${multiple}${example}`;
    }
    case 'string': {
      if (schema.format === 'path') return 'a path';
      if (example === '' && schema.pattern !== undefined) return `a string that matches ${schema.pattern}`;
      return `a ${schema.minLength > 0 ? 'non-empty ' : ''}string${example}`;
    }
    case 'array': {
      const { minItems, maxItems } = schema;
      const count =
        minItems === maxItems
          ? minItems
          : [minItems && `at least ${minItems}`, maxItems && `at most ${maxItems}`]
              .filter(Boolean)
              .join(' and ');
      const items = schema.items === undefined ? '' : `, each ${describeSchema(schema.items)}`;
      return `an array${count ? ` of ${count}` : ''}${items}${example}`;
    }
    case 'object': {
      const keys = Object.keys(schema.properties ?? {});
      return `an object${example || (keys.length > 0 ? ` with ${keys.join(', ')}` : '')}`;
    }
    case 'boolean':
      return 'true or false';
    default:
      return type;
  }
}

const bounds = ({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: JsonSchemaLike): string => {
  const texts = [
    minimum !== undefined && `>= ${minimum}`,
    exclusiveMinimum !== undefined && `> ${exclusiveMinimum}`,
    maximum !== undefined && `<= ${maximum}`,
    exclusiveMaximum !== undefined && `< ${exclusiveMaximum}`,
  ].filter((text) => text !== false);
  return texts.length > 0 ? ` ${texts.join(' and ')}` : '';
};

/** The keys of a JSON pointer into `document`; those of arrays are numbers. */
function keysOf(pointer: string, document: unknown): Keys {
  let value = document;
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => {
      const key = segment.replaceAll('~1', '/').replaceAll('~0', '~');
      const isIndex = Array.isArray(value);
      value = (value as Record<string, unknown>)[key];
      return isIndex ? Number(key) : key;
    });
}

/**
 * The error that refuses something for its faults: one sentence for one fault, a list for more.
 * @param subject what is refused, as in "The experiment".
 */
export function faultsError(subject: string, faults: readonly Fault[]): ConfigurationError {
  const lines = faults.map(describeFault);
  const message =
    lines.length === 1
      ? (lines[0] as string)
      : [`${subject} has ${lines.length} faults:`, ...lines.map((line) => `- ${line}`)].join('\n');
  return new ConfigurationError(message, faults);
}

function describeFault({ path, message, suggestion, source }: Fault): string {
  const from = source === undefined ? '' : `${source}: `;
  const hint = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
  return `${from}${path} ${message}.${hint}`;
}
