/** The JSON Schema of {@link AuditReport}: what `adfw data --json` prints. */
import type { JsonSchema } from '@adfw/core';

const text = { type: 'string' } as const;
const number = { type: 'number' } as const;
const share = { type: 'number', minimum: 0, maximum: 1 } as const;
const whole = { type: 'integer', minimum: 0 } as const;
const flag = { type: 'boolean' } as const;
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const texts = list(text);
const orNull = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { type: 'null' }] });

/** All properties are always there; later versions may have more. */
const record = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});

const split = { enum: ['train', 'validation', 'test', 'unlabelled'] };
const counts = record({
  train: whole,
  validation: whole,
  testGood: whole,
  testDefective: whole,
  unlabelled: whole,
});
const maskedImages = list(record({ id: text, files: texts, share }));

const masks = record({
  masked: whole,
  withoutImage: texts,
  missing: texts,
  otherSize: list(record({ id: text, file: text, fault: text })),
  empty: maskedImages,
  ofNominal: maskedImages,
  nearlyFull: maskedImages,
  remarks: list(record({ remark: text, masks: whole, first: text })),
});

const duplicates = record({
  total: whole,
  pairs: list(
    record({
      one: text,
      other: text,
      kind: { enum: ['train-test', 'contradictory', 'train', 'test'] },
      exact: flag,
      similarity: number,
    }),
  ),
});

const estimate = record({
  method: text,
  images: record({ train: whole, heldOut: whole, scored: whole }),
  tiles: whole,
  batchSize: whole,
  stages: list(record({ name: text, epochs: orNull(whole), steps: orNull(whole), seconds: number })),
  featurePasses: whole,
  seconds: record({ reading: number, fitting: number, scoring: orNull(number) }),
  cache: record({ images: number, features: number, limit: number }),
  notes: texts,
});

const contents = record({
  name: text,
  category: orNull(text),
  counts,
  kinds: list(
    record({ split, kind: orNull(text), images: whole, groups: orNull(whole), views: orNull(whole) }),
  ),
  files: record({
    bytes: whole,
    sizes: list(record({ width: whole, height: whole, images: whole })),
    formats: list(record({ format: text, images: whole })),
    samples: list(
      record({
        colors: { enum: ['grey', 'RGB', 'CMYK', 'palette', 'other'] },
        alpha: flag,
        bits: whole,
        images: whole,
      }),
    ),
    remarks: list(record({ remark: text, images: whole, first: text })),
    trainRange: orNull({ type: 'array', items: whole, minItems: 2, maxItems: 2 }),
  }),
  unreadable: list(
    record({ id: text, split, what: { enum: ['image', 'mask'] }, file: orNull(text), fault: text }),
  ),
  leftOut: record({ count: whole, kinds: { type: 'object', additionalProperties: whole }, files: texts }),
  masks,
  duplicates,
  suspicious: orNull(
    record({
      network: text,
      compared: whole,
      median: number,
      images: list(record({ id: text, score: number })),
    }),
  ),
  estimate: orNull(estimate),
});

export const auditReportSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'What adfw data finds',
  ...record({
    format: { const: 'adfw-data' },
    version: { const: 1 },
    usable: flag,
    errors: texts,
    warnings: texts,
    notes: texts,
    layout: record({
      dataset: orNull(text),
      by: { enum: ['folder', 'request'] },
      fits: flag,
      options: { type: 'object' },
      flags: texts,
    }),
    categories: orNull(list(record({ name: text, counts: orNull(counts), fault: orNull(text) }))),
    contents: orNull(contents),
  }),
};
