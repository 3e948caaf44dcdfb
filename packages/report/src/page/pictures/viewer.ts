/** The large view of one image: the image itself, and for each run what it saw. Arrow keys go to the next, Escape closes. */
import { element } from '../shared/elements.js';
import { type DecodedPicture, readPicture } from './pictures.js';

export interface ViewerOptions {
  /** The images that the arrow keys go through. */
  readonly shown: () => readonly number[];
  readonly heading: (index: number) => {
    readonly title: string;
    readonly content: readonly (Node | string)[];
  };
  /** What stands above each canvas beside the image, one for each run with maps. */
  readonly panels: (index: number) => readonly string[];
  readonly drawImage: (picture: DecodedPicture, canvas: HTMLCanvasElement, side: number) => void;
  readonly drawPanel: (
    index: number,
    panel: number,
    picture: DecodedPicture,
    canvas: HTMLCanvasElement,
    side: number,
  ) => void;
  /** Controls for how pictures are drawn. */
  readonly controls: readonly Node[];
  /** Called with the last image that was looked at. */
  readonly closed: (index: number) => void;
}

/** Pixels of the screen on a panel's longer side. */
const SIDE = 900;

export function viewer(options: ViewerOptions) {
  const title = element('h2', { id: 'viewer-title' });
  const facts = element('p', { class: 'viewer-facts' });
  const panels = element('div', { class: 'viewer-panels' });
  const button = (label: string, text: string, act: () => void) => {
    const made = element('button', { type: 'button', 'aria-label': label, title: label }, text);
    made.addEventListener('click', act);
    return made;
  };
  const dialog = element(
    'dialog',
    { class: 'viewer', 'aria-labelledby': 'viewer-title' },
    element(
      'header',
      {},
      title,
      element(
        'div',
        { class: 'viewer-buttons' },
        button('Previous image', '←', () => go(-1)),
        button('Next image', '→', () => go(1)),
        button('Close', '✕', () => dialog.close()),
      ),
    ),
    facts,
    panels,
    element('div', { class: 'viewer-controls' }, ...options.controls),
  );
  let index = 0;
  let picture: DecodedPicture | null = null;

  const go = (by: number) => {
    const shown = options.shown();
    const next = shown[shown.indexOf(index) + by];
    if (next !== undefined) show(next);
  };
  dialog.addEventListener('keydown', (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    go(by);
  });
  dialog.addEventListener('close', () => {
    picture?.image?.close();
    picture = null;
    options.closed(index);
  });
  // A click beside the dialog closes it.
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });

  const describe = () => {
    const heading = options.heading(index);
    title.textContent = heading.title;
    facts.replaceChildren(...heading.content);
  };
  const paint = () => {
    if (!dialog.open) return;
    describe();
    if (!picture) return;
    const canvases = [...panels.querySelectorAll('canvas')];
    for (const [at, canvas] of canvases.entries()) {
      if (at === 0) options.drawImage(picture, canvas, SIDE);
      else options.drawPanel(index, at - 1, picture, canvas, SIDE);
    }
  };
  const show = async (next: number) => {
    index = next;
    const before = picture;
    picture = null;
    before?.image?.close();
    describe();
    panels.replaceChildren(
      ...['image', ...options.panels(index)].map((name) =>
        element(
          'figure',
          {},
          element('figcaption', {}, name),
          element('canvas', { role: 'img', 'aria-label': name }),
        ),
      ),
    );
    const read = await readPicture(next);
    if (index !== next || !dialog.open) return read?.image?.close();
    picture = read;
    if (read) paint();
    else panels.replaceChildren(element('p', {}, 'There is no picture of this image.'));
  };
  return {
    element: dialog,
    open(which: number) {
      dialog.showModal();
      show(which);
    },
    /** After what is drawn has changed. */
    refresh: paint,
  };
}
