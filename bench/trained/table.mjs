/** Results, one a run, as a table of markdown: a line for each method and data set. */

const tools = { adfw: 'adfw', pytorch: 'PyTorch', anomalib: 'anomalib' };

const aurocs = [
  { name: 'image AUROC', key: 'imageAuroc', digits: 3 },
  { name: 'pixel AUROC', key: 'pixelAuroc', digits: 3 },
];
const times = [
  { name: 'fit, s', key: 'fitSeconds', digits: 0 },
  { name: 'ms an image', key: 'msPerImage', digits: 1 },
];

/**
 * Of each measure the mean over the seeds, and of AUROCs in parentheses the range where there are several.
 * @param withTimes where the machine had nothing else to do.
 */
export function markdownTable(results, withTimes) {
  const measures = withTimes ? [...aurocs, ...times] : aurocs;
  const groups = new Map();
  for (const result of results) {
    const name = `${result.data} ${result.method}`;
    groups.set(name, [...(groups.get(name) ?? []), result]);
  }
  const head = [
    'data',
    '`--method`',
    'side, epochs, batch',
    'by',
    'seeds',
    ...measures.map(({ name }) => name),
  ];
  const rows = [...groups.values()].flatMap((runs) =>
    Object.entries(tools).flatMap(([tool, name]) => {
      const own = runs.filter((run) => run.tool === tool);
      const [first] = own;
      if (!first) return [];
      const { data, method, size, epochs, batchSize } = first;
      const values = measures.map(({ key, digits }) =>
        summary(
          own.map((run) => run[key]),
          digits,
        ),
      );
      return [[data, `\`${method}\``, `${size}, ${epochs}, ${batchSize}`, name, `${own.length}`, ...values]];
    }),
  );
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function summary(values, digits) {
  if (values.some((value) => value === null || value === undefined)) return '–';
  const mean = (values.reduce((sum, value) => sum + value, 0) / values.length).toFixed(digits);
  if (values.length === 1 || digits < aurocs[0].digits) return mean;
  return `${mean} (${Math.min(...values).toFixed(digits)} to ${Math.max(...values).toFixed(digits)})`;
}
