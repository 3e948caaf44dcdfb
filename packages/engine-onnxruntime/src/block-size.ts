import { Emitter } from './emitter.js';
import { encodeModel } from './onnx-model.js';
import { createSession, Tensor } from './ort-binding.js';

let measured: number | undefined;

/**
 * How many channels ONNX Runtime's blocked convolutions (`com.microsoft.nchwc`) put in a block on this machine: 16 with
 * AVX-512, 8 with AVX2; 0 where there are none. It can't be asked for, so it is seen from what its reordering does.
 */
export function blockSize(): number {
  measured ??= measure();
  return measured;
}

function measure(): number {
  const channels = 64;
  const width = 2;
  const emitter = new Emitter(0);
  const dims = [1, channels, 1, width];
  const image = emitter.input('float32', dims);
  // The result is a model output in its own right, not a value that ONNX Runtime could fold away.
  emitter.output(emitter.op('ReorderInput', [image], {}, 'com.microsoft.nchwc'), 'float32', dims);
  try {
    const session = createSession(encodeModel(emitter.graph()), {
      intraOpNumThreads: 1,
      logSeverityLevel: 4,
    });
    const data = Float32Array.from({ length: channels * width }, (_, i) => i);
    const { output0 } = session.run({ input0: new Tensor('float32', data, dims) }, { output0: null }, {});
    session.dispose();
    // Element 1 is the second pixel of the first channel: it comes after the first pixel of a block's channels.
    return (output0 as Tensor).data.indexOf(1 as never);
  } catch {
    return 0;
  }
}
