// Tests of tfjs-core's that fail on this backend, and why. A listed test that passes is an error, as is a failing one that isn't
// listed; tests that need a kernel that isn't registered are counted apart (see features.mjs).
export const exceptions = [
  {
    why: 'There are no operations on strings.',
    tests: [
      'concat3d onnxruntime {} Accepts string tensor.',
      'equal onnxruntime {} should support string comparison',
      'fill onnxruntime {} 1D fill string',
      'fill onnxruntime {} 2D fill string',
      'greaterEqual onnxruntime {} should support string comparison',
      'greater onnxruntime {} should support string comparison',
      'lessEqual onnxruntime {} should support string comparison',
      'less onnxruntime {} should support string comparison',
      'notEqual onnxruntime {} should support string comparison',
      'slice  onnxruntime {} accepts string onnxruntime {} slices 2x2x2 array into 2x1x1 no size.',
      'slice  onnxruntime {} accepts string onnxruntime {} slices 2x2x2 array into 1x2x2 with scalar begin no size.',
      'slice  onnxruntime {} accepts string onnxruntime {} slice encoded string.',
      'sparseToDense onnxruntime {} should work for string',
      'squeeze onnxruntime {} default',
      'squeeze onnxruntime {} specific dimension',
      'squeeze onnxruntime {} all ones',
      'squeeze onnxruntime {} squeeze only ones',
      'stack onnxruntime {} accepts string.',
      'tile onnxruntime {} 1d string tensor',
      'tile onnxruntime {} 2d string tensor',
      'tile onnxruntime {} 6D string tensor',
      'unique onnxruntime {} 1d tensor with string',
      'unique onnxruntime {} 2d tensor with string',
      'unique onnxruntime {} 2d tensor with strings that have comma',
      'unique onnxruntime {} 3d tensor with string',
      'unstack onnxruntime {} accepts string',
      'tensor.toString onnxruntime {} 1d long string tensor verbose',
      'tensor.toString onnxruntime {} 2d long string tensor verbose',
    ],
  },
  {
    why: 'The last digit of float32: the tests expect that of float64, rounded.',
    tests: ['exp onnxruntime {} int32', 'tan onnxruntime {} numbers exceed float32 precision'],
  },
  {
    why: 'Values are computed when they are read, so what is wrong with them shows then.',
    tests: ['gather onnxruntime {} throws when index is out of bound'],
  },
  {
    why: 'The gradient that is given is larger than what the convolution gives: its other elements belong to no pixel.',
    tests: ['conv2dTranspose onnxruntime {} input=8x8x8,output=4x4x8,f=8,s=1,inDepth=8,p=same vec4'],
  },
  {
    why: 'ONNX Runtime refuses pooling with more padding than a window has elements.',
    tests: [
      'pool onnxruntime {} max x=[2,2,3] f=[1,1] s=2 p=1 fractional outputs default rounding',
      'pool onnxruntime {} avg x=[2,2,3] f=[1,1] s=2 p=1 fractional outputs default rounding',
      'avgPool3d onnxruntime {} x=[1,1,1,1,1] f=[2,2,2] s=1 p=2',
    ],
  },
];
