import { DataError } from '@adfw/core';
import { fileShape } from '../weights/state-dict.js';
import {
  architectureNames,
  architectureOfWidth,
  architectures,
  type ResNetArchitecture,
} from './architectures.js';
import { describeNetwork } from './network.js';
import { layerNames, logitsName, type NetworkShape } from './network-shape.js';

type Shapes = Readonly<Record<string, readonly number[]>>;

/** How many names an error lists before it counts the rest. */
const NAMES_SHOWN = 2;

/**
 * Checks that a state dict is one of the network: every tensor there and of the right shape, and none in a layer of the network
 * that it has no place for (ResNet-34 has all of ResNet-18's tensors, and more). Classifiers, layers past the network's last
 * one and counts of batches may be there or not.
 *
 * @param shapes of the state dict's tensors, in its layout.
 * @param source what the error calls the state dict: its file's path.
 * @throws DataError that says what is wrong, and what the state dict looks like instead.
 */
export function checkFits(
  shape: NetworkShape,
  layers: readonly string[],
  shapes: Shapes,
  source: string,
): void {
  const network = describeNetwork(shape, layers);
  const expected = new Map(network.tensors.map((spec) => [spec.name, fileShape(spec.shape)]));
  const names = [...expected.keys()];

  const missing = names.filter((name) => !Object.hasOwn(shapes, name));
  const misshapen = names.filter(
    (name) => !missing.includes(name) && `${shapes[name]}` !== `${expected.get(name)}`,
  );
  const parts = new Set(names.map((name) => name.split('.')[0]));
  const surplus = Object.keys(shapes).filter(
    (name) => parts.has(name.split('.')[0]) && !expected.has(name) && !name.endsWith('.num_batches_tracked'),
  );
  if (missing.length + misshapen.length + surplus.length === 0) return;

  const faults = [
    missing.length && `it lacks ${list(missing)}`,
    misshapen.length &&
      list(
        misshapen,
        (name) =>
          `${name} is [${shapes[name]?.join(', ')}] and should be [${expected.get(name)?.join(', ')}]`,
      ),
    surplus.length && `it has ${list(surplus)}, for which there is no place`,
  ].filter(Boolean);
  const wanted = `${shape.name} up to ${network.layers.at(-1)?.name}`;
  const likely = recognize(shapes);
  const verdict = likely ? `looks like ${likely} and does not fit` : 'does not fit';
  const hint =
    missing.length === names.length
      ? expectedNames(shapes)
      : classifierHint(shape, shapes, layers) || depthHint(missing, shapes);
  throw new DataError(`${source} ${verdict} ${wanted}: ${faults.join('; ')}.${hint && ` ${hint}`}`);
}

/** What to do where the classifier is what does not fit. */
function classifierHint({ classes }: NetworkShape, shapes: Shapes, layers: readonly string[]): string {
  if (!layers.includes(logitsName)) return '';
  const found = shapes['fc.weight']?.[0];
  if (found === undefined)
    return `The layer "${logitsName}" needs weights with a classifier; leave it out of the layers, or use such a file.`;
  return found === classes ? '' : `Set classes to ${found}.`;
}

/** What to do where all that is missing lies past the file's last layer. */
function depthHint(missing: readonly string[], shapes: Shapes): string {
  const layerOf = (name: string) => layerNames.findIndex((layer) => name.startsWith(`${layer}.`));
  const deepest = Math.max(...Object.keys(shapes).map(layerOf));
  const isCutOff = missing.length > 0 && missing.every((name) => layerOf(name) > deepest);
  return isCutOff ? `Take layers up to ${layerNames[deepest]} only, or a file that goes further.` : '';
}

const list = (names: readonly string[], describe = (name: string) => name): string => {
  const shown = names.slice(0, NAMES_SHOWN).map(describe).join(', ');
  return names.length > NAMES_SHOWN ? `${shown} and ${names.length - NAMES_SHOWN} more` : shown;
};

function expectedNames(shapes: Shapes): string {
  const examples = Object.keys(shapes).slice(0, NAMES_SHOWN);
  const found = examples.length ? `it has ${examples.join(', ')}, …` : 'it is empty.';
  return `Expected are torchvision's names (conv1.weight, bn1.running_mean, layer1.0.conv1.weight, …); ${found}`;
}

/** The network whose block counts and widths a state dict has, in words; of the layers that it has. */
function recognize(shapes: Shapes): string | undefined {
  const width = shapes['conv1.weight']?.[0];
  const inner = shapes['layer1.0.conv1.weight']?.[0];
  if (!width || !inner) return undefined;
  const names = Object.keys(shapes);
  const blocks = layerNames.map((layer) => {
    const indices = names
      .filter((name) => name.startsWith(`${layer}.`))
      .map((name) => Number(name.split('.')[1]));
    return indices.length ? Math.max(...indices) + 1 : 0;
  });
  const present = layerNames.filter((_, index) => blocks[index]);
  const block = 'layer1.0.conv3.weight' in shapes ? 'bottleneck' : 'basic';
  const fits = (name: ResNetArchitecture) =>
    architectures[name].block === block &&
    blocks.every((count, index) => !count || count === architectures[name].blocks[index]);
  const candidates = architectureNames.filter(fits);
  const architecture =
    candidates.find((name) => architectures[name].innerFactor * width === inner) ?? candidates[0];
  if (!architecture) return undefined;
  const narrower =
    architectures[architecture].innerFactor * width === inner
      ? ''
      : ` with ${inner} inner channels in layer1`;
  const extent = present.length < layerNames.length ? ` (${present.join(', ')} only)` : '';
  return `${architectureOfWidth(architecture, width)}${narrower}${extent}`;
}
