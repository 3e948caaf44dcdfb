// Draws what study-training.mjs measured: image AUROC over epochs, a panel a data set, a line a way of training.
//
//   node bench/plot-training.mjs OUT.svg 'LABEL=FILE.jsonl[,FILE.jsonl…]' …
//
// The files of one label are seeds or data sets of it; the mean over seeds is drawn, and each seed as a dot.
import { readFile, writeFile } from 'node:fs/promises';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

const [out, ...series] = process.argv.slice(2);
const points = [];
for (const entry of series) {
  const [label, files] = entry.split('=');
  for (const file of files.split(','))
    for (const line of (await readFile(file, 'utf8')).trim().split('\n')) {
      const { settings, epoch, tested, auroc } = JSON.parse(line);
      points.push({ label, data: settings.data, epoch, auroc: tested?.imageAuroc ?? auroc.combined });
    }
}
const labels = series.map((entry) => entry.split('=')[0]);
const panels = [...new Set(points.map(({ data }) => data))];
const { document } = parseHTML('<html><body></body></html>');
const title = `Image AUROC over epochs on ${panels.join(', ')}`;
const marks = {
  fx: 'data',
  x: 'epoch',
  y: 'auroc',
  stroke: 'label',
};
const svg = Plot.plot({
  document,
  width: 420 * panels.length + 60,
  height: 360,
  marginLeft: 50,
  marginTop: 40,
  marginBottom: 60,
  style: { background: 'white', color: '#222', fontFamily: 'system-ui, sans-serif', fontSize: '12px' },
  fx: { label: null, domain: panels },
  x: { label: 'epoch', insetLeft: 8, insetRight: 8 },
  y: { label: '↑ image AUROC', grid: true },
  color: {
    domain: labels,
    range: ['#999999', '#e69f00', '#0072b2', '#009e73', '#cc79a7'].slice(0, labels.length),
  },
  marks: [
    Plot.line(points, Plot.groupX({ y: 'mean' }, { ...marks, strokeWidth: 2 })),
    Plot.dot(points, { ...marks, fill: 'label', r: 2.2 }),
    // A legend in the picture, which Plot's own is not.
    ...labels.map((label, index) =>
      Plot.text([label], {
        text: [label],
        fill: [label],
        fx: [panels.at(-1)],
        frameAnchor: 'bottom-right',
        dx: -8,
        dy: -18 * (labels.length - index),
        fontWeight: 600,
      }),
    ),
  ],
});
svg.querySelector('style').remove();
svg.prepend(Object.assign(document.createElementNS(svg.namespaceURI, 'title'), { textContent: title }));
await writeFile(out, `${svg.outerHTML}\n`);
