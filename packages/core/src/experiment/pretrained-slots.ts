import { isRecord } from '../plugins/json.js';
import { listParts, type Registry } from '../plugins/registry.js';
import { isSlot } from './slots.js';

/** The options of a model in which a pretrained network stands, as `backbone`; none for a model that is not registered. */
export function pretrainedSlots(registry: Registry, model: unknown): string[] {
  const type = isRecord(model) ? model.type : undefined;
  const part = listParts(registry, 'model').find(({ part }) => part.name === type)?.part;
  return Object.entries(part?.options ?? {}).flatMap(([name, schema]) =>
    isSlot(schema) && schema.pretrained ? [name] : [],
  );
}
