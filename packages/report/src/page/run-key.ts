import { element } from './shared/elements.js';
import { colorOf } from './shared/palette.js';

/** The colour that stands for a run, before its name. */
export const runKey = (run: number): HTMLElement => {
  const key = element('span', { class: 'run-key' });
  key.style.background = colorOf(run);
  return key;
};
