// Which challengers run: as set, and only those that the register has as such.
import { readSettings } from '@saidao/config';
import { createLogger, createProvider } from '@saidao/worker';
import { describe, expect, it } from 'vitest';
import { composeShadow, type Registered } from './compose.ts';
import { challengerSettings } from './settings.ts';

const net: Registered = {
  id: 'net',
  version: 1,
  kind: 'onnx',
  digest: 'abc',
  status: 'validated',
  role: 'challenger',
  file: 'net.v1.onnx',
};
const remote: Registered = { ...net, id: 'remote', kind: 'http', file: 'remote.v1.json' };

function lines(challengers: string | undefined, models: readonly Registered[] = []) {
  return composeShadow(
    {
      settings: readSettings(challengerSettings, { CHALLENGERS: challengers }),
      provider: createProvider,
      logger: createLogger({ service: 'scoring', level: 'silent' }),
      onStop: () => undefined,
    },
    models,
    () => null,
  );
}

describe('the shadow line', () => {
  it('is none without challengers', () => {
    expect(lines(undefined)).toEqual([]);
  });

  it('is one for all of them', () => {
    const both = 'http:remote@1=http://localhost:1/score, http:other@2=https://localhost/score';
    const models = [remote, { ...remote, id: 'other', version: 2 }];
    expect(lines(both, models).map(({ name }) => name)).toEqual(['shadow']);
  });

  it.each<[string, Partial<Registered>, string]>([
    ['a scorecard', { kind: 'card' }, 'net@1 is registered as card'],
    ['a model elsewhere', { kind: 'http' }, 'net@1 is registered as http'],
    ['the champion', { role: 'champion' }, 'net@1 is registered as champion'],
    ['a draft', { status: 'draft' }, 'net@1 is draft'],
    ['retired', { status: 'retired' }, 'net@1 is retired'],
    ['of another version', { version: 2 }, 'net@1 is not registered'],
  ])('is not started with a model that is %s', (_what, change, fault) => {
    expect(() => lines('onnx:net@1', [{ ...net, ...change }])).toThrow(fault);
  });

  it('tells every fault at once', () => {
    expect(() => lines('onnx:a@1,http:b@2=http://localhost/score,onnx:a@1')).toThrow(
      'a@1 is not registered; b@2 is not registered; a@1 is not registered; a@1 stands twice',
    );
  });

  it.each(['net@1', 'onnx:net', 'onnx:net@0', 'http:net@1', 'http:net@1=ftp://x', 'card:net@1'])(
    'takes no setting like %s',
    (challengers) => {
      expect(() => lines(challengers)).toThrow(/CHALLENGERS/);
    },
  );
});
