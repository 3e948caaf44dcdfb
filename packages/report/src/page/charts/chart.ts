/** What all charts share: a figure that is drawn again when its width changes. */
import { element } from '../shared/elements.js';

export type DrawnChart = SVGSVGElement | HTMLElement;

/**
 * @param draw gives the chart in a width, in pixels.
 * @param below what stands under it.
 */
export function chart(
  title: string,
  draw: (width: number) => DrawnChart,
  below: string | Node | null = null,
) {
  const place = element('div', { class: 'chart' });
  const figure = element(
    'figure',
    {},
    element('h3', {}, title),
    place,
    below === null ? null : element('figcaption', {}, below),
  );
  let drawnWidth = 0;
  new ResizeObserver(([entry]) => {
    const width = Math.round(entry?.contentRect.width ?? 0);
    if (width === 0 || width === drawnWidth) return;
    drawnWidth = width;
    place.replaceChildren(draw(width));
  }).observe(place);
  return figure;
}
