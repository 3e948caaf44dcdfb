/** How pictures are drawn, chosen for all of them at once. */
import { element, labelledChoice, tickBox } from '../shared/elements.js';
import { createValue, type Value } from '../shared/value.js';
import type { PictureStyle } from './draw-picture.js';

export function pictureStyle(): Value<PictureStyle> {
  return createValue<PictureStyle>({ heat: 0.6, showsPredicted: true, showsTrue: true });
}

/** Several sets of controls of one style show the same. @param hasMaps of the pictures: there is nothing to choose of what is not drawn. */
export function pictureControls(
  style: Value<PictureStyle>,
  { hasMaps }: { readonly hasMaps: boolean },
): HTMLElement[] {
  const change = (changed: Partial<PictureStyle>) => style.set({ ...style.get(), ...changed });
  const heat = element('input', { type: 'range', min: 0, max: 100 });
  heat.addEventListener('input', () => change({ heat: heat.valueAsNumber / 100 }));
  const predicted = tickBox('predicted outline', true, (showsPredicted) => change({ showsPredicted }));
  const truth = tickBox('true outline', true, (showsTrue) => change({ showsTrue }));
  predicted.classList.add('predicted-key');
  truth.classList.add('true-key');
  const [predictedBox, truthBox] = [predicted, truth].map((label) => label.querySelector('input'));
  style.follow((now) => {
    heat.valueAsNumber = Math.round(100 * now.heat);
    if (predictedBox) predictedBox.checked = now.showsPredicted;
    if (truthBox) truthBox.checked = now.showsTrue;
  });
  return hasMaps ? [labelledChoice('Heat map', heat), predicted, truth] : [truth];
}
