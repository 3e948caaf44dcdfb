import { between, clamp, type Random, type RgbImage, randomNormal } from '@adfw/core';
import type { Surface } from './texture.js';

/**
 * A picture of a surface: light that falls off to one side and into the corners, an exposure a little off, and the noise of a
 * sensor. The same random numbers light two surfaces alike, pixel by pixel.
 * @param surface `[size, size, 3]`, about 0 to 1.
 */
export function photograph(surface: Surface, size: number, random: Random): RgbImage {
  const exposure = between(random, 0.95, 1.05);
  const [slopeX, slopeY] = [between(random, -0.07, 0.07), between(random, -0.07, 0.07)];
  const vignette = between(random, 0.04, 0.1);
  // A camera's white balance is never quite the same.
  const tint = [between(random, 0.99, 1.01), 1, between(random, 0.99, 1.01)];
  const data = new Uint8Array(surface.length);
  for (let row = 0, i = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const [x, y] = [(column + 0.5) / size - 0.5, (row + 0.5) / size - 0.5];
      const light = exposure * (1 + slopeX * x + slopeY * y - 2 * vignette * (x * x + y * y)) * 255;
      const grain = 1.6 * randomNormal(random);
      for (let channel = 0; channel < 3; channel++, i++)
        data[i] = Math.round(
          clamp((surface[i] as number) * light * (tint[channel] as number) + grain, 0, 255),
        );
    }
  return { width: size, height: size, data };
}
