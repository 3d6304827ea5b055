// Writes a network as an ONNX file: the few messages of its protocol buffers that it needs.
import type { Network } from './network.ts';

// Field numbers, operators and types as onnx.proto has them; opset 17 is read by every runtime
// since 2022.
const IR_VERSION = 8;
const OPSET = 17;
const FLOAT = 1;
const ATTRIBUTE_INT = 2;

export interface OnnxModelOf {
  readonly name: string;
  readonly version: number;
  readonly doc: string;
  /** Names of the inputs, each a share and a mark for missing. */
  readonly inputs: readonly string[];
  readonly network: Network;
}

export function onnxFile({ name, version, doc, inputs, network }: OnnxModelOf): Buffer {
  const { hiddenWeights, hiddenBiases, outputWeights, outputBias } = network;
  const hidden = hiddenBiases.length;
  const graph = message(
    bytes(1, node('Concat', inputs, 'all', intAttribute('axis', 1))),
    bytes(1, node('Gemm', ['all', 'hidden-weights', 'hidden-biases'], 'sums')),
    bytes(1, node('Relu', ['sums'], 'hidden')),
    bytes(1, node('Gemm', ['hidden', 'output-weights', 'output-bias'], 'sum')),
    bytes(1, node('Sigmoid', ['sum'], 'share')),
    text(2, name),
    bytes(5, tensor('hidden-weights', [hiddenWeights.length, hidden], hiddenWeights.flat())),
    bytes(5, tensor('hidden-biases', [hidden], hiddenBiases)),
    bytes(5, tensor('output-weights', [hidden, 1], outputWeights)),
    bytes(5, tensor('output-bias', [1], [outputBias])),
    ...inputs.map((input) => bytes(11, valueInfo(input, [1, 2]))),
    bytes(12, valueInfo('share', [1, 1])),
  );
  return message(
    int(1, IR_VERSION),
    text(2, 'saidao'),
    int(5, version),
    text(6, doc),
    bytes(7, graph),
    bytes(8, message(int(2, OPSET))),
  );
}

function node(operator: string, inputs: readonly string[], output: string, attribute?: Buffer) {
  return message(
    ...inputs.map((input) => text(1, input)),
    text(2, output),
    text(4, operator),
    ...(attribute === undefined ? [] : [bytes(5, attribute)]),
  );
}

function intAttribute(name: string, value: number): Buffer {
  return message(text(1, name), int(3, value), int(20, ATTRIBUTE_INT));
}

function tensor(name: string, dims: readonly number[], values: readonly number[]): Buffer {
  const raw = Buffer.alloc(values.length * 4);
  values.forEach((value, at) => raw.writeFloatLE(value, at * 4));
  return message(...dims.map((dim) => int(1, dim)), int(2, FLOAT), text(8, name), bytes(9, raw));
}

function valueInfo(name: string, dims: readonly number[]): Buffer {
  const shape = message(...dims.map((dim) => bytes(1, message(int(1, dim)))));
  const type = message(bytes(1, message(int(1, FLOAT), bytes(2, shape))));
  return message(text(1, name), bytes(2, type));
}

function message(...fields: readonly Buffer[]): Buffer {
  return Buffer.concat(fields);
}

function int(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
}

function varint(value: number): Buffer {
  const octets: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) octets.push((rest % 0x80) | 0x80);
  return Buffer.from([...octets, rest]);
}
