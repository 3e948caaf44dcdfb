/** `GET /models`, and `GET /model` for the first: what is served. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpError } from '../http-error.js';
import { modelParameter, modelSchema, modelsSchema, namedModelSchema } from '../predict/api-schema.js';
import type { ModelSlot } from './model-slot.js';

export function addModelRoutes(app: FastifyInstance, slots: readonly ModelSlot[]): void {
  const validatorCompiler = () => () => true;
  app.get('/model', { schema: modelSchema }, () => aboutModel(slots[0] as ModelSlot));
  app.get('/models', { schema: modelsSchema }, () => ({ models: slots.map(aboutModel) }));
  const schema = { ...namedModelSchema, params: modelParameter };
  // A name that there is not is told in words.
  app.get('/models/:model', { schema, validatorCompiler }, (request) => aboutModel(slotOf(slots, request)));
}

/**
 * The model that a request names, or the first one where it names none.
 * @throws HttpError with 404 where there is none of that name.
 */
export function slotOf(slots: readonly ModelSlot[], { params }: FastifyRequest): ModelSlot {
  const { model } = (params ?? {}) as { model?: string };
  const found = model === undefined ? slots[0] : slots.find(({ name }) => name === model);
  if (found) return found;
  const names = slots.map(({ name }) => `"${name}"`).join(', ');
  throw new HttpError(404, 'unknown-model', `There is no model "${model}" here; there are ${names}.`);
}

function aboutModel({ name, current, isStale }: ModelSlot) {
  const { model, threshold, hasMaps, limits, since } = current;
  const { experiment, imageSize, mapRange } = model.manifest;
  // Without one the model was fitted to images that were given one by one.
  const { category, root, type } = (experiment.dataset ?? {}) as {
    category?: unknown;
    root?: unknown;
    type?: unknown;
  };
  // Not the path of a folder of this machine: its last part.
  const folder = typeof root === 'string' ? (root.split(/[\\/]/).filter(Boolean).at(-1) ?? null) : null;
  return {
    name,
    method: experiment.method,
    dataset: typeof category === 'string' ? category : (folder ?? (typeof type === 'string' ? type : null)),
    imageSize,
    threshold,
    hasMaps,
    mapRange,
    engine: model.engine,
    limits,
    since: since.toISOString(),
    isStale,
  };
}
