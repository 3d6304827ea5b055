// A case's history: each event once, causes first, in the order of time.
import { describe, expect, it } from 'vitest';
import { caseEvent, KEY } from './case-events.fixture.ts';
import type { CaseEvent } from './case-event.ts';
import { CAUSE_MS_MAX, CaseHistory } from './case-history.ts';

const submitted = caseEvent('ApplicationSubmitted', {}, { atMs: 1_000 });
const received = caseEvent('ApplicationReceived', {}, { atMs: 1_010, cause: submitted.id });
const verified = caseEvent('PatentsVerified', {}, { atMs: 1_030, cause: received.id });
const scored = caseEvent('EnterpriseScored', {}, { atMs: 1_050, cause: verified.id });
const types = (events: readonly CaseEvent[]) => events.map(({ type }) => type);

describe('a history', () => {
  it('holds an event back until its cause has come, whichever topic was read first', () => {
    const history = new CaseHistory(KEY);
    expect(history.add([scored], 0)).toEqual([]);
    expect(history.add([verified, received], 5)).toEqual([]);
    expect(types(history.add([submitted], 10))).toEqual([
      'ApplicationSubmitted',
      'ApplicationReceived',
      'PatentsVerified',
      'EnterpriseScored',
    ]);
    expect(history.submittedAtMs).toBe(1_000);
    expect(history.causeOf(scored)).toMatchObject({ type: 'PatentsVerified' });
  });

  it('lets it in without its cause once it has waited for long enough', () => {
    const history = new CaseHistory(KEY);
    expect(history.add([verified], 0)).toEqual([]);
    expect(history.release(CAUSE_MS_MAX - 1)).toEqual([]);
    expect(types(history.release(CAUSE_MS_MAX))).toEqual(['PatentsVerified']);
  });

  it('waits for no timer: what came of one has a cause that is not read', () => {
    const history = new CaseHistory(KEY);
    const afterTimer = caseEvent('PatentsVerified', {}, { cause: 'a-timer' });
    expect(types(history.add([afterTimer], 0))).toEqual(['PatentsVerified']);
  });

  it('takes an event once, however often it is published', () => {
    const history = new CaseHistory(KEY);
    expect(history.add([submitted, submitted], 0)).toHaveLength(1);
    expect(history.add([submitted], 0)).toEqual([]);
    expect(history.add([scored], 0)).toEqual([]);
    expect(history.add([scored], 0)).toEqual([]);
    expect(history.release(CAUSE_MS_MAX)).toHaveLength(1);
  });

  it('puts events of one millisecond in the order of the flow', () => {
    const history = new CaseHistory(KEY);
    const at = (event: CaseEvent) => ({ ...event, appendedAtMs: 7, causationId: undefined });
    const told = history.add([at(scored), at(verified), at(received), at(submitted)], 0);
    expect(types(told)).toEqual([
      'ApplicationSubmitted',
      'ApplicationReceived',
      'PatentsVerified',
      'EnterpriseScored',
    ]);
  });

  it('knows how many applications it has become', () => {
    const history = new CaseHistory(KEY);
    history.add([submitted, received, verified], 0);
    expect([...history.applicationIds]).toEqual([received.data.applicationId]);
  });
});
