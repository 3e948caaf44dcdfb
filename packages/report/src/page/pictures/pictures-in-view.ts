/** Pictures of cards, which are read and drawn when they come near to what is in view, and let go of when they leave it. */
import type { Card } from './card.js';
import { type DecodedPicture, readPicture } from './pictures.js';

export interface PicturesInView {
  /** Follows whether it is in view. */
  watch(card: Card): void;
  /** Draws it anew, where it has been read. */
  paint(card: Card): void;
  /** Reads and draws it, wherever it is. */
  want(card: Card): Promise<void>;
  /** Lets go of the picture, unless it is in view or to be kept. */
  release(card: Card): void;
  /** Draws all that is in view anew. */
  refresh(): void;
}

/** Draws a picture into a canvas. @param side of the canvas, in pixels of the screen, the longer one. */
export type Draw = (index: number, picture: DecodedPicture, canvas: HTMLCanvasElement, side: number) => void;

/** Pictures this far above and below what is in view are drawn in advance, in pixels. */
const MARGIN = 400;

/** @param isKept whether the picture of an image is to stay drawn out of view. */
export function picturesInView(draw: Draw, isKept: (index: number) => boolean): PicturesInView {
  const inView = new Set<Card>();
  const cardOf = new WeakMap<Element, Card>();

  const paint = (card: Card) => {
    if (!card.picture) return;
    const side = Math.round(Math.min(2, devicePixelRatio) * (card.canvas.parentElement?.clientWidth || 200));
    draw(card.index, card.picture, card.canvas, side);
    card.element.classList.add('drawn');
  };
  const want = async (card: Card) => {
    if (card.isWanted || !card.hasPicture) return;
    card.isWanted = true;
    const picture = await readPicture(card.index);
    if (!card.isWanted || card.picture) return picture?.image?.close();
    card.picture = picture;
    paint(card);
  };
  const release = (card: Card) => {
    if (!card.isWanted || inView.has(card) || isKept(card.index)) return;
    card.isWanted = false;
    card.picture?.image?.close();
    card.picture = null;
    card.canvas.width = card.canvas.height = 0;
    card.element.classList.remove('drawn');
  };
  const show = (card: Card) => (card.picture ? paint(card) : want(card));
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const card = cardOf.get(target) as Card;
        if (isIntersecting) {
          inView.add(card);
          show(card);
        } else {
          inView.delete(card);
          release(card);
        }
      }
    },
    { rootMargin: `${MARGIN}px` },
  );

  return {
    watch(card) {
      cardOf.set(card.element, card);
      observer.observe(card.element);
    },
    paint,
    want,
    release,
    refresh: () => inView.forEach(show),
  };
}
