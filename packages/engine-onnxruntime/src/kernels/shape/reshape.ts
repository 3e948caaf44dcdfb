import {
  ExpandDims,
  type ExpandDimsAttrs,
  type ExpandDimsInputs,
  Identity,
  type IdentityInputs,
  Reshape,
  type ReshapeAttrs,
  type ReshapeInputs,
  util,
} from '@tensorflow/tfjs-core';
import { type Kernel, kernelConfig } from '../../kernel.js';

/** Kernels that give the data they are given, under another shape: nothing is computed. */

const reshape: Kernel<ReshapeInputs, ReshapeAttrs> = ({ inputs: { x }, attrs, backend }) => {
  const size = util.sizeFromShape(x.shape);
  const shape = util.inferFromImplicitShape(attrs.shape, size);
  util.assert(
    size === util.sizeFromShape(shape),
    () => `Reshape: [${x.shape}] has ${size} elements, [${shape}] has ${util.sizeFromShape(shape)}.`,
  );
  return backend.view(x, shape);
};

const expandDims: Kernel<ExpandDimsInputs, ExpandDimsAttrs> = ({
  inputs: { input },
  attrs: { dim },
  backend,
}) => {
  const rank = input.shape.length;
  util.assert(
    -(rank + 1) <= dim && dim <= rank,
    () => `ExpandDims: axis ${dim} is not in a tensor of rank ${rank}.`,
  );
  const shape = [...input.shape];
  shape.splice(dim < 0 ? rank + dim + 1 : dim, 0, 1);
  return backend.view(input, shape);
};

const identity: Kernel<IdentityInputs, object> = ({ inputs: { x }, backend }) => backend.view(x, x.shape);

export const reshapeConfigs = [
  kernelConfig(Reshape, reshape),
  kernelConfig(ExpandDims, expandDims),
  kernelConfig(Identity, identity),
];
