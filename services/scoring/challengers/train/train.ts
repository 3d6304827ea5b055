// Trains the challenger soft-power-net and writes its file: `node services/scoring/challengers/train/train.ts`.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lossOf, trained, type Network } from './network.ts';
import { onnxFile } from './onnx-file.ts';
import { firmsOf, trainedFactors } from './sample.ts';

const NAME = 'soft-power-net';
const VERSION = 1;
export const MODEL_FILE = join(import.meta.dirname, `../../models/${NAME}.v${VERSION}.onnx`);

const DOC =
  'A challenger of the project’s own, trained on made-up firms: it shows that the port is real, ' +
  'and says nothing about any firm. Not official.';

/** The bytes of the model's file, always the same, and how it does on firms it has not seen. */
export function trainedModel(): {
  readonly file: Buffer;
  readonly inputs: readonly string[];
  readonly network: Network;
  readonly loss: number;
} {
  const factors = trainedFactors;
  const firms = firmsOf(factors, { count: 4_000, seed: 20_261_120 });
  const network = trained(firms, { hidden: 8, rounds: 30, step: 0.05, seed: 7 });
  const unseen = firmsOf(factors, { count: 2_000, seed: 20_261_121 });
  const inputs = factors.map(({ code }) => code);
  return {
    file: onnxFile({ name: NAME, version: VERSION, doc: DOC, inputs, network }),
    inputs,
    network,
    loss: lossOf(network, unseen),
  };
}

if (import.meta.main) {
  const { file, loss } = trainedModel();
  writeFileSync(MODEL_FILE, file);
  const digest = createHash('sha256').update(file).digest('hex');
  process.stdout.write(`${MODEL_FILE}\n${digest}\nloss on unseen firms: ${loss.toFixed(3)}\n`);
}
