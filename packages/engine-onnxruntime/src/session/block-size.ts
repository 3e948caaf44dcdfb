import { blockedConv } from '../blocked/image.js';
import { Emitter } from '../emit/emitter.js';
import { encodeModel, NCHWC } from '../onnx/onnx-model.js';
import { createSession, Tensor } from './ort-binding.js';

let measured: number | undefined;

/**
 * How many channels ONNX Runtime's blocked convolutions put in a block on this machine: 16 with AVX-512, 8 with AVX2; 0 where
 * there are none, or where they don't do what is expected of them: they are an internal matter of ONNX Runtime. The number
 * can't be asked for, so it is seen from what its reordering does.
 */
export function blockSize(): number {
  measured ??= measure();
  return measured;
}

const CHANNELS = 64;
const WIDTH = 2;

function measure(): number {
  try {
    const dims = [1, CHANNELS, 1, WIDTH];
    const ramp = Float32Array.from({ length: CHANNELS * WIDTH }, (_, i) => i);
    const emitter = new Emitter(0);
    const image = emitter.op('ReorderInput', [emitter.input('float32', dims)], {}, NCHWC);
    const factor = emitter.input('float32', [CHANNELS, 1, 1, 1]);
    const doubled = blockedConv(emitter, image, factor, { kernel: [1, 1], group: CHANNELS });
    const plain = emitter.op('ReorderOutput', [doubled], { channels: CHANNELS }, NCHWC);
    emitter.output(image, 'float32', dims);
    emitter.output(plain, 'float32', dims);
    const session = createSession(encodeModel(emitter.graph()), {
      intraOpNumThreads: 1,
      logSeverityLevel: 4,
    });
    const { output0, output1 } = session.run(
      {
        input0: new Tensor('float32', ramp, dims),
        input1: new Tensor('float32', new Float32Array(CHANNELS).fill(2), [CHANNELS, 1, 1, 1]),
      },
      { output0: null, output1: null },
      {},
    );
    session.dispose();
    const [blocked, result] = [output0?.data, output1?.data] as [Float32Array, Float32Array];
    // Element 1, the second pixel of the first channel, comes after the first pixel of a block's channels.
    const size = blocked.indexOf(1);
    return ramp.every((value, i) => result[i] === 2 * value) ? size : 0;
  } catch {
    return 0;
  }
}
