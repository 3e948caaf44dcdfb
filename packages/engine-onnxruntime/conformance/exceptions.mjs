// What tfjs-core's suite tests and this backend does not do. Tests that use strings fail too: it has no strings.

/** Kernels it lacks; a program that needs one is told its name. */
export const kernels = [
  'AvgPool3D',
  'BatchToSpaceND',
  'Bincount',
  'BitwiseAnd',
  'BroadcastArgs',
  'Complex',
  'Conv3D',
  'Conv3DBackpropInputV2',
  'CropAndResize',
  'Cumprod',
  'DenseBincount',
  'DepthToSpace',
  'Diag',
  'Dilation2D',
  'FlipLeftRight',
  'FusedDepthwiseConv2D',
  'LRN',
  'MaxPool3D',
  'MaxPoolWithArgmax',
  'Multinomial',
  'NonMaxSuppressionV3',
  'NonMaxSuppressionV4',
  'NonMaxSuppressionV5',
  'RaggedGather',
  'RaggedRange',
  'RaggedTensorToTensor',
  'SearchSorted',
  'SpaceToBatchND',
  'SparseFillEmptyRows',
  'SparseReshape',
  'SparseSegmentMean',
  'SparseSegmentSum',
  'SparseToDense',
  'StaticRegexReplace',
  'StringNGrams',
  'StringSplit',
  'StringToHashBucketFast',
  'TensorScatterUpdate',
  'Transform',
  'Unique',
];

export const failures = [
  {
    why: "ONNX Runtime's reductions don't look for NaN.",
    tests: [
      'argmax onnxruntime {} ignores NaNs',
      'argmin onnxruntime {} ignores NaNs',
      'max onnxruntime {} return NaNs',
      'min onnxruntime {} return NaNs',
    ],
  },
  {
    why: 'The last digits of float32 are expected to be those of float64.',
    tests: ['exp onnxruntime {} int32', 'tan onnxruntime {} numbers exceed float32 precision'],
  },
  {
    why: 'Values are computed when they are read, so what is wrong with them shows then.',
    tests: ['gather onnxruntime {} throws when index is out of bound'],
  },
  {
    why: 'A gradient of 8x8 for an image of 4x4 at stride 1 is no gradient of any convolution.',
    tests: ['conv2dTranspose onnxruntime {} input=8x8x8,output=4x4x8,f=8,s=1,inDepth=8,p=same vec4'],
  },
  {
    why: 'ONNX Runtime refuses windows that lie in the padding alone.',
    tests: [
      'pool onnxruntime {} max x=[2,2,3] f=[1,1] s=2 p=1 fractional outputs default rounding',
      'pool onnxruntime {} avg x=[2,2,3] f=[1,1] s=2 p=1 fractional outputs default rounding',
    ],
  },
];
