import type { Operand } from '../emit/operand.js';

/** dy as source · slope, of which the slope of each output channel can be multiplied to the filter instead. */
export interface Scaled {
  readonly source: Operand;
  /** `[O]` */
  readonly slope: string | null;
}

export function scaledGradient(dy: Operand): Scaled {
  const map = dy.fusion?.perChannel;
  return map && map.offset === null ? map : { source: dy, slope: null };
}
