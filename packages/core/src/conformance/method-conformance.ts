/** What must hold for a method: the experiment it is a preset of composes, and its model is one ({@link checkModel}). */

import type { Report } from '../contracts/kind.js';
import type { Method } from '../contracts/part.js';
import { compose } from '../experiment/compose.js';
import { imageSizeOf, resolveExperiment } from '../experiment/experiment.js';
import { isSlot, propertiesOf } from '../experiment/slots.js';
import { isRecord, type JsonRecord } from '../plugins/json.js';
import { listParts, type Registry } from '../plugins/registry.js';
import { checkModel } from './model-conformance.js';
import { tinyNetworkPart } from './tiny-network.js';
import { attempt } from './trial.js';

const epochs = 5;
const imageSize = [24, 32] as const;

/** @param settings a partial experiment, above the method's preset. */
export async function checkMethod(
  registry: Registry,
  { name, preset }: Method,
  settings: unknown,
  report: Report,
): Promise<void> {
  const experiment = await attempt(report, 'its experiment', () =>
    resolveExperiment({
      registry,
      layers: [
        { source: 'the kit', document: { method: name, ...tinySettings(registry, preset) } },
        { source: `the settings of method "${name}"`, document: settings },
      ],
    }),
  );
  const { height, width } = imageSizeOf(experiment);
  await checkModel({
    create: async ({ restoring = false } = {}) => {
      const { model } = await attempt(
        report,
        restoring ? 'composing it for a saved model' : 'composing it',
        () => compose(registry, experiment, { restoring }),
      );
      return model;
    },
    layers: [],
    imageSize: [height, width],
    frozen: [],
    minimalAtTeacher: true,
    report,
  });
}

/** Small, and on the kit's own network unless the method says which one it is for: nothing is downloaded. */
const tinySettings = (registry: Registry, { model }: Method['preset']): JsonRecord => ({
  images: { size: imageSize },
  fit: { batchSize: 4, validationFraction: 0 },
  ...(isRecord(model) && { model: tinyModel(registry, model) }),
});

/** What is changed of a model's choice for checks. */
export function tinyModel(registry: Registry, choice: JsonRecord): JsonRecord {
  const part = listParts(registry, 'model').find(({ part }) => part.name === choice.type)?.part;
  const settings: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(part?.options ?? {})) {
    const given = choice[name];
    if (isSlot(schema) && schema.pretrained && !(isRecord(given) && given.type !== undefined))
      settings[name] = { type: tinyNetworkPart.name };
    if (name === 'training' && !isSlot(schema) && propertiesOf(schema).epochs) settings.training = { epochs };
  }
  return settings;
}
