/** Makes elements. Text is always set as text, never as HTML: names of files and folders are not ours. */

type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>;
type Child = Node | string | null;

/** An element with attributes (a boolean one is there or not) and children. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  setAttributes(made, attributes);
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** The same for SVG. */
export function svgElement<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAttributes(made, attributes);
  made.append(...children.filter((child) => child !== null));
  return made;
}

export function setAttributes(of: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) of.removeAttribute(name);
    else of.setAttribute(name, value === true ? '' : String(value));
  }
}

/** A labelled choice of one of several, each a value and its text; the first is chosen. */
export function choice<Name extends string>(
  label: string,
  options: readonly (readonly [value: Name, text: string])[],
  onChange: (chosen: Name) => void,
): HTMLLabelElement & { readonly select: HTMLSelectElement } {
  const select = element('select', {}, ...options.map(([value, text]) => element('option', { value }, text)));
  select.addEventListener('change', () => onChange(select.value as Name));
  return Object.assign(labelledChoice(label, select), { select });
}

/** A label and what is chosen with, side by side. */
export const labelledChoice = (label: string, control: HTMLElement): HTMLLabelElement =>
  element('label', { class: 'choice' }, element('span', { class: 'choice-label' }, label), ' ', control);

/** A labelled box to tick. */
export function tickBox(
  label: string,
  checked: boolean,
  onChange: (checked: boolean) => void,
): HTMLLabelElement {
  const box = element('input', { type: 'checkbox', checked });
  box.addEventListener('change', () => onChange(box.checked));
  return element('label', { class: 'tick-box' }, box, ` ${label}`);
}
