/** The images that runs call differently, one or the other of which is wrong. */
import type { ImageDocument, ReportDocument, RunDocument } from '../report-document.js';
import { kindChoice } from './kind-choice.js';
import { drawPicture } from './pictures/draw-picture.js';
import { pictureControls, pictureStyle } from './pictures/picture-controls.js';
import { pictureSection } from './pictures/picture-section.js';
import { runKey } from './run-key.js';
import { type RunVerdicts, runVerdicts, type ThresholdKind } from './run-verdicts.js';
import { choice, element } from './shared/elements.js';
import { count } from './shared/format.js';

/** Which of them are shown. */
interface Chosen {
  kind: ThresholdKind;
  /** null for all. */
  defect: string | null;
  /** The number of a run; `any` for all. */
  right: string;
}

export function disagreements(report: ReportDocument): HTMLElement[] {
  const { runs, images, notes } = report;
  const style = pictureStyle();
  const hasDeployed = runs.filter(({ thresholds }) => thresholds.deployed !== null).length > 1;
  const chosen: Chosen = { kind: hasDeployed ? 'deployed' : 'benchmark', defect: null, right: 'any' };
  const verdicts = runVerdicts(images, () => chosen.kind);
  const imageOf = (index: number) => images[index] as ImageDocument;
  const runOf = (at: number) => runs[at] as RunDocument;
  /** In the large view each of these has a panel; what the others found stands above. */
  const withMaps = [...runs.keys()].filter((run) => runs[run]?.levels);
  const withoutMaps = [...runs.keys()].filter((run) => !withMaps.includes(run));
  const content = (run: number, index: number) => ({
    run,
    levels: runOf(run).levels,
    threshold: runOf(run).thresholds[chosen.kind] ?? Number.POSITIVE_INFINITY,
    isCalledDefective: verdicts.isCalledDefective(runOf(run), index) === true,
  });
  const plain = { heat: 0, showsPredicted: false, showsTrue: true };
  const { elements, refresh } = pictureSection({
    title: 'Images that the runs call differently',
    notes,
    gallery: {
      images,
      order: () => [...images.keys()].filter((index) => isShown(report, verdicts, chosen, index)),
      caption: (index) => caption(runs, imageOf(index), verdicts, index),
      draw: (index, picture, canvas, side) =>
        drawPicture(
          canvas,
          { ...content(0, index), picture },
          { ...plain, showsTrue: style.get().showsTrue },
          side,
        ),
    },
    viewer: {
      heading: (index) => ({
        title: imageOf(index).id,
        content: [
          [kindOf(imageOf(index)), ...withoutMaps.map((run) => verdicts.inWords(runOf(run), index))].join(
            '. ',
          ),
        ],
      }),
      panels: (index) => withMaps.map((run) => verdicts.inWords(runOf(run), index)),
      drawImage: (picture, canvas, side) =>
        drawPicture(
          canvas,
          { ...content(0, 0), picture },
          { ...plain, showsTrue: withMaps.length === 0 && style.get().showsTrue },
          side,
        ),
      drawPanel: (index, panel, picture, canvas, side) =>
        drawPicture(canvas, { ...content(withMaps[panel] as number, index), picture }, style.get(), side),
      controls: pictureControls(style, { hasMaps: withMaps.length > 0 }),
    },
    controls: choices(report, chosen, (changed) => {
      Object.assign(chosen, changed);
      refresh();
    }),
    total: (shown) => `${count(shown, 'image')} of ${images.length.toLocaleString('en')}`,
    empty: 'There is no such image.',
  });
  style.follow(refresh);
  return elements;
}

/** Whether runs call it differently, and it is one of those that were chosen. */
function isShown(
  { runs, images }: ReportDocument,
  { isCalledDefective, isRight }: RunVerdicts,
  { defect, right }: Chosen,
  index: number,
): boolean {
  const called = runs.map((run) => isCalledDefective(run, index));
  if (!called.includes(true) || !called.includes(false)) return false;
  if (defect !== null && images[index]?.defect !== defect) return false;
  return right === 'any' || isRight(runs[Number(right)] as RunDocument, index) === true;
}

const kindOf = ({ label, defect }: ImageDocument): string => (label === 1 ? `defective (${defect})` : 'good');

/** The image, and a line for each run. */
const caption = (
  runs: readonly RunDocument[],
  image: ImageDocument,
  verdicts: RunVerdicts,
  index: number,
) => ({
  text: `${image.id}, ${kindOf(image)}. ${runs.map((run) => `${run.name}: ${verdicts.name(run, index)} ${verdicts.mark(run, index)}`).join('. ')}`,
  content: () => [
    element('span', { class: 'name' }, image.id),
    ...runs.map((run, at) =>
      element(
        'span',
        { class: 'run-verdict' },
        runKey(at),
        element('span', { class: 'run-verdict-name' }, run.name),
        element('span', { class: `badge ${verdicts.mark(run, index)}` }, verdicts.name(run, index)),
      ),
    ),
  ],
});

/** What chooses the images. */
function choices(
  { runs, images }: ReportDocument,
  { kind }: Chosen,
  set: (changed: Partial<Chosen>) => void,
): HTMLElement[] {
  const kinds = choice(
    'Thresholds',
    [
      ['deployed', 'deployed'],
      ['benchmark', 'benchmark'],
    ],
    (kind) => set({ kind }),
  );
  kinds.select.value = kind;
  return [
    kinds,
    kindChoice(
      images.filter(({ disputed }) => disputed),
      (defect) => set({ defect }),
    ),
    choice(
      'Right by',
      [['any', 'any run'], ...runs.map(({ name }, run) => [String(run), name] as const)],
      (right) => set({ right }),
    ),
  ];
}
