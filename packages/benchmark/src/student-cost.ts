/** What the students of a run cost. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type PartChoice, parseSafetensors, type ResolvedExperiment, studentChoice } from '@adfw/core';
import { bottleneckChannels } from '@adfw/method-simple-student';
import {
  architectureNames,
  type NetworkShape,
  networkCost,
  type ResidualShapeOptions,
  type ResNetArchitecture,
  residualShape,
  resNetShape,
} from '@adfw/networks';
import { runPaths } from '@adfw/runner';

export interface StudentCost {
  /** Numbers that all students and their adapters learn. */
  readonly parameters: number;
  /** Multiplications that are added up, an image; null for networks that do not say. */
  readonly multiplyAdds: number | null;
}

/**
 * @param folder the directory of a complete run.
 * @returns null where its model was removed.
 */
export async function studentCost(
  folder: string,
  experiment: ResolvedExperiment,
): Promise<StudentCost | null> {
  const file = join(runPaths(folder).model, 'weights.safetensors');
  if (!existsSync(file)) return null;
  const { tensors } = parseSafetensors(await readFile(file), file);
  const learnt = Object.entries(tensors).filter(
    ([name]) => name.startsWith('student') && !/running_(mean|var)$/.test(name),
  );
  return {
    parameters: learnt.reduce((sum, [, { data }]) => sum + data.length, 0),
    multiplyAdds: multiplyAdds(experiment),
  };
}

function multiplyAdds({ student, teacher, layers, dataset }: ResolvedExperiment): number | null {
  const teacherShape = shapeOf(teacher);
  const size = dataset?.imageSize;
  if (typeof size !== 'number') return null;
  let cost = 0;
  for (let index = 0; index < student.count; index++) {
    const shape = shapeOf(studentChoice(student, index));
    if (!shape) return null;
    cost += networkCost(shape, layers, [size, size]).multiplyAdds;
    if (student.adapter === 'none') continue;
    if (!teacherShape) return null;
    for (const layer of layers) {
      const [from, to] = [shape, teacherShape].map(
        (of) => of.layers[layer as 'layer1']?.at(-1)?.outputs ?? 0,
      );
      // Layer k halves the image k + 1 times.
      const positions = Math.ceil(size / 2 ** (Number(layer.at(-1)) + 1)) ** 2;
      cost += (from as number) * (to as number) * positions;
    }
  }
  return Number.isFinite(cost) ? cost : null;
}

/** The shape of a residual network; undefined for other networks. */
function shapeOf({ type, ...options }: PartChoice): NetworkShape | undefined {
  if ((architectureNames as readonly string[]).includes(type))
    return resNetShape(type as ResNetArchitecture, options);
  if (type === 'simple-student')
    return resNetShape('resnet18', {
      ...options,
      innerChannels: bottleneckChannels(options.width as number),
    });
  return type === 'residual' ? residualShape(options as unknown as ResidualShapeOptions) : undefined;
}
