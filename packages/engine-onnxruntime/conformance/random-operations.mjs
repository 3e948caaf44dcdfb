// The operations that random programs are made of. Each says how to choose its arguments, what to compute, and whether it has a
// gradient (one that tfjs's `cpu` backend gets right). What is undefined or too steep for numbers to agree is kept away from:
// logarithms of positive numbers, powers within bounds.
import * as tf from '@tensorflow/tfjs-core';

const { equal, notEqual, greater, greaterEqual, less, lessEqual, logicalAnd, logicalOr, logicalXor } = tf;

const isReal = (step) => step.dtype === 'float32';
const isNumber = (step) => step.dtype !== 'bool';
const positive = (x) => tf.add(tf.abs(x), 0.5);
const small = (x) => tf.clipByValue(x, -2, 2);

/** One tensor, of a certain kind. */
const unary = (name, run, { of = isReal, gradient = true, image = false, options } = {}) => ({
  name,
  gradient,
  image,
  choose: (c) => (of(c.step) ? { args: [c.first], options: options?.(c) } : null),
  run: ([x], o) => run(x, o),
});

/** A shape that broadcasts with another one. */
function broadcastable({ int, chance }, shape) {
  const kept = chance(0.4) ? shape.slice(int(0, shape.length)) : shape;
  return kept.map((d) => (chance(0.3) ? 1 : d));
}
const sameShape = (a, b) => a.length === b.length && a.every((d, i) => d === b[i]);

/** Another tensor of the same shape, where there is one, or a new one that broadcasts. */
function partner(c, of) {
  const same = c.steps.flatMap((s, i) =>
    i !== c.first && of(s) && sameShape(s.shape, c.step.shape) ? [i] : [],
  );
  if (same.length > 0 && c.chance(0.5)) return c.pick(same);
  if (c.chance(0.1)) return c.first;
  return c.addInput(broadcastable(c, c.step.shape), c.step.dtype);
}

const binary = (name, run, { of = isReal, gradient = true } = {}) => ({
  name,
  gradient,
  choose: (c) => {
    if (!of(c.step)) return null;
    const args = [c.first, partner(c, of)];
    return { args: c.chance(0.3) ? args.reverse() : args };
  },
  run: ([a, b]) => run(a, b),
});

const someAxes = (c) => {
  const axes = c.step.shape.map((_, axis) => axis).filter(() => c.chance(0.5));
  return axes.length > 0 ? axes : [c.int(0, c.step.shape.length - 1)];
};
const reduction = (name, run, { of = isReal, gradient = true } = {}) => ({
  name,
  gradient,
  choose: (c) =>
    of(c.step) && c.step.shape.length > 0
      ? { args: [c.first], options: { axes: someAxes(c), keepDims: c.chance(0.3) } }
      : null,
  run: ([x], o) => run(x, o),
});

const shuffled = (c, list) => {
  const rest = [...list];
  return list.map(() => rest.splice(c.int(0, rest.length - 1), 1)[0]);
};

/** Another shape of as many elements. */
function refactored(c, shape) {
  const factors = shape.flatMap((d) => {
    const list = [];
    for (let p = 2; d > 1; p++) for (; d % p === 0; d /= p) list.push(p);
    return list;
  });
  const result = [];
  const mixed = c.chance(0.5) ? shuffled(c, factors) : factors;
  for (const f of mixed) {
    if (result.length > 0 && (result.length >= 5 || c.chance(0.5))) result[result.length - 1] *= f;
    else result.push(f);
  }
  if (result.length < 5 && c.chance(0.4)) result.splice(c.int(0, result.length), 0, 1);
  return result;
}

const anyOf = () => true;
const hasRank = (low, high) => (step) => step.shape.length >= low && step.shape.length <= high;
const axisOf = (c) => c.int(0, c.step.shape.length - 1);
/** An operation with one axis. */
const along = (name, run, { of = isReal, gradient = true, options = () => ({}) } = {}) =>
  unary(name, run, {
    of: (step) => of(step) && step.shape.length > 0,
    gradient,
    options: (c) => ({ axis: axisOf(c), ...options(c) }),
  });

const isImage = (step) => isReal(step) && step.shape.length === 4;
const channelsOf = (step) => step.shape[3];
const someChannels = (c) => c.pick([1, 4, 8, 16, 16, 32]);

/** Where windows fit: valid padding needs windows no larger than the image. */
function window(c, sizes = [1, 2, 3, [3, 2], 5]) {
  const size = c.pick(sizes);
  const [h, w] = Array.isArray(size) ? size : [size, size];
  const fits = c.step.shape[1] >= h && c.step.shape[2] >= w;
  const strides = c.pick([1, 1, 2, [2, 1]]);
  // tfjs pads by a number as if height and width had the stride of the height.
  const canPad = h === w && h >= 3 && !Array.isArray(strides);
  const pad = c.pick(['same', 'same', ...(fits ? ['valid'] : []), ...(canPad ? [1] : [])]);
  const [sh, sw] = Array.isArray(strides) ? strides : [strides, strides];
  const grows = (d, k) => d + 2 >= k;
  if (pad === 1 && !(grows(c.step.shape[1], h) && grows(c.step.shape[2], w))) return null;
  return { h, w, strides: [sh, sw], pad };
}
const rounding = (pad) => (typeof pad === 'number' ? 'floor' : undefined);

const weights = (c, shape) =>
  c.addInput(shape, 'float32', {
    scale: 2 / Math.sqrt(shape.slice(0, -1).reduce((a, b) => a * b, 1)),
    frozen: c.chance(0.15),
  });

const image = (name, choose, run, { gradient = true } = {}) => ({
  name,
  image: true,
  gradient,
  choose: (c) => (isImage(c.step) ? choose(c) : null),
  run,
});

const pooling = (name, pool, options) =>
  image(
    name,
    (c) => {
      const found = window(c, [2, 3, 3, [3, 2]]);
      return found && { args: [c.first], options: found };
    },
    ([x], { h, w, strides, pad }) => pool(x, [h, w], strides, pad, rounding(pad)),
    options,
  );

const bilinear = (x, size, corners) => tf.image.resizeBilinear(x, size, corners);
const nearest = (x, size, corners) => tf.image.resizeNearestNeighbor(x, size, corners);

const channelVector = (c, scale = 1) => c.addInput([channelsOf(c.step)], 'float32', { scale });

const images = [
  image(
    'conv2d',
    (c) => {
      const found = window(c, [1, 1, 3, 3, [3, 2], 5, 7]);
      if (!found) return null;
      const isDilated = found.strides.every((s) => s === 1) && c.chance(0.15);
      const filter = weights(c, [found.h, found.w, channelsOf(c.step), someChannels(c)]);
      return {
        args: [c.first, filter],
        options: { ...found, pad: isDilated ? 'same' : found.pad, dilations: isDilated ? 2 : 1 },
      };
    },
    ([x, filter], { strides, pad, dilations }) =>
      tf.conv2d(x, filter, strides, pad, 'NHWC', dilations, rounding(pad)),
  ),
  image(
    'conv2dTranspose',
    (c) => {
      const stride = c.pick([1, 2]);
      const [n, h, w, channels] = c.step.shape;
      const out = someChannels(c);
      const size = c.pick([2, 3, 4]);
      const filter = weights(c, [size, size, out, channels]);
      return { args: [c.first, filter], options: { stride, shape: [n, h * stride, w * stride, out] } };
    },
    ([x, filter], { stride, shape }) => tf.conv2dTranspose(x, filter, shape, stride, 'same'),
  ),
  image(
    'depthwiseConv2d',
    (c) => {
      const found = window(c, [1, 3, 3, 5]);
      if (!found || found.strides[0] !== found.strides[1]) return null;
      const filter = weights(c, [found.h, found.w, channelsOf(c.step), c.pick([1, 1, 2])]);
      return { args: [c.first, filter], options: found };
    },
    ([x, filter], { strides, pad }) => tf.depthwiseConv2d(x, filter, strides, pad, 'NHWC', 1, rounding(pad)),
  ),
  image(
    'fused conv2d',
    (c) => {
      const found = window(c, [1, 3]);
      if (!found) return null;
      const filters = someChannels(c);
      const filter = weights(c, [found.h, found.w, channelsOf(c.step), filters]);
      const bias = c.addInput([filters], 'float32', { scale: 1 });
      return {
        args: [c.first, filter, bias],
        options: { ...found, activation: c.pick(['linear', 'relu', 'relu6']) },
      };
    },
    ([x, filter, bias], { strides, pad, activation }) =>
      tf.fused.conv2d({ x, filter, strides, pad, bias, activation, dimRoundingMode: rounding(pad) }),
  ),
  image(
    'fused depthwiseConv2d',
    (c) => {
      const filter = weights(c, [3, 3, channelsOf(c.step), 1]);
      const options = { strides: c.pick([1, 2]), activation: c.pick(['linear', 'relu', 'relu6']) };
      return { args: [c.first, filter, channelVector(c)], options };
    },
    ([x, filter, bias], { strides, activation }) =>
      tf.fused.depthwiseConv2d({ x, filter, strides, pad: 'same', bias, activation }),
  ),
  pooling('maxPool', tf.maxPool),
  pooling('avgPool', tf.avgPool),
  image(
    'batchNorm',
    (c) => {
      const variance = channelVector(c, 0.7);
      return { args: [c.first, channelVector(c), variance, channelVector(c), channelVector(c, 2)] };
    },
    ([x, mean, variance, offset, scale]) => tf.batchNorm(x, mean, positive(variance), offset, scale, 1e-3),
  ),
  image(
    'batchNorm of the batch',
    (c) => ({ args: [c.first, channelVector(c), channelVector(c, 2)] }),
    ([x, offset, scale]) => {
      const { mean, variance } = tf.moments(x, [0, 1, 2]);
      return tf.batchNorm(x, mean, variance, offset, scale, 0.1);
    },
  ),
  image(
    'scale of channels',
    (c) => ({ args: [c.first, channelVector(c)] }),
    ([x, s]) => tf.mul(x, s),
  ),
  image(
    'bias of channels',
    (c) => ({ args: [c.first, channelVector(c)] }),
    ([x, b]) => tf.add(b, x),
  ),
  image(
    'relu',
    (c) => ({ args: [c.first] }),
    ([x]) => tf.relu(x),
  ),
  image(
    'relu6',
    (c) => ({ args: [c.first] }),
    ([x]) => tf.relu6(x),
  ),
  image(
    'swish',
    (c) => ({ args: [c.first] }),
    ([x]) => tf.mul(x, tf.sigmoid(x)),
  ),
  image(
    'residual',
    (c) => {
      const same = c.steps.flatMap((s, i) => (isReal(s) && sameShape(s.shape, c.step.shape) ? [i] : []));
      return { args: [c.first, c.pick(same)] };
    },
    ([a, b]) => tf.add(a, b),
  ),
  image(
    'mean of positions',
    (c) => ({ args: [c.first], options: { keepDims: c.chance(0.7) } }),
    ([x], { keepDims }) => tf.mean(x, [1, 2], keepDims),
  ),
  image(
    'sum of channels',
    (c) => ({ args: [c.first] }),
    ([x]) => tf.sum(x, 3, true),
  ),
  image(
    'norm of channels',
    (c) => ({ args: [c.first] }),
    ([x]) => tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), 3, true), 0.1))),
  ),
  image(
    'squeeze and excite',
    (c) => ({ args: [c.first, weights(c, [channelsOf(c.step), channelsOf(c.step)])] }),
    ([x, w]) => {
      const squeezed = tf.matMul(tf.mean(x, [1, 2]), w);
      return tf.mul(x, tf.reshape(tf.sigmoid(squeezed), [x.shape[0], 1, 1, x.shape[3]]));
    },
  ),
  image(
    'resizeBilinear',
    (c) => ({ args: [c.first], options: { size: [c.int(1, 9), c.int(1, 9)], half: c.chance(0.5) } }),
    ([x], { size, half }) => tf.image.resizeBilinear(x, size, false, half),
    // The cpu backend's gradient mixes up height and width.
    { gradient: false },
  ),
  image(
    'resizeNearestNeighbor',
    (c) => ({ args: [c.first], options: { size: [c.int(1, 9), c.int(1, 9)] } }),
    ([x], { size }) => tf.image.resizeNearestNeighbor(x, size),
    { gradient: false },
  ),
  // Gradients of the cpu backend are right for one square image, and never end for one of a single pixel.
  ...Object.entries({
    'resizeBilinear of a square': bilinear,
    'resizeNearestNeighbor of a square': nearest,
  }).map(([name, resize]) =>
    image(
      name,
      (c) => {
        const [n, h, w] = c.step.shape;
        const size = c.int(1, 9);
        return n === 1 && h === w && h > 1 && size > 1
          ? { args: [c.first], options: { size, corners: c.chance(0.5) } }
          : null;
      },
      ([x], { size, corners }) => resize(x, [size, size], corners),
    ),
  ),
  image(
    'channels first',
    (c) => ({ args: [c.first, weights(c, [3, 2, channelsOf(c.step), someChannels(c)])] }),
    ([x, filter]) => {
      const first = tf.transpose(x, [0, 3, 1, 2]);
      return tf.transpose(tf.conv2d(first, filter, 1, 'same', 'NCHW'), [0, 2, 3, 1]);
    },
  ),
  image(
    'pool with dilations',
    (c) => ({ args: [c.first], options: { type: c.pick(['max', 'avg']) } }),
    ([x], { type }) => tf.pool(x, 2, type, 'same', 2, 1),
    // tfjs's gradient of averages counts what was padded.
    { gradient: false },
  ),
  image(
    'localResponseNormalization',
    (c) => ({ args: [c.first], options: { radius: c.int(1, 3) } }),
    ([x], { radius }) => tf.localResponseNormalization(x, radius, 1, 0.5, 0.5),
  ),
  image(
    'flipLeftRight',
    (c) => ({ args: [c.first] }),
    ([x]) => tf.image.flipLeftRight(x),
    { gradient: false },
  ),
  image(
    'rotateWithOffset',
    (c) => ({ args: [c.first], options: { radians: c.real(-3, 3) } }),
    ([x], { radians }) => tf.image.rotateWithOffset(x, radians, 0.5),
    { gradient: false },
  ),
  image(
    'cropAndResize',
    (c) => {
      const boxes = c.addInput([3, 4], 'float32', { scale: 1.2 });
      const size = [c.int(1, 5), c.int(1, 5)];
      return { args: [c.first, boxes], options: { size, method: c.pick(['bilinear', 'nearest']) } };
    },
    ([x, boxes], { size, method }) =>
      tf.image.cropAndResize(x, boxes, tf.zeros([3], 'int32'), size, method, 0.3),
    { gradient: false },
  ),
  image(
    'dilation2d',
    (c) => ({
      args: [c.first, weights(c, [2, 3, channelsOf(c.step)])],
      options: { strides: c.pick([1, 2]) },
    }),
    ([x, filter], { strides }) => tf.dilation2d(x, filter, strides, 'same'),
    { gradient: false },
  ),
  image(
    'depthToSpace',
    (c) => (channelsOf(c.step) % 4 === 0 ? { args: [c.first] } : null),
    ([x]) => tf.depthToSpace(x, 2),
    { gradient: false },
  ),
  image(
    'maxPoolWithArgmax',
    (c) => ({ args: [c.first], options: { which: c.pick(['result', 'indexes']) } }),
    ([x], { which }) => tf.maxPoolWithArgmax(x, 3, 2, 'same', true)[which],
    { gradient: false },
  ),
  image(
    'concat of channels',
    (c) => {
      const fits = c.steps.flatMap((s, i) =>
        isImage(s) && sameShape(s.shape.slice(0, 3), c.step.shape.slice(0, 3)) ? [i] : [],
      );
      const other = c.chance(0.7) ? c.pick(fits) : c.addInput([...c.step.shape.slice(0, 3), someChannels(c)]);
      return { args: [c.first, other] };
    },
    (xs) => tf.concat(xs, 3),
  ),
];

const isSquare = (step) => isReal(step) && step.shape.length >= 2 && step.shape.length <= 4;

export const operations = [
  ...images,
  unary('neg', (x) => tf.neg(x), { of: isNumber }),
  unary('abs', (x) => tf.abs(x), { of: isNumber }),
  unary('square', (x) => tf.square(x), { of: isNumber }),
  unary('relu of anything', (x) => tf.relu(x), { of: isNumber }),
  unary('elu', (x) => tf.elu(x)),
  unary('selu', (x) => tf.selu(x)),
  unary('leakyRelu', (x) => tf.leakyRelu(x, 0.3)),
  unary('sigmoid', (x) => tf.sigmoid(x)),
  // tfjs's gradient of it looks at tensors that are disposed by then.
  unary('logSigmoid', (x) => tf.logSigmoid(x), { gradient: false }),
  unary('softplus', (x) => tf.softplus(x)),
  unary('tanh', (x) => tf.tanh(x)),
  unary('erf', (x) => tf.erf(x)),
  unary('exp', (x) => tf.exp(small(x))),
  unary('expm1', (x) => tf.expm1(small(x))),
  unary('log', (x) => tf.log(positive(x))),
  unary('log1p', (x) => tf.log1p(tf.abs(x))),
  unary('sqrt', (x) => tf.sqrt(positive(x))),
  unary('rsqrt', (x) => tf.rsqrt(positive(x))),
  unary('reciprocal', (x) => tf.reciprocal(positive(x))),
  unary('sin', (x) => tf.sin(x)),
  unary('cos', (x) => tf.cos(x)),
  unary('sinh', (x) => tf.sinh(small(x))),
  unary('cosh', (x) => tf.cosh(small(x))),
  unary('atan', (x) => tf.atan(x)),
  unary('asinh', (x) => tf.asinh(x)),
  unary('asin', (x) => tf.asin(tf.mul(0.4, small(x)))),
  unary('acosh', (x) => tf.acosh(tf.add(1, positive(x)))),
  unary('atanh', (x) => tf.atanh(tf.mul(0.4, small(x)))),
  unary('clipByValue', (x) => tf.clipByValue(x, -1, 1.5)),
  unary('step', (x) => tf.step(x, 0.5)),
  unary('floor', (x) => tf.floor(x)),
  unary('ceil', (x) => tf.ceil(x)),
  unary('round', (x) => tf.round(x)),
  unary('sign', (x) => tf.sign(x), { of: isNumber, gradient: false }),
  unary('isFinite', (x) => tf.isFinite(x), { gradient: false }),
  unary('logicalNot', (x) => tf.logicalNot(x), { of: (s) => s.dtype === 'bool', gradient: false }),
  unary('cast', (x, { dtype }) => tf.cast(x, dtype), {
    of: anyOf,
    gradient: false,
    options: (c) => ({ dtype: c.pick(['float32', 'int32', 'bool']) }),
  }),
  unary('clone', (x) => tf.clone(x), { of: anyOf }),

  binary('add', tf.add, { of: isNumber }),
  binary('sub', tf.sub, { of: isNumber }),
  binary('mul', tf.mul, { of: isNumber }),
  binary('div', (a, b) => tf.div(a, positive(b)), { of: isNumber }),
  // tfjs's gradients of these know no broadcasting.
  binary('maximum', tf.maximum, { of: isNumber, gradient: false }),
  binary('minimum', tf.minimum, { of: isNumber, gradient: false }),
  unary('maximum of its square', (x) => tf.maximum(x, tf.square(x))),
  unary('minimum of its sine', (x) => tf.minimum(tf.sin(x), x)),
  binary('squaredDifference', tf.squaredDifference, { of: isNumber }),
  binary('pow', (a, b) => tf.pow(positive(a), small(b))),
  binary('atan2', tf.atan2),
  binary('prelu', tf.prelu),
  binary('mod', (a, b) => tf.mod(a, positive(b)), { gradient: false }),
  binary('mod of integers', (a, b) => tf.mod(a, tf.add(tf.abs(b), tf.scalar(1, 'int32'))), {
    of: (s) => s.dtype === 'int32',
    gradient: false,
  }),
  binary('floorDiv', (a, b) => tf.floorDiv(a, tf.add(tf.abs(b), tf.scalar(1, 'int32'))), {
    of: (s) => s.dtype === 'int32',
    gradient: false,
  }),
  ...Object.entries({ equal, notEqual, greater, greaterEqual, less, lessEqual }).map(([name, run]) =>
    binary(name, run, { of: anyOf, gradient: false }),
  ),
  ...Object.entries({ logicalAnd, logicalOr, logicalXor }).map(([name, run]) =>
    binary(name, run, { of: (s) => s.dtype === 'bool', gradient: false }),
  ),
  {
    name: 'where',
    gradient: true,
    choose: (c) => ({
      args: [c.addInput(c.step.shape, 'bool'), c.first, c.addInput(c.step.shape, c.step.dtype)],
    }),
    run: (args) => tf.where(...args),
  },

  reduction('sum', (x, { axes, keepDims }) => tf.sum(x, axes, keepDims), { of: anyOf }),
  reduction('mean', (x, { axes, keepDims }) => tf.mean(x, axes, keepDims), { of: anyOf }),
  reduction('max', (x, { axes, keepDims }) => tf.max(x, axes, keepDims), { of: isNumber }),
  reduction('min', (x, { axes, keepDims }) => tf.min(x, axes, keepDims), { of: isNumber }),
  reduction('prod', (x, { axes, keepDims }) => tf.prod(x, axes, keepDims)),
  reduction('logSumExp', (x, { axes, keepDims }) => tf.logSumExp(x, axes, keepDims)),
  reduction('all', (x, { axes, keepDims }) => tf.all(x, axes, keepDims), {
    of: (s) => s.dtype === 'bool',
    gradient: false,
  }),
  reduction('any', (x, { axes, keepDims }) => tf.any(x, axes, keepDims), {
    of: (s) => s.dtype === 'bool',
    gradient: false,
  }),
  reduction('moments', (x, { axes, keepDims }) => tf.moments(x, axes, keepDims).variance),
  reduction('norm', (x, { axes, keepDims }) => tf.sqrt(tf.add(tf.sum(tf.square(x), axes, keepDims), 0.1))),

  along('argMax', (x, { axis }) => tf.argMax(x, axis), { of: anyOf, gradient: false }),
  along('argMin', (x, { axis }) => tf.argMin(x, axis), { of: anyOf, gradient: false }),
  along('softmax', (x) => tf.softmax(x)),
  along('logSoftmax', (x) => tf.logSoftmax(x)),
  // tfjs's gradient turns the axes the wrong way round where it isn't the last one.
  along('cumsum', (x, { exclusive, reverse }) => tf.cumsum(x, -1, exclusive, reverse), {
    of: isNumber,
    options: (c) => ({ exclusive: c.chance(0.5), reverse: c.chance(0.5) }),
  }),
  along(
    'cumsum along any axis',
    (x, { axis, exclusive, reverse }) => tf.cumsum(x, axis, exclusive, reverse),
    {
      of: isNumber,
      gradient: false,
      options: (c) => ({ exclusive: c.chance(0.5), reverse: c.chance(0.5) }),
    },
  ),
  along('cumprod', (x, { axis, exclusive, reverse }) => tf.cumprod(x, axis, exclusive, reverse), {
    of: isNumber,
    gradient: false,
    options: (c) => ({ exclusive: c.chance(0.5), reverse: c.chance(0.5) }),
  }),
  along('reverse', (x, { axis }) => tf.reverse(x, axis), { of: anyOf }),
  along('expandDims', (x, { axis }) => tf.expandDims(x, axis), { of: anyOf }),
  along('stack', (x, { axis }) => tf.stack([x, x], axis), { of: anyOf }),
  along('concat with itself', (x, { axis }) => tf.concat([x, x], axis), { of: anyOf }),
  // tfjs's gradient of what gives one part only fails.
  ...[
    ['split', (x, { axis, at }) => tf.split(x, [at, x.shape[axis] - at], axis)[1]],
    ['unstack', (x, { axis, at }) => tf.unstack(x, axis)[at]],
  ].map(([name, run]) => ({
    name,
    gradient: true,
    choose: (c) => {
      const axes = c.step.shape.flatMap((d, axis) => (d > 1 ? [axis] : []));
      if (axes.length === 0) return null;
      const axis = c.pick(axes);
      return { args: [c.first], options: { axis, at: c.int(1, c.step.shape[axis] - 1) } };
    },
    run: ([x], o) => run(x, o),
  })),
  along('gather', (x, { axis, indices }) => tf.gather(x, tf.tensor1d(indices, 'int32'), axis), {
    of: anyOf,
    options: (c) => {
      const axis = axisOf(c);
      return { axis, indices: Array.from({ length: c.int(1, 4) }, () => c.int(0, c.step.shape[axis] - 1)) };
    },
  }),
  along('topk', (x, { which, k }) => tf.topk(x, Math.min(k, x.shape.at(-1)))[which], {
    of: isNumber,
    gradient: false,
    options: (c) => ({ which: c.pick(['values', 'indices']), k: c.int(1, 4) }),
  }),
  along('tile', (x, { reps }) => tf.tile(x, reps), {
    of: (s) => s.shape.length <= 4,
    options: (c) => ({ reps: c.step.shape.map(() => c.int(1, 2)) }),
  }),
  along('pad', (x, { paddings, value }) => tf.pad(x, paddings, value), {
    of: (s) => isNumber(s) && s.shape.length <= 4,
    options: (c) => ({ paddings: c.step.shape.map(() => [c.int(0, 2), c.int(0, 2)]), value: c.int(-1, 1) }),
  }),
  along('mirrorPad', (x, { paddings, mode }) => tf.mirrorPad(x, paddings, mode), {
    of: (s) => isReal(s) && s.shape.length <= 4,
    options: (c) => ({
      paddings: c.step.shape.map((d) => [d > 1 ? 1 : 0, 0]),
      mode: c.pick(['reflect', 'symmetric']),
    }),
    // tfjs takes the slice that was not padded, which leaves out what was mirrored.
    gradient: false,
  }),
  along('slice', (x, { begin, size }) => tf.slice(x, begin, size), {
    of: anyOf,
    options: (c) => {
      const begin = c.step.shape.map((d) => c.int(0, d - 1));
      return { begin, size: c.step.shape.map((d, i) => c.int(1, d - begin[i])) };
    },
  }),
  along('stridedSlice', (x, { begin, end, strides }) => tf.stridedSlice(x, begin, end, strides), {
    of: anyOf,
    gradient: false,
    options: (c) => {
      const isBack = c.step.shape.map(() => c.chance(0.3));
      const strides = isBack.map((back) => (back ? -1 : 1) * c.int(1, 3));
      return {
        strides,
        begin: c.step.shape.map((d, i) => (isBack[i] ? d - 1 : c.int(0, d - 1))),
        end: c.step.shape.map((d, i) => (isBack[i] ? -d - 1 : d)),
      };
    },
  }),
  along('broadcastTo', (x, { shape }) => tf.broadcastTo(x, shape), {
    of: (s) => s.shape.length <= 4,
    options: (c) => ({
      shape: [...(c.chance(0.4) ? [2] : []), ...c.step.shape.map((d) => (d === 1 ? c.int(1, 4) : d))],
    }),
  }),
  along('oneHot', (x) => tf.oneHot(tf.abs(x), 6), { of: (s) => s.dtype === 'int32', gradient: false }),
  along('zeros like it', (x) => tf.add(x, tf.zerosLike(x)), { of: isNumber }),
  along('ones like it', (x) => tf.mul(tf.onesLike(x), x), { of: isNumber }),

  unary('reshape', (x, { shape }) => tf.reshape(x, shape), {
    of: anyOf,
    options: (c) => ({ shape: refactored(c, c.step.shape) }),
  }),
  unary('transpose', (x, { perm }) => tf.transpose(x, perm), {
    of: hasRank(2, 6),
    options: (c) => ({
      perm: shuffled(
        c,
        c.step.shape.map((_, axis) => axis),
      ),
    }),
  }),
  unary('squeeze', (x) => tf.squeeze(x), { of: anyOf }),
  unary('diag', (x) => tf.diag(tf.reshape(x, [-1])), {
    of: (s) => s.shape.reduce((a, b) => a * b, 1) < 60,
    gradient: false,
  }),
  {
    name: 'concat',
    gradient: true,
    choose: (c) => {
      if (c.step.shape.length === 0) return null;
      const axis = axisOf(c);
      const other = c.addInput(
        c.step.shape.map((d, i) => (i === axis ? c.int(1, 4) : d)),
        c.step.dtype,
      );
      return { args: shuffled(c, [c.first, other]), options: { axis } };
    },
    run: (xs, { axis }) => tf.concat(xs, axis),
  },
  {
    name: 'matMul',
    gradient: true,
    choose: (c) => {
      if (!isSquare(c.step)) return null;
      const [transposeA, transposeB] = [c.chance(0.4), c.chance(0.4)];
      const inner = c.step.shape.at(transposeA ? -2 : -1);
      const columns = c.pick([1, 2, 5, 16]);
      // The cpu backend broadcasts batches only from one.
      const batch = c.step.shape.slice(0, -2);
      const isPlain = c.chance(0.3);
      const shape = [...(isPlain ? [] : batch), ...(transposeB ? [columns, inner] : [inner, columns])];
      return {
        args: [c.first, c.addInput(shape, 'float32', { scale: 1 })],
        options: { transposeA, transposeB },
      };
    },
    run: ([a, b], { transposeA, transposeB }) => tf.matMul(a, b, transposeA, transposeB),
  },
  {
    name: 'fused matMul',
    gradient: true,
    choose: (c) => {
      if (!isReal(c.step) || c.step.shape.length !== 2) return null;
      const columns = c.pick([1, 3, 16]);
      const vectors = [0, 1].map(() => c.addInput([columns], 'float32', { scale: 1 }));
      const matrix = weights(c, [c.step.shape[1], columns]);
      const activation = c.pick(['linear', 'relu', 'sigmoid', 'elu', 'prelu']);
      return { args: [c.first, matrix, ...vectors], options: { activation } };
    },
    run: ([a, b, bias, slope], { activation }) => {
      const preluActivationWeights = activation === 'prelu' ? slope : undefined;
      return tf.fused.matMul({ a, b, bias, activation, preluActivationWeights });
    },
  },
  {
    name: 'gatherND',
    gradient: false,
    choose: (c) => {
      if (c.step.shape.length === 0) return null;
      const depth = c.int(1, c.step.shape.length);
      const place = () => c.step.shape.slice(0, depth).map((d) => c.int(0, d - 1));
      return { args: [c.first], options: { indices: Array.from({ length: c.int(1, 4) }, place) } };
    },
    run: ([x], { indices }) => tf.gatherND(x, tf.tensor2d(indices, undefined, 'int32')),
  },
  ...Object.entries({
    scatterND: (indices, x, rows) => tf.scatterND(indices, x, [rows, ...x.shape.slice(1)]),
    tensorScatterUpdate: (indices, x, rows) =>
      tf.tensorScatterUpdate(tf.ones([rows, ...x.shape.slice(1)], x.dtype), indices, x),
  }).map(([name, scatter]) => ({
    name,
    gradient: false,
    choose: (c) => {
      if (!isNumber(c.step) || c.step.shape.length === 0 || c.step.shape[0] > 5) return null;
      const places = shuffled(c, [0, 1, 2, 3, 4, 5]).slice(0, c.step.shape[0]);
      return { args: [c.first], options: { places } };
    },
    run: ([x], { places }) => scatter(tf.tensor2d(places, [places.length, 1], 'int32'), x, 6),
  })),
  {
    // It reads its values, so that what comes before and after are graphs of their own.
    name: 'nonMaxSuppression',
    gradient: false,
    choose: (c) => {
      const isBoxes = isReal(c.step) && c.step.shape.length === 2 && c.step.shape[1] >= 4;
      return isBoxes ? { args: [c.first] } : null;
    },
    run: ([x]) => {
      const boxes = tf.slice(x, [0, 0], [-1, 4]);
      const kept = tf.image.nonMaxSuppression(boxes, tf.sum(x, 1), 10, 0.4);
      return tf.concat([tf.gather(boxes, kept), tf.zeros([1, 4])]);
    },
  },
  {
    name: 'attention',
    gradient: true,
    choose: (c) => (isReal(c.step) && c.step.shape.length === 3 ? { args: [c.first] } : null),
    run: ([x]) => tf.matMul(tf.softmax(tf.mul(0.1, tf.matMul(x, x, false, true))), x),
  },
  {
    name: 'einsum',
    gradient: false,
    choose: (c) => {
      if (!isReal(c.step) || c.step.shape.length !== 2) return null;
      const [, n] = c.step.shape;
      const equation = c.pick(['ij,jk->ik', 'ij,jk->ki', 'ij,jk->i']);
      return { args: [c.first, c.addInput([n, c.int(1, 4)])], options: { equation } };
    },
    run: ([a, b], { equation }) => tf.einsum(equation, a, b),
  },
  {
    name: 'unsortedSegmentSum',
    gradient: true,
    choose: (c) => {
      // Sums of integers are float32 on the cpu backend.
      if (!isReal(c.step) || c.step.shape.length === 0) return null;
      const ids = Array.from({ length: c.step.shape[0] }, () => c.int(0, 2));
      return { args: [c.first], options: { ids } };
    },
    run: ([x], { ids }) => tf.unsortedSegmentSum(x, tf.tensor1d(ids, 'int32'), 3),
  },
  {
    name: 'spaceToBatchND',
    gradient: true,
    choose: (c) => {
      if (!isNumber(c.step) || c.step.shape.length < 3 || c.step.shape.length > 4) return null;
      return { args: [c.first], options: { paddings: [1, 2].map((axis) => [0, c.step.shape[axis] % 2]) } };
    },
    run: ([x], { paddings }) => tf.spaceToBatchND(x, [2, 2], paddings),
  },
  {
    name: 'conv3d',
    gradient: true,
    choose: (c) => {
      if (!isReal(c.step) || c.step.shape.length !== 5) return null;
      return { args: [c.first, weights(c, [2, 2, 3, c.step.shape[4], 3])], options: { pad: 'same' } };
    },
    run: ([x, filter], { pad }) => tf.conv3d(x, filter, 1, pad),
  },
  unary('avgPool3d', (x) => tf.avgPool3d(x, 2, 2, 'same'), { of: (s) => isReal(s) && s.shape.length === 5 }),
  unary('maxPool3d', (x) => tf.maxPool3d(x, 2, 2, 'same'), { of: (s) => isReal(s) && s.shape.length === 5 }),
];
