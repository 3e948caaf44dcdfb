import { mix } from '@adfw/core';
import type { Damage, Surface } from './texture.js';

export type Colour = readonly [red: number, green: number, blue: number];

/** What the full strength of a defect multiplies a surface by: below 1 where it darkens, above where it brightens. */
export interface Paint {
  readonly dark: Colour;
  readonly bright: Colour;
}

/**
 * How strongly a point is changed: -1 is the dark colour of the paint, 1 the bright one, 0 neither; null where there is no
 * defect. The mask is where it is not null.
 */
export type Strength = (x: number, y: number) => number | null;

/** A copy of `surface` with a defect over it, through which the texture still shows. */
export function paint(surface: Surface, size: number, strength: Strength, { dark, bright }: Paint): Damage {
  const damaged = surface.slice();
  const mask = new Uint8Array(size * size);
  for (let row = 0, pixel = 0; row < size; row++)
    for (let column = 0; column < size; column++, pixel++) {
      const amount = strength((column + 0.5) / size, (row + 0.5) / size);
      if (amount === null) continue;
      mask[pixel] = 1;
      const colour = amount < 0 ? dark : bright;
      for (let channel = 0; channel < 3; channel++) {
        const i = pixel * 3 + channel;
        damaged[i] = (damaged[i] as number) * mix(1, colour[channel] as number, Math.abs(amount));
      }
    }
  return { surface: damaged, mask };
}
