import type { Optimizer } from '../contracts/optimizer.js';
import type { Composition } from '../experiment/compose.js';

/** Gives `work` an optimizer for each student, in their order; what they hold is freed when it ends, however it does. */
export async function withOptimizers<T>(
  { students, createOptimizer }: Pick<Composition, 'students' | 'createOptimizer'>,
  work: (optimizers: readonly Optimizer[]) => Promise<T>,
): Promise<T> {
  const optimizers: Optimizer[] = [];
  try {
    for (const index of students.keys()) optimizers.push(await createOptimizer(index));
    return await work(optimizers);
  } finally {
    for (const optimizer of optimizers) optimizer.dispose();
  }
}
