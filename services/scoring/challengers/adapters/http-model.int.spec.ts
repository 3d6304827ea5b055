// A model behind HTTP: a process of its own that answers well, badly, late or not at all.
import { createProvider } from '@saidao/worker';
import { describe, expect, it } from 'vitest';
import { challengerConformance, question, someFeatures } from '../challenger.conformance.ts';
import { startRemoteModel } from '../remote-model/remote-model.fixture.ts';
import { httpModel } from './http-model.ts';

const model = { id: 'remote', version: 1, kind: 'http', digest: 'digest' } as const;

function at(url: string, deadlineMs = 5_000) {
  return httpModel({ model, url, provider: createProvider({ name: 'remote', deadlineMs }) });
}

describe('a remote model', () => {
  challengerConformance(async () => at(await startRemoteModel()));

  it('says of the mean of what it knows so many points', async () => {
    const remote = at(await startRemoteModel());
    expect(await remote.score(someFeatures, question())).toEqual({
      kind: 'answered',
      points: 4_444,
    });
  });

  it.each([
    ['error', 'failed', /status 500/],
    ['hang', 'timed-out', /within 200 ms/],
    ['garbage', 'nonsense', /no JSON/],
    ['no-points', 'nonsense', /no points/],
  ])('that shows %s is %s', async (behaviour, kind, detail) => {
    const deadlineMs = behaviour === 'hang' ? 200 : 5_000;
    const remote = at(await startRemoteModel(behaviour), deadlineMs);
    const says = await remote.score(someFeatures, question());
    expect(says).toMatchObject({ kind, detail: expect.stringMatching(detail) });
  });

  it('hands on points that are none, for the line to judge', async () => {
    const remote = at(await startRemoteModel('wrong-points'));
    expect(await remote.score(someFeatures, question())).toEqual({ kind: 'answered', points: 1e9 });
  });

  it('that is not there fails, and is no longer asked once that is known', async () => {
    const remote = at('http://127.0.0.1:1/score');
    for (let asked = 0; asked < 20; asked += 1) {
      expect(await remote.score(someFeatures, question())).toMatchObject({ kind: 'failed' });
    }
    expect(await remote.score(someFeatures, question())).toMatchObject({
      kind: 'failed',
      detail: 'remote fails; it is not asked for now',
    });
  });
});
