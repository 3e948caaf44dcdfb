/**
 * The conformance kit: one call, in a test, that checks everything a plugin promises by being one. It knows no test runner and no
 * engine; it runs on whatever backend tfjs has been set to.
 */
import '@adfw/tfjs-gradients';
import { corePlugin } from '../built-in.js';
import { ConfigurationError, type Fault } from '../contracts/errors.js';
import type { Report, Trial } from '../contracts/kind.js';
import type { ContextOf, Part, PartChoice, PartKind, PartKinds } from '../contracts/part.js';
import { definePlugin, type Plugin } from '../contracts/plugin.js';
import { completePart } from '../experiment/complete.js';
import { withMakes } from '../experiment/compose.js';
import { createRegistry } from '../experiment/create-registry.js';
import { checkPlugin, pluginFault } from '../experiment/plugin-check.js';
import { replaceSlots } from '../experiment/slots.js';
import { type JsonRecord, jsonPath, type Keys, mergeJson, showJson } from '../plugins/json.js';
import { nearestName } from '../plugins/nearest-name.js';
import { shapeFault } from '../plugins/part-shape.js';
import { findKind, type Registry } from '../plugins/registry.js';
import { faultsError, schemaFaults } from '../plugins/schema-faults.js';
import { checkAugmentation } from './augmentation-conformance.js';
import { checkBackbone } from './backbone-conformance.js';
import { checkDataset } from './dataset-conformance.js';
import { checkLoss } from './loss-conformance.js';
import { checkMethod, tinyModel } from './method-conformance.js';
import { checkModel } from './model-conformance.js';
import { checkOptimizer } from './optimizer-conformance.js';
import { checkPretraining } from './pretraining-conformance.js';
import { checkScore } from './score-conformance.js';
import { checkThreshold } from './threshold-conformance.js';
import { tinyNetworkPart } from './tiny-network.js';
import { attempt, messageOf, type PartTrial, Stop, stop } from './trial.js';

export interface ConformanceOptions {
  /** Other plugins whose parts the methods name, such as `builtInPlugins` of `@adfw/runner`. */
  readonly plugins?: readonly Plugin[];
  /**
   * How parts are tried, by kind and name: `{'backbone/my-net': {options: {width: 8}}}`. Several trials are made one after another.
   * Parts that are not named are tried once, with their defaults; those that need an option have to be named.
   */
  readonly parts?: Readonly<Record<string, PartTrial | readonly PartTrial[]>>;
  /**
   * A partial experiment for methods, by name, above their presets: a small backbone, a few epochs. Without it a pretrained network is
   * the kit's own tiny one where the preset names none, and nothing is downloaded.
   */
  readonly methods?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * Checks a plugin: its shape, schemas, defaults and descriptions; that it can be registered beside others; every part, by what its
 * kind promises (shapes, finite numbers, gradients beside finite differences, the same numbers from the same seed, images that do
 * not influence each other, save and load bit for bit); and every method, by a tiny fit.
 *
 * Takes seconds for small parts. Runs checks one after another: nothing else should use tfjs meanwhile.
 * @throws ConfigurationError with every fault: which part, what must hold, what was found.
 */
export async function checkConformance(plugin: Plugin, options: ConformanceOptions = {}): Promise<void> {
  const faults = checkPlugin(plugin, { beside: options.plugins ?? [] });
  if (faults.length === 0) faults.push(...checkDocumentation(plugin));
  const registry = faults.length === 0 ? registryWith(plugin, options, faults) : undefined;
  if (registry) faults.push(...(await checkParts(plugin, options, registry)));
  if (registry && faults.length === 0) faults.push(...(await checkMethods(plugin, options, registry)));
  if (faults.length > 0) throw faultsError(`The plugin "${plugin?.name}"`, faults);
}

/** Summaries and descriptions are shown in lists and editors: they are sentences. */
function checkDocumentation(plugin: Plugin): Fault[] {
  const faults: Fault[] = [];
  const check = (text: unknown, ...keys: Keys) => {
    if (!/[.?!)]$/.test(String(text).trim()))
      faults.push(pluginFault(plugin, keys, `must be a sentence and end like one; found ${showJson(text)}`));
  };
  for (const [index, { summary, options = {} }] of (plugin.parts ?? []).entries()) {
    check(summary, 'parts', index, 'summary');
    for (const [name, { description }] of Object.entries(options))
      check(description, 'parts', index, 'options', name, 'description');
  }
  for (const [index, { summary }] of (plugin.methods ?? []).entries())
    check(summary, 'methods', index, 'summary');
  return faults;
}

/** Of core's kinds; another brings its own. */
const checks: { readonly [K in PartKind]?: (trial: Trial<K>) => Promise<void> } = {
  model: checkModel,
  backbone: checkBackbone,
  loss: checkLoss,
  score: checkScore,
  threshold: checkThreshold,
  dataset: checkDataset,
  optimizer: checkOptimizer,
  pretraining: checkPretraining,
  augmentation: checkAugmentation,
};

const defaultLayers = ['layer1', 'layer2', 'layer3'];

async function checkParts(
  plugin: Plugin,
  { parts: trials = {} }: ConformanceOptions,
  registry: Registry,
): Promise<Fault[]> {
  const parts = plugin.parts ?? [];
  const keyOf = ({ kind, name }: Part) => `${kind}/${name}`;
  refuseUnknown('parts', Object.keys(trials), parts.map(keyOf), plugin);
  const faults: Fault[] = [];
  for (const [index, part] of parts.entries())
    for (const trial of [trials[keyOf(part)] ?? {}].flat()) {
      const said = trial.options ? ` with ${showJson(trial.options)}` : '';
      const report: Report = (message) =>
        faults.push(pluginFault(plugin, ['parts', index], `${message}${said}`));
      await untilStopped(report, () => checkPart(registry, part, trial, report));
    }
  return faults;
}

async function checkPart<K extends PartKind>(
  registry: Registry,
  part: Part<K>,
  trial: PartTrial,
  report: Report,
): Promise<void> {
  const { kind } = findKind(registry, part.kind);
  const ownCheck = checks[part.kind];
  const options = completeOptions(registry, part, trial, report);
  const layers = trial.layers ?? defaultLayers;
  const imageSize = trial.imageSize ?? [24, 32];
  const [height, width] = imageSize;
  const create = async (given: Partial<ContextOf<K>> = {}): Promise<PartKinds[K]> => {
    const context = { seed: 1, layers, imageSize: { height, width }, ...given } as unknown as ContextOf<K>;
    const created = await attempt(report, 'create()', () =>
      part.create(withMakes(registry, part, structuredClone(options), [part.name], context), context),
    );
    const fault =
      shapeFault(created, kind) ??
      (ownCheck ? undefined : kind.contextFault?.(created as PartKinds[K], context));
    if (fault !== undefined) stop(report, fault);
    return created;
  };
  await (ownCheck ?? kind.check ?? createOnce)({
    create,
    layers,
    imageSize,
    frozen: trial.frozen ?? [true, false],
    minimalAtTeacher: trial.minimalAtTeacher ?? true,
    report,
  });
}

/** All that can be said of a part whose kind brings no check: that it is created, and has its kind's shape. */
async function createOnce<K extends PartKind>({ create }: Trial<K>): Promise<void> {
  await create();
}

/** The part's defaults with the trial's own options above them, as an experiment would give them. */
function completeOptions(
  registry: Registry,
  part: Part,
  { options = {} }: PartTrial,
  report: Report,
): JsonRecord {
  const { required = [] } = part;
  const missing = required.find((name) => !Object.hasOwn(options, name));
  if (missing !== undefined)
    stop(
      report,
      `can only be tried with a value for "${missing}", which has no default: call checkConformance with parts: {'${part.kind}/${part.name}': {options: {${missing}: …}}}`,
    );
  const choice = { type: part.name, ...options };
  const tiny = part.kind === 'model' ? mergeJson(tinyModel(registry, choice), choice) : choice;
  const { type: _, ...given } = completePart(registry, part.kind, tiny, [], []) as PartChoice;
  const plain = Object.entries(part.options ?? {}).map(([name, schema]) => [
    name,
    replaceSlots(schema, () => ({ type: 'object' })),
  ]);
  const schema = { type: 'object', properties: Object.fromEntries(plain), additionalProperties: false };
  for (const { path, message } of schemaFaults(schema, given))
    stop(report, `must be tried with options that it has: ${path} ${message}`);
  return given;
}

async function checkMethods(
  plugin: Plugin,
  { methods: settings = {} }: ConformanceOptions,
  registry: Registry,
): Promise<Fault[]> {
  const methods = plugin.methods ?? [];
  refuseUnknown(
    'methods',
    Object.keys(settings),
    methods.map(({ name }) => name),
    plugin,
  );
  const faults: Fault[] = [];
  for (const [index, method] of methods.entries()) {
    const report: Report = (message) => faults.push(pluginFault(plugin, ['methods', index], message));
    await untilStopped(report, () => checkMethod(registry, method, settings[method.name] ?? {}, report));
  }
  return faults;
}

/** With the parts that the base experiment names, and the kit's own network. */
function registryWith(
  plugin: Plugin,
  { plugins = [] }: ConformanceOptions,
  faults: Fault[],
): Registry | undefined {
  const kit = definePlugin({ name: 'conformance kit', parts: [tinyNetworkPart] });
  try {
    return createRegistry([corePlugin, kit, ...plugins, plugin]);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    faults.push(...error.faults);
    if (plugins.length === 0)
      faults.push(
        pluginFault(
          plugin,
          [],
          'may name parts of other plugins in its presets: call checkConformance with plugins',
        ),
      );
    return undefined;
  }
}

/** A fault that has been reported ends the checks of one part; an error of the kit's own code is one of the part's too. */
async function untilStopped(report: Report, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Stop)) report(`must not fail: it threw "${messageOf(error)}"`);
  }
}

function refuseUnknown(
  option: string,
  given: readonly string[],
  known: readonly string[],
  { name }: Plugin,
): void {
  const unknown = given.find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, known);
  throw new ConfigurationError(
    `checkConformance: ${jsonPath([option, unknown])} names nothing that the plugin "${name}" brings; it brings ${known.join(', ') || 'none'}.` +
      (nearest === undefined ? '' : ` Did you mean ${nearest}?`),
  );
}
