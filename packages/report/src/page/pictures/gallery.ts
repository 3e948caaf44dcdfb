/**
 * A grid of pictures, of which only those in view are drawn. Arrow keys go from one to the next, Enter opens one. Where what is to be
 * seen changes, `refresh` puts it in order.
 */
import { element } from '../shared/elements.js';
import { type DecodedPicture, readPicture } from './pictures.js';

export interface GalleryOptions {
  readonly images: readonly { readonly id: string; readonly hasPicture: boolean }[];
  /** Indices of the images to show, in their order. */
  readonly order: () => readonly number[];
  /** What stands under the picture, and says it all to a screen reader. */
  readonly caption: (index: number) => {
    readonly text: string;
    readonly content: () => readonly Node[];
  };
  /** Draws a picture into canvases of the card. */
  readonly draw: (index: number, picture: DecodedPicture, canvas: HTMLCanvasElement, side: number) => void;
  readonly open: (index: number) => void;
}

export interface Gallery {
  readonly element: HTMLElement;
  /** After the order, captions or drawings have changed. */
  refresh(): void;
  focus(index: number): void;
  /** The images shown, in their order. */
  shown(): readonly number[];
}

/** The first ones are always drawn: a page that is printed cannot wait for any. */
const ALWAYS_DRAWN = 24;
/** Pictures this far above and below what is in view are drawn in advance, in pixels. */
const MARGIN = 400;

interface Card {
  readonly element: HTMLElement;
  readonly button: HTMLButtonElement;
  readonly canvas: HTMLCanvasElement;
  readonly caption: HTMLElement;
  /** What the caption says. */
  text: string | null;
  picture: DecodedPicture | null;
  /** Whether it is to be drawn; while it is being read it may go out of view again. */
  isWanted: boolean;
}

export function gallery({ images, order, caption, draw, open }: GalleryOptions): Gallery {
  const list = element('ul', { class: 'gallery', 'aria-label': 'Test images' });
  const cards = new Map<number, Card>();
  let shown: readonly number[] = [];
  let current = 0;
  const inView = new Set<number>();
  const indexOf = new WeakMap<Element, number>();

  const makeCard = (index: number): Card => {
    const canvas = element('canvas', { 'aria-hidden': 'true' });
    const text = element('span', { class: 'caption' });
    const frame = element('span', { class: 'frame' }, canvas);
    if (!images[index]?.hasPicture) frame.append(element('span', { class: 'no-picture' }, 'no picture'));
    const button = element('button', { type: 'button', class: 'card', tabindex: -1 }, frame, text);
    button.addEventListener('click', () => open(index));
    button.addEventListener('focus', () => makeCurrent(index));
    const item = element('li', {}, button);
    indexOf.set(item, index);
    return { element: item, button, canvas, caption: text, text: null, picture: null, isWanted: false };
  };
  const cardOf = (index: number): Card => {
    const known = cards.get(index);
    if (known) return known;
    const made = makeCard(index);
    cards.set(index, made);
    observer.observe(made.element);
    return made;
  };
  const makeCurrent = (index: number) => {
    cards.get(current)?.button.setAttribute('tabindex', '-1');
    current = index;
    cards.get(current)?.button.setAttribute('tabindex', '0');
  };

  const paint = (index: number) => {
    const card = cardOf(index);
    if (!card.picture) return;
    const side = Math.round(Math.min(2, devicePixelRatio) * (card.canvas.parentElement?.clientWidth || 200));
    draw(index, card.picture, card.canvas, side);
    card.element.classList.add('drawn');
  };
  const want = async (index: number) => {
    const card = cardOf(index);
    if (card.isWanted || !images[index]?.hasPicture) return;
    card.isWanted = true;
    const picture = await readPicture(index);
    if (!card.isWanted || card.picture) return picture?.image?.close();
    card.picture = picture;
    paint(index);
  };
  const release = (index: number) => {
    const card = cards.get(index);
    if (!card?.isWanted || inView.has(index) || shown.slice(0, ALWAYS_DRAWN).includes(index)) return;
    card.isWanted = false;
    card.picture?.image?.close();
    card.picture = null;
    card.canvas.width = card.canvas.height = 0;
    card.element.classList.remove('drawn');
  };
  const show = (index: number) => (cards.get(index)?.picture ? paint(index) : want(index));
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const index = indexOf.get(target) as number;
        if (isIntersecting) {
          inView.add(index);
          show(index);
        } else {
          inView.delete(index);
          release(index);
        }
      }
    },
    { rootMargin: `${MARGIN}px` },
  );

  const writeCaption = (index: number) => {
    const card = cardOf(index);
    const { text, content } = caption(index);
    if (card.text === text) return;
    card.text = text;
    card.caption.replaceChildren(...content());
    card.button.setAttribute('aria-label', text);
  };

  addEventListener('beforeprint', () => shown.forEach(paint));
  list.addEventListener('keydown', (event) => {
    const at = shown.indexOf(current);
    const to = at < 0 ? null : neighbour(event.key, at, shown.length, columnsOf(list));
    if (to === null) return;
    event.preventDefault();
    focus(shown[to] as number);
  });
  const focus = (index: number) => {
    makeCurrent(index);
    cards.get(index)?.button.focus();
  };

  return {
    element: list,
    focus,
    shown: () => shown,
    refresh() {
      const next = order();
      if (next.length !== shown.length || next.some((index, at) => index !== shown[at])) {
        const focused = document.activeElement;
        shown = next;
        list.replaceChildren(...shown.map((index) => cardOf(index).element));
        if (focused instanceof HTMLElement && list.contains(focused)) focused.focus();
        if (!shown.includes(current) && shown.length > 0) makeCurrent(shown[0] as number);
        else makeCurrent(current);
      }
      shown.forEach(writeCaption);
      // What is out of view is painted when it comes into view, or is printed.
      inView.forEach(show);
      whenIdle(() => {
        for (const index of cards.keys()) release(index);
        shown.slice(0, ALWAYS_DRAWN).forEach(want);
      });
    },
  };
}

const whenIdle = (work: () => void) =>
  'requestIdleCallback' in window ? requestIdleCallback(work) : setTimeout(work, 200);

/** Which position a key leads to from `at`; null where it leads nowhere. */
export function neighbour(key: string, at: number, length: number, columns: number): number | null {
  const to: Readonly<Record<string, number>> = {
    ArrowLeft: at - 1,
    ArrowRight: at + 1,
    ArrowUp: at - columns,
    ArrowDown: at + columns,
    Home: 0,
    End: length - 1,
  };
  const next = to[key];
  return next !== undefined && next >= 0 && next < length && next !== at ? next : null;
}

/** How many cards there are in a row, as they are laid out now. */
function columnsOf(list: HTMLElement): number {
  const items = [...list.children] as HTMLElement[];
  const top = items[0]?.offsetTop;
  const next = items.findIndex(({ offsetTop }) => offsetTop !== top);
  return next < 0 ? Math.max(1, items.length) : next;
}
