import { create, toBinary } from '@bufbuild/protobuf';
import type { DataTypeName } from '../types.js';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from './onnx_pb.js';

/** An ONNX model as plain data, and how it is encoded. */
export type OnnxType = DataTypeName | 'int64' | 'float64';
export type AttributeValue =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] };

export interface OnnxNode {
  readonly opType: string;
  readonly domain: string;
  /** Names of tensors; '' leaves an optional input out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** A number is an int attribute; `{float}` is a float one; lists likewise. */
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** An input or an output of a graph. */
export interface OnnxTensorInfo {
  readonly name: string;
  readonly type: OnnxType;
  /** A string names a dimension whose size is known when the graph is run. */
  readonly dims: readonly (number | string)[];
}

export interface OnnxInitializer {
  readonly name: string;
  readonly type: OnnxType;
  readonly dims: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxInitializer[];
  readonly inputs: readonly OnnxTensorInfo[];
  readonly outputs: readonly OnnxTensorInfo[];
}

const elementTypes: Record<OnnxType, TensorProto_DataType> = {
  float32: TensorProto_DataType.FLOAT,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  float64: TensorProto_DataType.DOUBLE,
  bool: TensorProto_DataType.BOOL,
};

/** The domain of ONNX Runtime's nodes on blocked images. */
export const NCHWC = 'com.microsoft.nchwc';

/** Domains a graph may use, with the versions of their operator sets. */
export const operatorSets: Record<string, number> = { '': 18, 'com.microsoft': 1, [NCHWC]: 1 };

/** The number by which ONNX knows a type. */
export const elementType = (type: OnnxType): number => elementTypes[type];

/** The bytes of an ONNX model file. */
export function encodeModel(graph: OnnxGraph): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: '@adfw/engine-onnxruntime',
      opsetImport: [...new Set(['', ...graph.nodes.map((node) => node.domain)])].map((domain) => ({
        domain,
        version: BigInt(operatorSets[domain] as number),
      })),
      graph: {
        name: 'recorded',
        node: graph.nodes.map(encodeNode),
        initializer: graph.initializers.map(encodeInitializer),
        input: graph.inputs.map(encodeTensorInfo),
        output: graph.outputs.map(encodeTensorInfo),
      },
    }),
  );
}

/** ONNX Runtime calls a node by it, in messages, profiles and options. */
export const nodeName = ({ opType, outputs }: OnnxNode): string => `${opType}:${outputs[0]}`;

const encodeNode = (node: OnnxNode) =>
  create(NodeProtoSchema, {
    name: nodeName(node),
    opType: node.opType,
    domain: node.domain,
    input: [...node.inputs],
    output: [...node.outputs],
    attribute: Object.entries(node.attributes).map(([name, value]) => encodeAttribute(name, value)),
  });

function encodeAttribute(name: string, value: AttributeValue) {
  if (typeof value === 'number') {
    return create(AttributeProtoSchema, { name, type: AttributeType.INT, i: BigInt(value) });
  }
  if (typeof value === 'string') {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeType.STRING,
      s: new TextEncoder().encode(value),
    });
  }
  if ('float' in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: value.float });
  if ('floats' in value)
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOATS, floats: [...value.floats] });
  return create(AttributeProtoSchema, { name, type: AttributeType.INTS, ints: value.map(BigInt) });
}

const encodeInitializer = ({ name, type, dims, data }: OnnxInitializer) =>
  create(TensorProtoSchema, {
    name,
    dims: dims.map(BigInt),
    dataType: elementTypes[type],
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });

const encodeTensorInfo = ({ name, type, dims }: OnnxTensorInfo) =>
  create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: 'tensorType',
        value: {
          elemType: elementTypes[type],
          shape: { dim: dims.map(encodeDimension) },
        },
      },
    },
  });

const encodeDimension = (size: number | string) => ({
  value:
    typeof size === 'string'
      ? { case: 'dimParam' as const, value: size }
      : { case: 'dimValue' as const, value: BigInt(size) },
});
