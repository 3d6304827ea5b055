// A trace: order, causes, repeats and dead letters.
import { describe, expect, it } from 'vitest';
import { deadLetterOf } from '@saidao/worker';
import { APPLICATION, asRead, incoming, outgoing } from './case-events.fixture.ts';
import { plainJson } from '@saidao/values';
import { traceOf, traceRows } from './trace-view.ts';

const RECEIVED = `${APPLICATION}/saidao.applications.v1/1`;
const VERIFIED = `${APPLICATION}/saidao.patent-findings.v1/1`;

describe('a trace', () => {
  it('is in order of time, and names the cause of each', () => {
    const entries = traceOf([
      incoming('EnterpriseScored', {}, { atMs: 1_090, cause: VERIFIED }),
      incoming('PatentsVerified', {}, { atMs: 1_050, cause: RECEIVED }),
      incoming('ApplicationReceived', {}, { atMs: 1_010, cause: 'message-ApplicationSubmitted' }),
      incoming('ApplicationSubmitted', {}, { atMs: 1_000, cause: 'message-ApplicationSubmitted' }),
    ]);
    expect(
      entries.map(({ at, type, sinceMs, stepMs, cause }) => [at, type, sinceMs, stepMs, cause]),
    ).toEqual([
      [1, 'ApplicationSubmitted', 0, undefined, undefined],
      [2, 'ApplicationReceived', 10, 10, 1],
      [3, 'PatentsVerified', 50, 40, 2],
      [4, 'EnterpriseScored', 90, 40, 3],
    ]);
  });

  it('puts a cause before its effect at the same millisecond', () => {
    const entries = traceOf([
      incoming('EnterpriseScored', {}, { atMs: 5, cause: VERIFIED }),
      incoming('PatentsVerified', {}, { atMs: 5, cause: RECEIVED }),
      incoming('ApplicationReceived', {}, { atMs: 5 }),
    ]);
    expect(entries.map(({ type }) => type)).toEqual([
      'ApplicationReceived',
      'PatentsVerified',
      'EnterpriseScored',
    ]);
  });

  it('ends even where events claim to have caused each other', () => {
    const entries = traceOf([
      incoming('PatentsVerified', {}, { atMs: 5, cause: RECEIVED }),
      incoming('ApplicationReceived', {}, { atMs: 5, cause: VERIFIED }),
    ]);
    expect(entries).toHaveLength(2);
  });

  it('marks what was published again', () => {
    const entries = traceOf([
      incoming('ApplicationReceived', {}, { atMs: 1 }),
      incoming('ApplicationReceived', {}, { atMs: 9 }),
    ]);
    expect(entries.map(({ repeat }) => repeat)).toEqual([false, true]);
    expect(traceRows(entries)[2]).toContain('ApplicationReceived (again)');
  });

  it('shows a dead letter as what came of its original, without what it holds', () => {
    const original = incoming('ApplicationReceived', {}, { atMs: 1 });
    const reason = {
      code: 'SAIDAO_TRUNCATED',
      reason: 'The bytes end early.',
      identity: RECEIVED,
      applicationId: APPLICATION,
      blocks: true,
    };
    const dead = asRead(deadLetterOf('verify', 1, { ...original, value: Buffer.of(0) }, reason), 4);
    const [, entry] = traceOf([original, dead]);
    expect(entry).toMatchObject({ cause: 1, stepMs: 3, data: undefined });
    expect(entry?.summary).toBe(
      'DEAD SAIDAO_TRUNCATED from saidao.applications.v1: The bytes end early.',
    );
  });

  it('leaves out personal data, and prints whole numbers as text', () => {
    const entries = traceOf([incoming('ApplicationSubmitted')]);
    const json = plainJson(entries);
    expect(json).not.toMatch(/13800000000|330102199003071234/);
    expect(json).toContain('"minor":"100000"');
  });

  it('says of what cannot be decoded that it cannot', () => {
    const record = asRead({ ...outgoing('PatentsVerified'), value: Buffer.from('no event') }, 1);
    expect(traceOf([record])[0]).toMatchObject({
      type: 'PatentsVerified',
      summary: 'cannot be decoded',
    });
  });
});
