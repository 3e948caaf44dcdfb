/** Wide residual networks (Zagoruyko and Komodakis 2016, "Wide Residual Networks", table 1), of small images. */
import { ConfigurationError, tf } from '@adfw/core';
import { batchNorm, classifier, convolution, type Layer, relu, sequence } from '@adfw/networks';

export interface WideResidualOptions {
  /** 6 n + 4 layers with weights, for n blocks in each of the three groups. */
  readonly depth: number;
  /** k: channels of the groups are 16, 32 and 64 times it. */
  readonly width: number;
  readonly classes: number;
}

const STEM = 16;

/**
 * Images `[N, H, W, 3]` to logits `[N, 1, 1, classes]`. A convolution to 16 channels, three groups of blocks, the second and third of which
 * halve height and width, and a classifier of the mean over positions. Its tensors are `conv1.weight`, `group1.0.bn1.weight`, …, `fc.bias`.
 * @throws ConfigurationError for a depth that is not 6 n + 4.
 */
export function wideResidualNetwork({ depth, width, classes }: WideResidualOptions): Layer {
  const blocks = (depth - 4) / 6;
  if (!Number.isInteger(blocks) || blocks < 1)
    throw new ConfigurationError(
      `A Wide ResNet cannot be ${depth} layers deep: it has 6 n + 4 of them. Give $.model.depth 10, 16, 22 or 28.`,
    );
  let inputs = STEM;
  const groups = [1, 2, 3].flatMap((group) =>
    Array.from({ length: blocks }, (_, index) => {
      const outputs = STEM * width * 2 ** (group - 1);
      const stride = group > 1 && index === 0 ? 2 : 1;
      const block = preactivated(`group${group}.${index}`, inputs, outputs, stride);
      inputs = outputs;
      return block;
    }),
  );
  return sequence(
    convolution('conv1', 3, STEM, { size: 3 }),
    ...groups,
    batchNorm('bn', inputs),
    relu,
    classifier('fc', inputs, classes),
  );
}

/**
 * A block of two 3x3 convolutions, each after batch normalisation and ReLU (He et al. 2016, "Identity Mappings in Deep Residual Networks",
 * figure 4e). What goes by is x as it came, or where the channels or the size change, a 1x1 convolution of what the first ReLU gives.
 */
function preactivated(name: string, inputs: number, outputs: number, stride: number): Layer {
  const activation = sequence(batchNorm(`${name}.bn1`, inputs), relu);
  const branch = sequence(
    convolution(`${name}.conv1`, inputs, outputs, { size: 3, stride }),
    batchNorm(`${name}.bn2`, outputs),
    relu,
    convolution(`${name}.conv2`, outputs, outputs, { size: 3 }),
  );
  const shortcut =
    inputs === outputs && stride === 1
      ? null
      : convolution(`${name}.shortcut`, inputs, outputs, { size: 1, stride });
  return {
    tensors: [activation, branch, ...(shortcut ? [shortcut] : [])].flatMap(({ tensors }) => tensors),
    apply(x, pass) {
      const activated = activation.apply(x, pass);
      return tf.add(branch.apply(activated, pass), shortcut?.apply(activated, pass) ?? x);
    },
    work(size) {
      const { multiplyAdds, size: after } = branch.work(size);
      return { multiplyAdds: multiplyAdds + (shortcut?.work(size).multiplyAdds ?? 0), size: after };
    },
  };
}
