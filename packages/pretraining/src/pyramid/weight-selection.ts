import type { StateDict } from '@adfw/networks';

/**
 * What a small network may begin with: of each tensor of a larger one of the same names, channels at even distances, the same ones
 * in every tensor (Xu et al. 2024, "Initializing Models with Larger Ones", uniform selection). It learns much faster from there
 * than from random weights.
 *
 * @param smaller the small network's tensors, of which only the shapes count.
 * @returns null where the larger network lacks one of them, or has one that is smaller or of another kernel size.
 */
export function selectWeights(
  larger: StateDict,
  smaller: Readonly<Record<string, { readonly shape: readonly number[] }>>,
): StateDict | null {
  const selected: Record<string, StateDict[string]> = {};
  for (const [name, { shape }] of Object.entries(smaller)) {
    const source = larger[name];
    if (!source || !canSelect(source.shape, shape)) return null;
    selected[name] = { shape, data: selectChannels(source, shape) };
  }
  return selected;
}

/** Only the outputs and inputs of a kernel may be fewer, not its height and width. */
const canSelect = (from: readonly number[], to: readonly number[]): boolean =>
  from.length === to.length &&
  to.every((length, axis) => (axis < 2 ? length <= (from[axis] as number) : length === from[axis]));

function selectChannels({ shape, data }: StateDict[string], to: readonly number[]): Float32Array {
  const [outputs = 1, inputs = 1, ...kernel] = to;
  const [allOutputs = 1, allInputs = 1] = shape;
  const size = kernel.reduce((product, length) => product * length, 1);
  const result = new Float32Array(outputs * inputs * size);
  const chosenInputs = evenlySpaced(inputs, allInputs);
  evenlySpaced(outputs, allOutputs).forEach((from, output) => {
    chosenInputs.forEach((fromInput, input) => {
      const start = (from * allInputs + fromInput) * size;
      result.set(data.subarray(start, start + size), (output * inputs + input) * size);
    });
  });
  return result;
}

/** `count` of the numbers from 0 to `all` - 1, at even distances from 0 on. */
export const evenlySpaced = (count: number, all: number): number[] =>
  Array.from({ length: count }, (_, index) => Math.floor((index * all) / count));
