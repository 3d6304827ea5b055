// Flows against a line in small: every kind comes to its end, each step is sent once, times are fixed.
import { MemoryBroker, type EventLog } from '@saidao/event-log';
import { allTopicNames } from '@saidao/schemas';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { nowMs, startBot, type SeenEvent, type SentAction } from './bot.ts';
import { openDoors, type Doors } from './doors.ts';
import { playFlow, submitAll, type FlowOptions, type Submitted } from './flow.ts';
import { applicantsOf } from './generate.ts';
import { kinds, type Kind } from './kinds.ts';
import { LENDERS, PARTITIONS, startSmallLine, type SmallLine } from './small-line.fixture.ts';

const everyKind = Object.fromEntries(kinds.map((kind) => [kind, 1]));
const applicants = applicantsOf({ count: 3 * kinds.length, seed: 5, shares: everyKind });
const only = (kind: Kind, count = 1) => applicantsOf({ count, seed: 6, shares: { [kind]: 1 } });
const { signal } = new AbortController();

let broker: MemoryBroker;
let log: EventLog;
let doors: Doors;
let line: SmallLine | undefined;

beforeEach(async () => {
  broker = new MemoryBroker();
  log = broker.connect();
  await log.createTopics(allTopicNames(LENDERS).map((name) => ({ name, partitions: PARTITIONS })));
  const nowhere = { intake: null, decisioning: null, tokens: null };
  doors = openDoors({ ...nowhere, partitions: PARTITIONS, source: 'saidao/test' }, log, signal);
});
afterEach(async () => {
  await line?.stop();
  line = undefined;
});

const flow = (change: Partial<FlowOptions> = {}) =>
  playFlow({
    applicants,
    log,
    lenders: LENDERS,
    doors,
    viaOf: () => 'kafka',
    timeoutMs: 20_000,
    signal,
    ...change,
  });

describe('a flow', () => {
  it('plays applicants of every kind to the end that each expects', async () => {
    line = await startSmallLine(log, applicants);
    const report = await flow();
    expect(report).toMatchObject({ count: 63, asExpected: 63, otherwise: [] });
    expect(Object.keys(report.kinds).toSorted()).toEqual(kinds.toSorted());
    expect(report.kinds['officers-disagree']).toEqual({ declined: 3 });
  });

  it('sends each step once, though every event comes three times', async () => {
    line = await startSmallLine(log, applicants, { times: 3 });
    expect(await flow()).toMatchObject({ asExpected: 63 });
    const ids = line.heard.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const steps = [...applicants].reduce((sum, { script }) => sum + script.length, 0);
    const claims = line.heard.filter(({ type }) => type === 'ReviewClaimed');
    expect(ids).toHaveLength(63 + steps + claims.length);
    expect(claims.length).toBeGreaterThan(0);
  });

  it('tells when it saw, sent and was answered', async () => {
    const one = only('new-quality-by-officers');
    line = await startSmallLine(log, one);
    const submitted: Submitted[] = [];
    const decisions: SeenEvent[] = [];
    const booked: SeenEvent[] = [];
    const sent: SentAction[] = [];
    await flow({
      applicants: one,
      onSubmitted: (given) => submitted.push(given),
      onDecision: (given) => decisions.push(given),
      onBooked: (given) => booked.push(given),
      onActionSent: (given) => sent.push(given),
    });
    expect(decisions.map(({ type }) => type)).toEqual(['LoanReferred', 'LoanApproved']);
    expect(sent.map(({ step }) => `${step.actor} ${step.does}`)).toEqual([
      'officer-a approve',
      'officer-b approve',
      'applicant accept',
    ]);
    expect(booked).toHaveLength(1);
    const times = [
      submitted[0]?.intendedAtMs,
      submitted[0]?.sentAtMs,
      decisions[0]?.seenAtMs,
      sent[0]?.sentAtMs,
      sent[0]?.acknowledgedAtMs,
      sent[1]?.sentAtMs,
      decisions[1]?.seenAtMs,
      sent[2]?.sentAtMs,
      booked[0]?.seenAtMs,
    ].map(Number);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it('names what has not ended in time, with what was seen of it', async () => {
    const withdrawn = only('withdrawn');
    line = await startSmallLine(log, withdrawn);
    // Nobody hears what the applicant does.
    const deaf = { ...doors, act: () => Promise.resolve() };
    const report = await flow({ applicants: withdrawn, doors: deaf, timeoutMs: 200 });
    expect(report.kinds).toEqual({ withdrawn: { open: 1 } });
    expect(report.otherwise).toMatchObject([
      {
        expected: 'withdrawn',
        outcome: null,
        seen: ['ApplicationReceived', 'WithdrawalSubmitted'],
      },
    ]);
  });

  it('counts what a door refused', async () => {
    const refused = { via: 'http', became: 'refused', status: 422, applicationId: null } as const;
    const strict: Doors = {
      ...doors,
      submit: () => Promise.resolve({ ...refused, message: 'no', faults: [] }),
    };
    const report = await flow({ applicants: only('sound-talent', 2), doors: strict });
    expect(report).toMatchObject({ asExpected: 0, kinds: { 'sound-talent': { refused: 2 } } });
  });

  it('ends at once where there is nobody, and fails where a step cannot be sent', async () => {
    expect(await flow({ applicants: only('sound-talent', 0) })).toMatchObject({ count: 0 });
    const one = only('sound-talent');
    line = await startSmallLine(log, one);
    const broken = { ...doors, act: () => Promise.reject(new Error('no door')) };
    await expect(flow({ applicants: one, doors: broken })).rejects.toThrow('no door');
  });

  it('fails with the first that could not be submitted', async () => {
    const broken = { ...doors, submit: () => Promise.reject(new Error('no door')) };
    await expect(flow({ doors: broken })).rejects.toThrow('no door');
  });
});

describe('an open loop', () => {
  it('fixes its times in advance, however slow the door is', async () => {
    const submitted: Submitted[] = [];
    let waiting = 0;
    const answers = Promise.withResolvers<void>();
    const slow: Doors = {
      ...doors,
      async submit() {
        waiting += 1;
        if (waiting === 20) answers.resolve();
        await answers.promise;
        return {
          via: 'kafka',
          became: 'taken',
          status: null,
          applicationId: null,
          message: '',
          faults: [],
        };
      },
    };
    const beganAtMs = nowMs();
    await submitAll({
      applicants: only('sound-talent', 20),
      doors: slow,
      viaOf: () => 'kafka',
      rate: 200,
      signal,
      onSubmitted: (given) => submitted.push(given),
    });
    const intended = submitted.map(({ intendedAtMs }) => intendedAtMs);
    for (const [at, time] of intended.entries()) {
      expect(time - (intended[0] ?? 0)).toBeCloseTo(at * 5, 3);
    }
    expect(nowMs() - beganAtMs).toBeGreaterThan(90);
    for (const { intendedAtMs, sentAtMs } of submitted) {
      expect(sentAtMs).toBeGreaterThanOrEqual(intendedAtMs - 2);
    }
  });

  it('waits for who is let in later, whatever the rate', async () => {
    const submitted: Submitted[] = [];
    const seen: number[] = [];
    let answered = Promise.withResolvers<void>();
    answered.resolve();
    await submitAll({
      applicants: only('sound-talent', 5),
      doors,
      viaOf: () => 'kafka',
      rate: 1_000,
      signal,
      async untilLetIn() {
        await answered.promise;
        seen.push(submitted.length);
        answered = Promise.withResolvers();
      },
      onSubmitted(given) {
        submitted.push(given);
        answered.resolve();
      },
    });
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(submitted).toHaveLength(5);
  });

  it('without a rate keeps no more waiting than it may', async () => {
    let waiting = 0;
    let most = 0;
    const counting: Doors = {
      ...doors,
      async submit(...given) {
        waiting += 1;
        most = Math.max(most, waiting);
        const answer = await doors.submit(...given);
        waiting -= 1;
        return answer;
      },
    };
    const many = only('sound-talent', 2_500);
    await submitAll({ applicants: many, doors: counting, viaOf: () => 'kafka', signal });
    expect(most).toBe(1_000);
  });
});

describe('a bot', () => {
  it('plays what was submitted before it came, if it begins at the beginning', async () => {
    line = await startSmallLine(log, applicants);
    await submitAll({ applicants, doors, viaOf: () => 'kafka', signal });
    const failed = Promise.withResolvers<never>();
    const all = Promise.withResolvers<void>();
    let left = applicants.count;
    const bot = await startBot({
      log,
      lenders: LENDERS,
      doors,
      applicantBy: (reference) => applicants.byId(reference),
      viaOf: () => 'kafka',
      from: 'earliest',
      onEnd() {
        left -= 1;
        if (left === 0) all.resolve();
      },
      onCrash: failed.reject,
    });
    await Promise.race([all.promise, failed.promise]);
    expect(bot.ended).toBe(applicants.count);
    expect(bot.open()).toEqual([]);
    await bot.stop();
    const ids = line.heard.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('leaves strangers alone', async () => {
    line = await startSmallLine(log, applicants);
    const met: string[] = [];
    const bot = await startBot({
      log,
      lenders: LENDERS,
      doors,
      applicantBy: (reference) => (met.push(reference), undefined),
      viaOf: () => 'kafka',
      from: 'earliest',
      onCrash(error) {
        throw error;
      },
    });
    await submitAll({ applicants, doors, viaOf: () => 'kafka', signal });
    await expect.poll(() => new Set(met).size).toBe(applicants.count);
    await bot.stop();
    const types = new Set(line.heard.map(({ type }) => type));
    expect([...types]).toEqual(['ApplicationSubmitted']);
  });
});
