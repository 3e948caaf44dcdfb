/** The comparison of several runs. */
import type { ReportDocument, RunDocument } from '../report-document.js';
import { precisionRecallChart, rocChart } from './charts/curve-charts.js';
import { comparisonTable } from './comparison-table.js';
import { experimentText, metricsTable, unfolding } from './details.js';
import { disagreements } from './disagreements.js';
import { pairedDifferences } from './paired-differences.js';
import { element } from './shared/elements.js';
import { formatMeasure } from './shared/format.js';
import { colorOf } from './shared/palette.js';
import { datasetName } from './verdict.js';

export function comparisonPage(report: ReportDocument): Node[] {
  const { runs, images } = report;
  const labels = images.map(({ label }) => label);
  const hasBothKinds = labels.includes(0) && labels.includes(1);
  const curves = {
    labels,
    runs: runs.map(({ name, scores, thresholds }, run) => ({
      name,
      scores,
      color: colorOf(run),
      thresholds: {
        ...(thresholds.deployed !== null && { deployed: thresholds.deployed }),
        ...(thresholds.benchmark !== null && { benchmark: thresholds.benchmark }),
      },
    })),
  };
  return [
    element(
      'header',
      { class: 'verdict' },
      element('h1', {}, `${runs.length} runs on ${datasetName(runs[0] as RunDocument)}`),
      element('p', {}, bestInWords(runs)),
      ...pairedDifferences(runs, labels).map((sentence) => element('p', { class: 'note' }, sentence)),
      element('div', { class: 'wide' }, comparisonTable(runs, labels)),
      element(
        'p',
        { class: 'note' },
        'The best of each column is bold. False bads are good images called defective, false goods the other way round; the benchmark threshold is chosen on the test images, the deployed one without them.',
      ),
    ),
    ...(hasBothKinds
      ? [
          element(
            'section',
            { class: 'charts', 'aria-label': 'Charts' },
            rocChart(curves),
            precisionRecallChart(curves),
          ),
        ]
      : []),
    ...disagreements(report),
    element(
      'section',
      { class: 'details' },
      ...runs.map((run) =>
        unfolding(`${run.name}: measures and experiment`, metricsTable(run), experimentText(run.experiment)),
      ),
    ),
  ];
}

function bestInWords(runs: readonly RunDocument[]): string {
  const ranked = runs
    .flatMap(({ name, metrics }) =>
      metrics.imageAuroc === null ? [] : [{ name, auroc: metrics.imageAuroc }],
    )
    .sort((a, b) => b.auroc - a.auroc);
  const [first, second] = ranked;
  if (!first || !second)
    return 'Image AUROC needs good and defective test images, so the runs cannot be ranked by it.';
  if (first.auroc === second.auroc)
    return `${ranked.filter(({ auroc }) => auroc === first.auroc).length} runs share the best image AUROC, ${formatMeasure(first.auroc)}.`;
  return `${first.name} has the best image AUROC, ${formatMeasure(first.auroc)}; then ${second.name}, ${formatMeasure(second.auroc)}.`;
}
