/** Shows an image with its map, where the model has maps, its verdict and score. */
import type { ImageAnswer } from '../predict/prediction-answer.js';
import { element } from './element.js';

/** @param image what was sent, for the browser to show. */
export function showResult(answer: ImageAnswer, image: Blob, name: string): void {
  const { width, height, verdict, score, map, heatMap = '' } = answer;
  const title = verdict === null ? 'No verdict' : verdict === 'defective' ? 'Defective' : 'Nominal';
  const heading = element('verdict');
  heading.textContent = title;
  heading.className = verdict ?? '';
  element('explanation').textContent = explanation(answer);
  showGauge(answer);
  showFacts(answer);
  showImage(image, name, answer);
  element('map-controls').hidden = map === null;
  element('heat').hidden = map === null;
  element<HTMLImageElement>('heat').src = heatMap;
  element('heat').setAttribute('alt', `Anomaly map of ${name}`);
  element('outline').setAttribute('viewBox', `0 0 ${width} ${height}`);
  element('outline')
    .querySelector('path')
    ?.setAttribute('d', (answer.outline ?? []).map(closedLine).join(''));
  element('caption').textContent = `${name}, ${width} × ${height}`;
  element('result').hidden = false;
  element('result').classList.remove('old');
  document.title = `${title} (${short(score)}) – adfw`;
}

/** The colours of the maps: as the server draws them, with the threshold in the middle where it is between the ends. */
export function showScale(range: { min: number; max: number } | null, threshold: number | null): void {
  const isBetween = range !== null && threshold !== null && threshold > range.min && threshold < range.max;
  element('scale-min').textContent = range === null ? 'low' : short(range.min);
  element('scale-middle').textContent = isBetween ? `threshold ${short(threshold)}` : '';
  element('scale-max').textContent = range === null ? 'high' : short(range.max);
}

/** Dims what is shown, since it is about another image than the one that is being looked at. */
export const showOldResult = (): void => element('result').classList.add('old');

function explanation({ verdict, regionCount, score, threshold }: ImageAnswer): string {
  if (verdict === null || threshold === null)
    return 'The model has no threshold. Set one with adfw threshold, and start the server again.';
  if (verdict === 'nominal') return `Its score is below the threshold${difference(score, threshold)}.`;
  const what = !regionCount
    ? 'Its score reaches'
    : regionCount === 1
      ? 'One region reaches'
      : `${regionCount} regions reach`;
  return `${what} the threshold${difference(score, threshold)}.`;
}

/** How far a score is from the threshold, where that is a share of it: scores of some methods may be negative. */
function difference(score: number, threshold: number): string {
  if (threshold <= 0 || score < 0) return '';
  const ratio = score / threshold;
  if (ratio < 1) return `, by ${percent(1 - ratio)} of it`;
  return ratio < 3
    ? `; the score is ${percent(ratio - 1)} above it`
    : `; the score is ${Number(ratio.toPrecision(2))} times it`;
}

const percent = (part: number): string => `${Number((100 * part).toPrecision(2))} %`;

/** The threshold is in its middle; scores beyond the ends are at them. */
function showGauge({ normalizedScore }: ImageAnswer): void {
  element('gauge').hidden = normalizedScore === null;
  if (normalizedScore === null) return;
  const position = Math.min(1, Math.max(0, normalizedScore));
  element('gauge-score').style.setProperty('left', `${100 * position}%`);
}

function showFacts({ score, normalizedScore, threshold, map, regionCount }: ImageAnswer): void {
  const facts: [string, string][] = [['Score', short(score)]];
  if (threshold !== null) facts.push(['Threshold', short(threshold)]);
  if (normalizedScore !== null) facts.push(['Normalised', normalizedScore.toFixed(2)]);
  if (map && map.defectiveArea !== null)
    facts.push(
      ['Defective area', `${(100 * map.defectiveArea).toFixed(map.defectiveArea < 0.1 ? 2 : 0)} %`],
      ['Regions', String(regionCount)],
    );
  element('facts').replaceChildren(
    ...facts.flatMap(([term, value]) =>
      (['dt', 'dd'] as const).map((tag) =>
        Object.assign(document.createElement(tag), { textContent: tag === 'dt' ? term : value }),
      ),
    ),
  );
}

let shownUrl = '';

function showImage(image: Blob, name: string, { width, height, map }: ImageAnswer): void {
  URL.revokeObjectURL(shownUrl);
  shownUrl = URL.createObjectURL(image);
  const shown = element<HTMLImageElement>('image');
  for (const [name, value] of Object.entries({ width, height }))
    element('result').style.setProperty(`--${name}`, String(value));
  shown.alt = name;
  const showAsShown = (isShown: boolean) => {
    shown.classList.toggle('unshown', !isShown);
    element('unshown').hidden = isShown;
    element('picture').hidden = !isShown && map === null;
  };
  element('unshown').textContent =
    map === null
      ? 'This browser cannot show the image itself.'
      : 'This browser cannot show the image itself: only its map is seen.';
  shown.onload = () => showAsShown(true);
  // As most cannot show TIFF.
  shown.onerror = () => showAsShown(false);
  shown.src = shownUrl;
}

const short = (value: number): string => String(Number(value.toPrecision(4)));

const closedLine = (ring: readonly (readonly [number, number])[]): string =>
  `M${ring.map((point) => point.join(' ')).join('L')}Z`;
