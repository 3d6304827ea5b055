// The trained file: made by the script alone, the same on any machine, better than a guess.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { MODEL_FILE, trainedModel } from './train.ts';

it('is what the script writes, byte for byte, and small', () => {
  const { file } = trainedModel();
  expect(file.equals(readFileSync(MODEL_FILE))).toBe(true);
  expect(file.length).toBeLessThan(50_000);
});

it('has learnt: on firms it has not seen it does far better than saying one half', () => {
  expect(trainedModel().loss).toBeLessThan(0.5);
});
