/** The levels of a teacher's pyramid, from shallow to deep: at each one height and width are half of those before, rounded up. */
import { ConfigurationError, type FeaturePyramid } from '@adfw/core';

export interface PyramidLevel {
  /** The layer, `layer2`; where the teacher gives none of this size, what its name would be. */
  readonly name: string;
  readonly channels: number;
  /** Whether the teacher gives it. */
  readonly given: boolean;
}

/**
 * Layers named as a ResNet's are as many levels apart as their numbers say, others one; a level in between has twice the
 * channels of the one before it, as in a ResNet.
 *
 * @param layers shallow to deep, at least one.
 */
export function pyramidLevels(
  layers: readonly string[],
  channels: Readonly<Record<string, number>>,
): PyramidLevel[] {
  const numbers = layers.map((layer) => Number(/^layer(\d+)$/.exec(layer)?.[1]));
  const isNumbered =
    numbers.every((number, index) => index === 0 || number > (numbers[index - 1] as number)) &&
    !numbers.some(Number.isNaN);
  const levels: PyramidLevel[] = [];
  layers.forEach((name, index) => {
    const number = numbers[index] as number;
    const skipped = isNumbered && index > 0 ? number - (numbers[index - 1] as number) - 1 : 0;
    for (let level = number - skipped; level < number; level++)
      levels.push({
        name: `layer${level}`,
        channels: 2 * (levels.at(-1) as PyramidLevel).channels,
        given: false,
      });
    levels.push({ name, channels: channels[name] as number, given: true });
  });
  return levels;
}

export type MapSize = readonly [height: number, width: number];

/**
 * The size of the maps at each level.
 * @throws ConfigurationError where the pyramid lacks a layer, or one has another size than its level.
 */
export function levelSizes(levels: readonly PyramidLevel[], pyramid: FeaturePyramid): MapSize[] {
  const sizes: MapSize[] = [];
  for (const { name, given } of levels) {
    const previous = sizes.at(-1);
    const halved = previous && ([Math.ceil(previous[0] / 2), Math.ceil(previous[1] / 2)] as const);
    const shape = given ? pyramid[name]?.shape : undefined;
    if (given && !shape)
      throw new ConfigurationError(
        `The teacher's pyramid lacks "${name}", which this student decodes; it has ${Object.keys(pyramid).join(', ') || 'nothing'}.`,
      );
    const size = shape ? ([shape[1], shape[2]] as const) : (halved as MapSize);
    if (halved && halved.join() !== size.join())
      throw new ConfigurationError(
        `The student decodes layers of which each has half the height and width of the one before, as a ResNet's have; the teacher's "${name}" is ${size.join('x')} instead of ${halved.join('x')}. Name other layers, or take another teacher.`,
      );
    sizes.push(size);
  }
  return sizes;
}
