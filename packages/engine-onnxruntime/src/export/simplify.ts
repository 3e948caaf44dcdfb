import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSession } from '../session/ort-binding.js';

/**
 * The model as ONNX Runtime simplifies it where it may use standard nodes only, whatever the machine: constants are computed
 * once, batch normalisation is folded into convolutions, what does nothing is left out.
 */
export async function simplify(model: Uint8Array): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'adfw-onnx-'));
  try {
    const optimizedModelFilePath = join(folder, 'model.onnx');
    createSession(model, {
      graphOptimizationLevel: 'basic',
      optimizedModelFilePath,
      logSeverityLevel: 4,
    }).dispose();
    return await readFile(optimizedModelFilePath);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
