/** Puts a report together: one HTML file that asks for nothing from anywhere. */
import { createHash } from 'node:crypto';

/** What runs in the page: a classic script, and its style sheet. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

const generatedBy = (command: string): string => `<meta name="generator" content="adfw ${command}">`;

/** What every report has near its beginning. */
export const GENERATOR = generatedBy('report');
/** The same of every page of a data set. */
export const DATA_GENERATOR = generatedBy('data');

/**
 * @param title plain text.
 * @param pictures by the index of the image; each is text that the page reads when the image comes into view. They come last, so
 * that everything else works before they are there.
 */
export function reportHtml(
  title: string,
  document: object,
  pictures: ReadonlyMap<number, object>,
  { script, style }: PageAssets,
  generator = GENERATOR,
): string {
  const code = script.replaceAll(/<\/(script)/gi, '<\\/$1').replaceAll('<!--', '<\\!--');
  const hash = createHash('sha256').update(code).digest('base64');
  // Nothing is asked for over the network, and no script runs but this one, whatever the names of files look like.
  const policy = `default-src 'none'; script-src 'sha256-${hash}'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    generator,
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<link rel="icon" href="data:,">',
    `<title>${escapedText(title)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<noscript>This report is drawn by JavaScript, which is switched off.</noscript>',
    '<main id="report"></main>',
    jsonElement('report-document', document),
    `<script>${code}</script>`,
    ...[...pictures].map(([index, picture]) => jsonElement(`picture-${index}`, picture)),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

/** JSON that HTML cannot take for anything else. */
const jsonElement = (id: string, value: unknown): string =>
  `<script type="application/json" id="${id}">${JSON.stringify(value).replaceAll('<', '\\u003c')}</script>`;

const escapedText = (text: string): string =>
  text.replaceAll(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
