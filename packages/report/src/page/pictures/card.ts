/** A picture of the gallery, as a button that opens it, with a caption. */
import { element } from '../shared/elements.js';
import type { DecodedPicture } from './pictures.js';

export interface Card {
  /** Of its image. */
  readonly index: number;
  readonly element: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly canvas: HTMLCanvasElement;
  readonly caption: HTMLElement;
  /** What the caption says. */
  text: string | null;
  /** Whether there is one to be read. */
  readonly hasPicture: boolean;
  picture: DecodedPicture | null;
  /** Whether it is to be drawn; while it is being read it may go out of view again. */
  isWanted: boolean;
}

export function makeCard(index: number, hasPicture: boolean): Card {
  const canvas = element('canvas', { 'aria-hidden': 'true' });
  const caption = element('span', { class: 'caption' });
  const frame = element('span', { class: 'frame' }, canvas);
  if (!hasPicture) frame.append(element('span', { class: 'no-picture' }, 'no picture'));
  const button = element('button', { type: 'button', class: 'card', tabindex: -1 }, frame, caption);
  return {
    index,
    element: element('li', {}, button),
    button,
    canvas,
    caption,
    text: null,
    hasPicture,
    picture: null,
    isWanted: false,
  };
}
