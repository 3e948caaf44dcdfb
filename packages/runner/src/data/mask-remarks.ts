/** What a run says of its masks before it trains: kinds of masks that are likely not what was meant. */
import type { Mask, Sample } from '@adfw/core';

const EMPTY = 'Masks of defective images without a defective pixel';
const FULL =
  'Masks that are more than 90 % defective, as inverted ones are (all that is not zero is defective)';

/** The unusual kinds that the mask of a defective image is of. */
export function maskRemarks({ data, remarks = [] }: Mask): readonly string[] {
  let defective = 0;
  for (const pixel of data) defective += pixel;
  return [...remarks, ...(defective === 0 ? [EMPTY] : []), ...(defective > 0.9 * data.length ? [FULL] : [])];
}

/**
 * A sentence for each kind, in the order of the samples. One defect may fill its image: it is unusual where most do.
 * @param remarks of the mask of each sample, by its index; nothing where a sample has none.
 */
export function maskWarnings(
  samples: readonly Sample[],
  remarks: readonly (readonly string[] | undefined)[],
): string[] {
  const masked = samples.flatMap(({ id }, index) => {
    const own = remarks[index];
    return own === undefined ? [] : [{ id, own }];
  });
  const kinds = new Set(masked.flatMap(({ own }) => own));
  return [...kinds].flatMap((kind) => {
    const [first, ...others] = masked.filter(({ own }) => own.includes(kind));
    const count = 1 + others.length;
    if (kind === FULL && count * 2 <= masked.length) return [];
    return [`${kind}: ${count} of ${masked.length}, the first that of ${first?.id}.`];
  });
}
