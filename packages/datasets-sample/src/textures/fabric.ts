/** Plain-weave cotton seen from close by. */

import { between, clamp, type Field, mix, type Random, randomNormal, smoothStep, wave } from '@adfw/core';
import { noiseField } from '../noise.js';
import { paint } from '../paint.js';
import { blob, randomPoint } from '../shapes.js';
import { type Damage, defineTexture, type Surface } from '../texture.js';

/** The parallel threads of one direction. */
interface Threads {
  /** Threads in the width of the picture. */
  count: number;
  phase: number;
  /** How much they lean, as a slope. */
  slope: number;
  /** Of each thread: how far it is off its place, in units of the distance between threads. */
  shifts: Float32Array;
  brightness: Float32Array;
  thickness: Float32Array;
  /** Irregularities along the threads. */
  wander: Field;
  fibres: Field;
}

interface Fabric {
  /** Vertical threads. */
  warp: Threads;
  /** Horizontal threads. */
  weft: Threads;
  unevenness: Field;
  missing?: MissingThread;
}

interface MissingThread {
  direction: 'warp' | 'weft';
  thread: number;
  /** The part of the picture that it is missing from, along the thread. */
  from: number;
  to: number;
}

const WARP_COLOUR = [0.75, 0.695, 0.59] as const;
const WEFT_COLOUR = [0.68, 0.635, 0.55] as const;
const GAP_COLOUR = [0.12, 0.1, 0.09] as const;
/** Heights, in units of the distance between threads. */
const GROUND = -0.45;
const HIDDEN = -1;
/** How far a thread rises or falls where it crosses another; one that crosses a missing thread is held by nothing. */
const LIFT = 0.3;
const SAGGING = -0.3;
/** Threads that lie to the left of the picture or above it, because the fabric leans. */
const BEFORE = 3;

export const fabric = defineTexture<Fabric>({
  summary: 'woven cotton',
  piece(random) {
    const count = between(random, 12.6, 13.8);
    return {
      warp: threads(random, count, 'warp'),
      weft: threads(random, count * between(random, 0.97, 1.03), 'weft'),
      unevenness: noiseField(random, [4, 4]),
    };
  },
  render,
  defects: { 'missing-thread': missingThread, stain },
});

function threads(random: Random, count: number, direction: 'warp' | 'weft'): Threads {
  const length = Math.ceil(count) + 2 * BEFORE;
  const varied = (spread: number) => Float32Array.from({ length }, () => spread * randomNormal(random));
  const along = direction === 'warp' ? ([13, 4] as const) : ([4, 13] as const);
  const fine = direction === 'warp' ? ([110, 26] as const) : ([26, 110] as const);
  return {
    count,
    phase: random(),
    slope: 0.012 * randomNormal(random),
    shifts: varied(0.022),
    brightness: varied(0.022),
    thickness: varied(0.025),
    wander: noiseField(random, along),
    fibres: noiseField(random, fine),
  };
}

/** Where a point lies on the threads of one direction. `across` and `along` are its coordinates. */
function locate(direction: Threads, across: number, along: number, wander: number) {
  const position =
    (across + direction.slope * (along - 0.5)) * direction.count + direction.phase + BEFORE + 0.045 * wander;
  const thread = Math.floor(position);
  const offset = position - thread - 0.5 - (direction.shifts[thread] ?? 0);
  const halfWidth = 0.47 * (1 + (direction.thickness[thread] ?? 0) + 0.06 * wander);
  return { thread, side: offset / halfWidth, crossing: (position - thread) * 2 - 1 };
}

function render(piece: Fabric, size: number): Surface {
  const { warp, weft, missing } = piece;
  const heights = new Float32Array(size * size);
  const surface = new Float32Array(size * size * 3);
  for (let row = 0, pixel = 0; row < size; row++)
    for (let column = 0; column < size; column++, pixel++) {
      const [x, y] = [(column + 0.5) / size, (row + 0.5) / size];
      const onWarp = locate(warp, x, y, warp.wander(x, y));
      const onWeft = locate(weft, y, x, weft.wander(x, y));
      const isWarpOver = (onWarp.thread + onWeft.thread) % 2 === 0;
      // A thread is round across, and rises and falls along its length.
      const lift = isWarpOver ? LIFT : -LIFT;
      const noWarp = missing?.direction === 'warp' && isMissing(missing, onWarp.thread, y);
      const noWeft = missing?.direction === 'weft' && isMissing(missing, onWeft.thread, x);
      const warpHeight = noWarp
        ? HIDDEN
        : threadHeight(onWarp.side, onWeft.crossing, noWeft ? SAGGING : lift);
      const weftHeight = noWeft
        ? HIDDEN
        : threadHeight(onWeft.side, onWarp.crossing, noWarp ? SAGGING : -lift);
      const height = Math.max(warpHeight, weftHeight, GROUND);
      heights[pixel] = height;
      const isWarp = height === warpHeight;
      const isGap = height === GROUND;
      const [threads, place, alongThread] = isWarp ? [warp, onWarp, y] : [weft, onWeft, x];
      const colour = isWarp ? WARP_COLOUR : WEFT_COLOUR;
      const twist = wave(alongThread * threads.count * 1.6 + place.side * 0.8 + place.thread * 0.37) - 0.5;
      const tone =
        1 +
        (threads.brightness[place.thread] ?? 0) +
        0.13 * threads.fibres(x, y) +
        0.2 * twist +
        0.04 * piece.unevenness(x, y);
      // Less light reaches what lies low.
      const open = mix(0.36, 1, smoothStep(GROUND, 0.6, height));
      for (let channel = 0; channel < 3; channel++)
        surface[pixel * 3 + channel] = isGap
          ? (GAP_COLOUR[channel] as number)
          : (colour[channel] as number) * tone * open;
    }
  shade(surface, heights, size, warp.count);
  return surface;
}

const isMissing = ({ thread, from, to }: MissingThread, at: number, along: number): boolean =>
  at === thread && along > from && along < to;

const threadHeight = (side: number, along: number, lift: number): number =>
  side * side >= 1 ? HIDDEN : 0.48 * Math.sqrt(1 - side * side) + lift * (1 - along * along);

/** Light from the upper left: what faces it is brighter. */
function shade(surface: Surface, heights: Float32Array, size: number, count: number): void {
  // Heights are in units of the distance between threads, slopes are per that distance.
  const scale = size / count / 2;
  for (let row = 0, pixel = 0; row < size; row++)
    for (let column = 0; column < size; column++, pixel++) {
      const left = heights[column > 0 ? pixel - 1 : pixel] as number;
      const right = heights[column < size - 1 ? pixel + 1 : pixel] as number;
      const above = heights[row > 0 ? pixel - size : pixel] as number;
      const below = heights[row < size - 1 ? pixel + size : pixel] as number;
      const slope = ((right - left) * 0.6 + (below - above) * 0.8) * scale;
      const light = 1 + 0.16 * clamp(slope, -2, 2);
      for (let channel = 0; channel < 3; channel++)
        surface[pixel * 3 + channel] = (surface[pixel * 3 + channel] as number) * light;
    }
}

/** A thread is broken: what it covered lies open, for a part of the picture or all through it. */
function missingThread(piece: Fabric, surface: Surface, size: number, random: Random): Damage {
  const direction = random() < 0.5 ? 'warp' : 'weft';
  const { count } = piece[direction];
  const thread = BEFORE + 2 + Math.floor(random() * (Math.floor(count) - 3));
  const length = between(random, 0.2, 1.1);
  const from = between(random, -0.05, Math.max(-0.05, 0.95 - length));
  const missing = { direction, thread, from, to: from + length } as const;
  const without = render({ ...piece, missing }, size);
  const mask = new Uint8Array(size * size);
  const damaged = surface.slice();
  for (let row = 0, pixel = 0; row < size; row++)
    for (let column = 0; column < size; column++, pixel++) {
      const [x, y] = [(column + 0.5) / size, (row + 0.5) / size];
      const [across, along] = direction === 'warp' ? [x, y] : [y, x];
      const place = locate(piece[direction], across, along, piece[direction].wander(x, y));
      if (!isMissing(missing, place.thread, along) || place.side * place.side >= 1) continue;
      mask[pixel] = 1;
      damaged.set(without.subarray(pixel * 3, pixel * 3 + 3), pixel * 3);
    }
  return { surface: damaged, mask };
}

/** Something was spilt: a darker blotch, faint or strong, with a rim where it dried. */
function stain(_: Fabric, surface: Surface, size: number, random: Random): Damage {
  const radius = between(random, 0.07, 0.165);
  const inside = blob(random, randomPoint(random, radius), radius, 0.6);
  const density = between(random, 0.4, 1);
  const rim = between(random, 0, 0.5);
  const strength = (x: number, y: number): number | null => {
    const depth = inside(x, y);
    if (depth < 0.04) return null;
    const soaked = smoothStep(0, 0.3, depth);
    const dried = smoothStep(0, 0.15, depth) * (1 - smoothStep(0.15, 0.4, depth));
    return -density * (0.75 * soaked + rim * dried);
  };
  const dark = random() < 0.5 ? ([0.62, 0.5, 0.34] as const) : ([0.5, 0.52, 0.56] as const);
  return paint(surface, size, strength, { dark, bright: [1, 1, 1] });
}
