// An ONNX model in its process: sound, without a runtime or a file, hanging, and killed.
import { writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@saidao/testkit';
import { createLogger, createProvider } from '@saidao/worker';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  challengerConformance,
  pointsOf,
  question,
  someFeatures,
} from '../challenger.conformance.ts';
import { MODEL_FILE, trainedModel } from '../train/train.ts';
import { answerOf } from '../train/network.ts';
import { onnxModel, type OnnxModelOptions } from './onnx-model.ts';

const model = { id: 'soft-power-net', version: 1, kind: 'onnx', digest: 'digest' } as const;

/** Starting its process takes a moment, so it is given time unless the test is about that. */
function open(change: Partial<OnnxModelOptions> & { readonly deadlineMs?: number } = {}) {
  const { deadlineMs = 10_000, ...rest } = change;
  const opened = onnxModel({
    model,
    path: MODEL_FILE,
    provider: createProvider({ name: 'soft-power-net', deadlineMs }),
    logger: createLogger({ service: 'scoring', level: 'silent' }),
    ...rest,
  });
  onTestFinished(() => opened.stop());
  return opened;
}

describe('a model in an ONNX file', () => {
  challengerConformance(async () => open());

  it('says what the network said that was written to the file', async () => {
    const { network, inputs } = trainedModel();
    const challenger = open();
    for (const share of [0, 250_000, 1_000_000]) {
      const features = Object.fromEntries(inputs.map((code) => [code, share]));
      const wanted =
        answerOf(
          network,
          inputs.flatMap(() => [share / 1_000_000, 0]),
        ) * 10_000;
      const points = await pointsOf(challenger, features);
      expect(Math.abs(Number(points) - wanted)).toBeLessThanOrEqual(1);
    }
  });

  it('fails where its runtime is not installed, and says so in the log at the start', async () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const logger = createLogger({ service: 'scoring', destination });
    const challenger = open({ runtime: 'onnxruntime-that-is-not-installed', logger });
    await eventually('the log says so', () => lines.length > 0);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'warn',
      provider: 'soft-power-net',
      reason: 'onnxruntime-that-is-not-installed is not installed',
      msg: 'the challenger cannot run',
    });
    const wanted = {
      kind: 'failed',
      detail: 'soft-power-net: onnxruntime-that-is-not-installed is not installed',
    };
    expect(await challenger.score(someFeatures, question())).toEqual(wanted);
    await eventually('its process has ended', () => challenger.pid() === undefined);
    expect(await challenger.score(someFeatures, question())).toEqual(wanted);
  });

  it('fails where the file holds no model', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'onnx-'));
    const path = join(folder.path, 'no-model.onnx');
    writeFileSync(path, 'no model');
    expect(await open({ path }).score(someFeatures, question())).toMatchObject({
      kind: 'failed',
      detail: expect.stringContaining('the model cannot be opened'),
    });
  });

  it('that hangs is late, and another process answers afterwards', async () => {
    const challenger = open({ deadlineMs: 2_000 });
    await eventually('it answers', () => pointsOf(challenger, someFeatures));
    const first = challenger.pid() ?? 0;
    process.kill(first, 'SIGSTOP');
    expect(await challenger.score(someFeatures, question())).toMatchObject({
      kind: 'timed-out',
      detail: 'soft-power-net did not answer within 2000 ms',
    });
    await eventually('it answers again', () => pointsOf(challenger, someFeatures));
    expect(challenger.pid()).not.toBe(first);
  });

  it('that hangs while it loads is ended too, and tried anew with the next question', async () => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const challenger = open({
      runtime: 'data:text/javascript,await new Promise(() => setInterval(() => {}, 1000));',
      loadMs: 1_000,
      deadlineMs: 200,
      logger: createLogger({ service: 'scoring', destination }),
    });
    const first = challenger.pid();
    expect(await challenger.score(someFeatures, question())).toMatchObject({ kind: 'timed-out' });
    // The deadline of an answer is not the end of a process that only loads.
    expect(challenger.pid()).toBe(first);
    await eventually('its process has ended', () => challenger.pid() === undefined);
    expect(lines.join()).toContain('not ready within 1000 ms');
    expect(await challenger.score(someFeatures, question())).toMatchObject({ kind: 'timed-out' });
    expect(challenger.pid()).not.toBe(first);
  });

  it('whose process dies fails once, and another process answers afterwards', async () => {
    const challenger = open();
    await pointsOf(challenger, someFeatures);
    const first = challenger.pid() ?? 0;
    process.kill(first, 'SIGSTOP');
    const asked = challenger.score(someFeatures, question());
    process.kill(first, 'SIGKILL');
    expect(await asked).toMatchObject({ kind: 'failed' });
    await eventually('it answers again', () => pointsOf(challenger, someFeatures));
  });
});
