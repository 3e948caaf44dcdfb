/** What the runs of a benchmark have in common, for a person to read above its tables. */
import type { BenchmarkReport, MethodReport } from '../benchmark-report.js';

/** `Seeds 42, 43, 44; mean ± standard deviation over them.` */
export const seedsText = ({ seeds }: BenchmarkReport): string =>
  seeds.length === 1
    ? `Seed ${seeds[0]}.`
    : `Seeds ${seeds.join(', ')}; numbers are mean ± sample standard deviation over them.`;

/** `stfpm: teacher resnet18, student resnet18, 100 epochs, batches of 32, images of 224x224.` */
export function methodText({ name, experiment }: MethodReport): string {
  const { teacher, student, training, dataset } = experiment;
  const students =
    student.count === 1 ? `student ${student.type}` : `${student.count} students ${student.type}`;
  const size = dataset?.imageSize;
  const images = typeof size === 'number' ? [`images of ${size}x${size}`] : [];
  const heldOut = training.validationFraction === 0 ? ['no image held out'] : [];
  const epochs = `${training.epochs} epoch${training.epochs === 1 ? '' : 's'}`;
  const batches = `batches of ${training.batchSize}`;
  return `${name}: ${[`teacher ${teacher.type}`, students, epochs, batches, ...images, ...heldOut].join(', ')}.`;
}
