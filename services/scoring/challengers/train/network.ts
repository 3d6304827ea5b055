// A small network, trained by plain gradient descent: one hidden layer, one answer from 0 to 1.
import { chanceOf } from './chance.ts';
import type { TrainingFirm } from './sample.ts';

export interface Network {
  /** By input, then by hidden unit. */
  readonly hiddenWeights: number[][];
  readonly hiddenBiases: number[];
  readonly outputWeights: number[];
  outputBias: number;
}

export interface TrainOptions {
  readonly hidden: number;
  readonly rounds: number;
  readonly step: number;
  readonly seed: number;
}

export function trained(firms: readonly TrainingFirm[], options: TrainOptions): Network {
  const inputs = firms[0]?.inputs.length ?? 0;
  const network = untrained(inputs, options);
  for (let round = 0; round < options.rounds; round += 1) {
    // Smaller steps towards the end, where larger ones would only walk around the best place.
    const step = options.step * (1 - round / options.rounds);
    for (const firm of firms) learn(network, firm, step);
  }
  return network;
}

export function answerOf(network: Network, inputs: readonly number[]): number {
  return answerFrom(network, hiddenOf(network, inputs));
}

/** Mean of the logarithmic loss; a model that always says one half has 0.693. */
export function lossOf(network: Network, firms: readonly TrainingFirm[]): number {
  const losses = firms.map(({ inputs, fared }) => {
    const answer = answerOf(network, inputs);
    return -Math.log(fared === 1 ? answer : 1 - answer);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / firms.length;
}

function untrained(inputs: number, { hidden, seed }: TrainOptions): Network {
  const chance = chanceOf(seed);
  const small = (): number => (chance() - 0.5) / Math.sqrt(inputs);
  return {
    hiddenWeights: Array.from({ length: inputs }, () => Array.from({ length: hidden }, small)),
    hiddenBiases: Array.from({ length: hidden }, () => 0),
    outputWeights: Array.from({ length: hidden }, small),
    outputBias: 0,
  };
}

function hiddenOf({ hiddenWeights, hiddenBiases }: Network, inputs: readonly number[]): number[] {
  return hiddenBiases.map((bias, unit) => {
    let sum = bias;
    inputs.forEach((input, at) => (sum += input * (hiddenWeights[at]?.[unit] ?? 0)));
    return Math.max(0, sum);
  });
}

function answerFrom({ outputWeights, outputBias }: Network, hidden: readonly number[]): number {
  let sum = outputBias;
  hidden.forEach((value, unit) => (sum += value * (outputWeights[unit] ?? 0)));
  return 1 / (1 + Math.exp(-sum));
}

function learn(network: Network, { inputs, fared }: TrainingFirm, step: number): void {
  const { hiddenWeights, hiddenBiases, outputWeights } = network;
  const hidden = hiddenOf(network, inputs);
  const change = step * (fared - answerFrom(network, hidden));
  hidden.forEach((value, unit) => {
    if (value === 0) return;
    const back = change * (outputWeights[unit] ?? 0);
    outputWeights[unit] = (outputWeights[unit] ?? 0) + change * value;
    hiddenBiases[unit] = (hiddenBiases[unit] ?? 0) + back;
    inputs.forEach((input, at) => {
      const weights = hiddenWeights[at];
      if (input !== 0 && weights !== undefined) {
        weights[unit] = (weights[unit] ?? 0) + back * input;
      }
    });
  });
  network.outputBias += change;
}
