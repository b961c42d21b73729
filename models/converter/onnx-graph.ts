import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";

export const FLOAT = TensorProto_DataType.FLOAT;

/** Constants of at most this many values are stored once, however often they are used. */
const SHARED_CONSTANT_LENGTH = 8;

type Attributes = Readonly<Record<string, number | readonly number[]>>;
/** A number is a fixed length, a string names one that is known at run time. */
type Shape = readonly (number | string)[];

/** Collects the nodes and constants of one ONNX graph. Names come from a counter, so that equal calls give equal bytes. */
export class OnnxGraph {
  readonly #nodes: NodeProto[] = [];
  readonly #constants: TensorProto[] = [];
  readonly #inputs: ValueInfoProto[] = [];
  readonly #outputs: ValueInfoProto[] = [];
  readonly #sharedConstants = new Map<string, string>();
  #count = 0;

  /** Declares a float32 input and returns its name. */
  input(name: string, shape: Shape): string {
    this.#inputs.push(floatValue(name, shape));
    return name;
  }

  /** Declares a value computed by a node as a float32 output. */
  output(name: string, shape: Shape): void {
    this.#outputs.push(floatValue(name, shape));
  }

  /** Adds an operator with one output and returns that output's name. */
  node(opType: string, input: readonly string[], attributes: Attributes = {}, name = `t${this.#count++}`): string {
    const attribute = Object.entries(attributes).map(([key, value]) => attributeOf(key, value));
    this.#nodes.push(create(NodeProtoSchema, { name, opType, input: [...input], output: [name], attribute }));
    return name;
  }

  /** Adds a constant and returns its name. */
  constant(data: Float32Array | Uint8Array, dims: readonly number[]): string {
    const name = `w${this.#count++}`;
    const dataType = data instanceof Float32Array ? TensorProto_DataType.FLOAT : TensorProto_DataType.UINT8;
    if (data.length <= SHARED_CONSTANT_LENGTH) {
      const key = `${dataType}|${dims.join()}|${data.join()}`;
      const shared = this.#sharedConstants.get(key);
      if (shared !== undefined) return shared;
      this.#sharedConstants.set(key, name);
    }
    this.#constants.push(
      create(TensorProtoSchema, { name, dataType, dims: dims.map(BigInt), rawData: littleEndian(data) }),
    );
    return name;
  }

  scalar(value: number): string {
    return this.constant(Float32Array.of(value), []);
  }

  /** The whole graph as the bytes of an .onnx file. */
  toModel(name: string, opset: number, metadata: Readonly<Record<string, string>>): Uint8Array {
    const graph = create(GraphProtoSchema, {
      name,
      node: this.#nodes,
      initializer: this.#constants,
      input: this.#inputs,
      output: this.#outputs,
    });
    const model = create(ModelProtoSchema, {
      irVersion: 8n,
      producerName: "tfjs2onnx",
      producerVersion: "1",
      opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(opset) })],
      metadataProps: Object.entries(metadata).map(([key, value]) =>
        create(StringStringEntryProtoSchema, { key, value }),
      ),
      graph,
    });
    return toBinary(ModelProtoSchema, model);
  }
}

function attributeOf(name: string, value: number | readonly number[]): AttributeProto {
  return typeof value === "number"
    ? create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) })
    : create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) });
}

function floatValue(name: string, shape: Shape): ValueInfoProto {
  const dim = shape.map((length) =>
    create(TensorShapeProto_DimensionSchema, {
      value:
        typeof length === "string" ? { case: "dimParam", value: length } : { case: "dimValue", value: BigInt(length) },
    }),
  );
  const value = create(TypeProto_TensorSchema, {
    elemType: FLOAT,
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value } }),
  });
}

/** ONNX raw data is little-endian. */
function littleEndian(data: Float32Array | Uint8Array): Uint8Array<ArrayBuffer> {
  if (data instanceof Uint8Array) return Uint8Array.from(data);
  const bytes = new Uint8Array(data.length * 4);
  const view = new DataView(bytes.buffer);
  data.forEach((value, i) => {
    view.setFloat32(i * 4, value, true);
  });
  return bytes;
}
