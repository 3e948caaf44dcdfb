/** The test images of a run, to be sorted and filtered by what the threshold makes of them. */
import type { ImageDocument, ReportDocument, RunDocument } from '../report-document.js';
import { kindChoice } from './kind-choice.js';
import { type OutcomeFilter, outcomeFilters, outcomeOf, outcomes, passes } from './outcome.js';
import { drawPicture } from './pictures/draw-picture.js';
import { pictureControls, pictureStyle } from './pictures/picture-controls.js';
import { pictureSection } from './pictures/picture-section.js';
import { choice, element } from './shared/elements.js';
import { count, formatScore } from './shared/format.js';
import type { Value } from './shared/value.js';

const sorts = [
  ['scoreDown', 'highest score first'],
  ['scoreUp', 'lowest score first'],
  ['nearest', 'nearest to the threshold first'],
  ['name', 'by name'],
] as const;
type Sort = (typeof sorts)[number][0];

/** Which images are shown, and in which order. */
interface Chosen {
  sort: Sort;
  /** null for all. */
  defect: string | null;
  outcome: OutcomeFilter;
}

export function testImages(
  { images, notes }: ReportDocument,
  run: RunDocument,
  threshold: Value<number>,
): HTMLElement[] {
  const { levels } = run;
  const hasMaps = levels !== null;
  const style = pictureStyle();
  const chosen: Chosen = { sort: 'scoreDown', defect: null, outcome: 'all' };
  const set = (changed: Partial<Chosen>) => {
    Object.assign(chosen, changed);
    refresh();
  };
  const scored = scoredImages(images, run, threshold);
  const content = (index: number) => ({
    picture: null,
    run: 0,
    levels,
    threshold: threshold.get(),
    isCalledDefective: scored.isCalledDefective(index),
  });
  const { elements, refresh } = pictureSection({
    title: 'Test images',
    notes,
    gallery: {
      images,
      order: () => scored.order(chosen),
      caption: scored.caption,
      draw: (index, picture, canvas, side) =>
        drawPicture(canvas, { ...content(index), picture }, style.get(), side),
    },
    viewer: {
      heading: scored.heading,
      panels: () => (hasMaps ? ['heat map and outlines'] : []),
      drawImage: (picture, canvas, side) =>
        drawPicture(
          canvas,
          { picture, run: 0, levels: null, threshold: 0, isCalledDefective: false },
          { heat: 0, showsPredicted: false, showsTrue: !hasMaps && style.get().showsTrue },
          side,
        ),
      drawPanel: (index, _run, picture, canvas, side) =>
        drawPicture(canvas, { ...content(index), picture }, style.get(), side),
      controls: pictureControls(style, { hasMaps }),
    },
    controls: [
      choice('Sort', sorts, (sort) => set({ sort })),
      kindChoice(images, (defect) => set({ defect })),
      choice('Verdict', outcomeFilters, (outcome) => set({ outcome })),
      ...pictureControls(style, { hasMaps }),
    ],
    total: (shown) =>
      shown === images.length
        ? count(shown, 'image')
        : `${shown.toLocaleString('en')} of ${count(images.length, 'image')}`,
    empty: 'No image is like that at this threshold.',
    foot: element(
      'p',
      { class: 'printed-part' },
      'Of many images only the first ones are printed; sort and filter them to print others.',
    ),
  });
  threshold.follow(refresh);
  style.follow(refresh);
  return elements;
}

/** What the scores and the threshold say of each image. */
function scoredImages(images: readonly ImageDocument[], { scores }: RunDocument, threshold: Value<number>) {
  const scoreOf = (index: number) => scores[index] as number;
  const imageOf = (index: number) => images[index] as ImageDocument;
  const isCalledDefective = (index: number) => scoreOf(index) >= threshold.get();
  const outcome = (index: number) => outcomeOf(imageOf(index).label, isCalledDefective(index));
  const badge = (index: number) =>
    element('span', { class: `badge ${outcome(index)}` }, outcomes[outcome(index)]);
  const compare: Record<Sort, (a: number, b: number) => number> = {
    scoreDown: (a, b) => scoreOf(b) - scoreOf(a) || a - b,
    scoreUp: (a, b) => scoreOf(a) - scoreOf(b) || a - b,
    nearest: (a, b) =>
      Math.abs(scoreOf(a) - threshold.get()) - Math.abs(scoreOf(b) - threshold.get()) || a - b,
    name: (a, b) => a - b,
  };
  return {
    isCalledDefective,
    order: (chosen: Chosen) =>
      [...images.keys()]
        .filter((index) => chosen.defect === null || imageOf(index).defect === chosen.defect)
        .filter((index) => passes(chosen.outcome, outcome(index)))
        .sort(compare[chosen.sort]),
    /** Under a picture. */
    caption(index: number) {
      const { id, defect, label } = imageOf(index);
      const kind = label === 1 ? `defective (${defect})` : 'good';
      const called = isCalledDefective(index) ? 'defective' : 'good';
      return {
        text: `${id}, ${kind}, score ${formatScore(scoreOf(index))}, called ${called}: ${outcomes[outcome(index)]}`,
        content: () => [
          badge(index),
          element('span', { class: 'score' }, formatScore(scoreOf(index))),
          element('span', { class: 'name' }, id),
        ],
      };
    },
    /** Above the large view. */
    heading(index: number) {
      const { id, defect, label } = imageOf(index);
      const kind = label === 1 ? `defective: ${defect}` : 'good';
      const score = `score ${formatScore(scoreOf(index))}, threshold ${formatScore(threshold.get())}`;
      return { title: id, content: [badge(index), ` ${kind}, ${score}`] };
    },
  };
}
