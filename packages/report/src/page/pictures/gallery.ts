/**
 * A grid of pictures, of which only those in view are drawn. Arrow keys go from one to the next, Enter opens one. Where what is to be
 * seen changes, `refresh` puts it in order.
 */
import { element } from '../shared/elements.js';
import { type Card, makeCard } from './card.js';
import { type Draw, picturesInView } from './pictures-in-view.js';

export interface GalleryOptions {
  readonly images: readonly { readonly id: string; readonly hasPicture: boolean }[];
  /** Indices of the images to show, in their order. */
  readonly order: () => readonly number[];
  /** What stands under the picture, and says it all to a screen reader. */
  readonly caption: (index: number) => {
    readonly text: string;
    readonly content: () => readonly Node[];
  };
  readonly draw: Draw;
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

export function gallery({ images, order, caption, draw, open }: GalleryOptions): Gallery {
  const list = element('ul', { class: 'gallery', 'aria-label': 'Test images' });
  const cards = new Map<number, Card>();
  let shown: readonly number[] = [];
  let current = 0;
  const first = () => shown.slice(0, ALWAYS_DRAWN);
  const pictures = picturesInView(draw, (index) => first().includes(index));

  const cardOf = (index: number): Card => {
    const known = cards.get(index);
    if (known) return known;
    const made = makeCard(index, images[index]?.hasPicture === true);
    made.button.addEventListener('click', () => open(index));
    made.button.addEventListener('focus', () => makeCurrent(index));
    cards.set(index, made);
    pictures.watch(made);
    return made;
  };
  const makeCurrent = (index: number) => {
    cards.get(current)?.button.setAttribute('tabindex', '-1');
    current = index;
    cards.get(current)?.button.setAttribute('tabindex', '0');
  };
  const writeCaption = (index: number) => {
    const card = cardOf(index);
    const { text, content } = caption(index);
    if (card.text === text) return;
    card.text = text;
    card.caption.replaceChildren(...content());
    card.button.setAttribute('aria-label', text);
  };
  const arrange = (next: readonly number[]) => {
    const focused = document.activeElement;
    shown = next;
    list.replaceChildren(...shown.map((index) => cardOf(index).element));
    if (focused instanceof HTMLElement && list.contains(focused)) focused.focus();
    if (!shown.includes(current) && shown.length > 0) makeCurrent(shown[0] as number);
    else makeCurrent(current);
  };

  addEventListener('beforeprint', () => {
    for (const index of shown) pictures.paint(cardOf(index));
  });
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
      if (next.length !== shown.length || next.some((index, at) => index !== shown[at])) arrange(next);
      shown.forEach(writeCaption);
      // What is out of view is painted when it comes into view, or is printed.
      pictures.refresh();
      whenIdle(() => {
        for (const card of cards.values()) pictures.release(card);
        for (const index of first()) pictures.want(cardOf(index));
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
