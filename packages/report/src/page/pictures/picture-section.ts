/** A gallery under its heading and controls, and the large view that its pictures open. */
import { noteList } from '../details.js';
import { element } from '../shared/elements.js';
import { type GalleryOptions, gallery } from './gallery.js';
import { type ViewerOptions, viewer } from './viewer.js';

export interface PictureSectionOptions {
  readonly title: string;
  /** What the gallery lacks, a sentence each. */
  readonly notes: readonly string[];
  readonly gallery: Omit<GalleryOptions, 'open'>;
  readonly viewer: Omit<ViewerOptions, 'shown' | 'closed'>;
  /** What chooses the images, and how they are drawn. */
  readonly controls: readonly Node[];
  /** Says how many are shown. */
  readonly total: (shown: number) => string;
  /** Stands in the place of pictures where none is shown. */
  readonly empty: string;
  /** Below the pictures. */
  readonly foot?: Node;
}

export interface PictureSection {
  readonly elements: HTMLElement[];
  /** After which images are shown, what is said of them, or how they are drawn has changed. */
  refresh(): void;
}

export function pictureSection(options: PictureSectionOptions): PictureSection {
  const { title, notes, controls, foot = null } = options;
  const pictures = gallery({ ...options.gallery, open: (index) => large.open(index) });
  const large = viewer({
    ...options.viewer,
    shown: () => pictures.shown(),
    closed: (index) => pictures.focus(index),
  });
  const total = element('output', { class: 'shown' });
  const empty = element('p', { class: 'empty' }, options.empty);
  const section = element(
    'section',
    { class: 'gallery-section', 'aria-label': 'Gallery' },
    element('h2', {}, title),
    noteList(notes),
    element('div', { class: 'gallery-controls' }, ...controls, total),
    pictures.element,
    empty,
    foot,
  );
  return {
    elements: [section, large.element],
    refresh() {
      pictures.refresh();
      const shown = pictures.shown().length;
      total.textContent = options.total(shown);
      empty.hidden = shown > 0;
      large.refresh();
    },
  };
}
