/** What the runs of a benchmark have in common, for a person to read above its tables. */
import type { BenchmarkReport, MethodReport } from '../benchmark-report.js';

/** `Seeds 42, 43, 44; mean ± standard deviation over them.` */
export const seedsText = ({ seeds }: BenchmarkReport): string =>
  seeds.length === 1
    ? `Seed ${seeds[0]}.`
    : `Seeds ${seeds.join(', ')}; numbers are mean ± sample standard deviation over them.`;

/** `patchcore: memory-bank, backbone resnet18, share 0.1, batches of 8, images of 224x224.` */
export function methodText({ name, experiment }: MethodReport): string {
  const { model, fit, images } = experiment;
  const { type, ...options } = model;
  const [height, width] = typeof images.size === 'number' ? [images.size, images.size] : images.size;
  const settings = [
    type,
    ...Object.entries(options).flatMap(([option, value]) => settingText(option, value) ?? []),
    `batches of ${fit.batchSize}`,
    `images of ${height}x${width}`,
    ...(images.fit === 'pad' ? ['padded'] : images.fit === 'crop' ? ['cut'] : []),
    ...(images.region ? ['of a region of interest'] : []),
    ...(images.tile
      ? [`tiles of ${[images.tile.size].flat().join('x')}, ${images.tile.overlap} in common`]
      : []),
    ...(fit.validationFraction === 0 ? ['no image held out'] : []),
  ];
  return `${name}: ${settings.join(', ')}.`;
}

/** Of a part its type, of a training its epochs; undefined for what is longer than a word or two. */
function settingText(option: string, value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'string') return `${option} ${value}`;
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, epochs } = value as { type?: unknown; epochs?: unknown };
  if (typeof type === 'string') return `${option} ${type}`;
  return typeof epochs === 'number' ? `${epochs} epoch${epochs === 1 ? '' : 's'}` : undefined;
}
