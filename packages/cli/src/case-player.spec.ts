// The player of cases against a log in memory and a system that answers by the book.
import { loadSamples } from '@saidao/applicants';
import type { Answer, Doors, Sample } from '@saidao/applicants';
import { MemoryBroker } from '@saidao/event-log';
import type { EventLog } from '@saidao/event-log';
import { beforeEach, describe, expect, it } from 'vitest';
import { caseTopics } from './case-book.ts';
import { LENDER, outgoing, PARTITIONS, step, submission } from './case-events.fixture.ts';
import type { Known, Said } from './case-events.fixture.ts';
import { deliveriesOf, playCases } from './case-player.ts';
import type { CaseResult, CaseTask, PlayOptions } from './case-player.ts';
import { exitCodeOf } from './commands/apply.ts';
import type { OutsideWorld } from './outside-world.ts';

const NAME = { lender: LENDER, channel: 'bank-portal', reference: 'r-1' };
const approvals = [step('officer-a', 'approve'), step('officer-b', 'approve')];
const accept = step('applicant', 'accept');

let log: EventLog;
let seen: string[];

beforeEach(async () => {
  log = new MemoryBroker().connect();
  await log.createTopics(caseTopics([LENDER]).map((name) => ({ name, partitions: PARTITIONS })));
  seen = [];
});

const say = (type: Known, said: Said = {}) => log.send([outgoing(type, {}, said)]);
const taken = (): Answer => ({
  via: 'http',
  became: 'taken',
  status: 202,
  applicationId: null,
  message: '',
  faults: [],
});

/** Refers what is submitted, approves after two reviews, pays what is accepted. */
function system(change: Partial<Doors> = {}): Doors {
  let reviews = 0;
  return {
    async submit() {
      await say('ApplicationSubmitted');
      await say('ApplicationReceived', { cause: 'message-ApplicationSubmitted' });
      await say('LoanReferred');
      return taken();
    },
    async review({ actor }) {
      seen.push(actor);
      await log.send([outgoing('ReviewSubmitted', { officer: actor }, { id: `review-${actor}` })]);
      reviews += 1;
      if (reviews === 2) await say('LoanApproved', { number: 2 });
    },
    async act({ does }) {
      seen.push(does);
      await say('OfferAccepted', { number: 2 });
      await say('LoanDisbursed');
    },
    ...change,
  };
}

const task = (change: Partial<CaseTask> = {}): CaseTask => ({
  id: 'case',
  name: NAME,
  sample: null,
  deliveries: [{ via: 'http', body: submission }],
  script: [...approvals, accept],
  ...change,
});

async function play(tasks: CaseTask, change: Partial<PlayOptions> = {}): Promise<CaseResult> {
  const [result] = await playCases([tasks], {
    log,
    lenders: [LENDER],
    doors: system(),
    world: null,
    withHistory: false,
    runTag: 'run',
    timeoutMs: 5_000,
    signal: new AbortController().signal,
    onStage: (_, { name }) => seen.push(`[${name}]`),
    onNote: (_, note) => seen.push(note),
    ...change,
  });
  return result!;
}

describe('a case', () => {
  it('is followed to its end, and officers and applicant act when it is their turn', async () => {
    const result = await play(task());
    expect(result).toMatchObject({ outcome: 'paid', ok: true, endedEarlier: false });
    expect(seen).toEqual([
      '[submitted]',
      '[received]',
      '[referred]',
      'officer-a',
      '[review]',
      'officer-b',
      '[review]',
      '[approved]',
      'accept',
      '[accepted]',
      '[paid]',
    ]);
  });

  it('ends where nobody has more to do', async () => {
    expect(await play(task({ script: [] }))).toMatchObject({ outcome: 'referred', ok: true });
    expect(seen).not.toContain('officer-a');
  });

  it('has no outcome when time is over', async () => {
    const doors = system({
      async submit() {
        await say('ApplicationSubmitted');
        return taken();
      },
    });
    const result = await play(task(), { doors, timeoutMs: 50 });
    expect(result).toMatchObject({ outcome: undefined, ok: false });
    expect(exitCodeOf([result])).toBe(1);
  });

  it('is refused with the answer of the door', async () => {
    const refused: Answer = { ...taken(), became: 'refused', status: 422, message: 'no' };
    const doors = system({ submit: () => Promise.resolve(refused) });
    const result = await play(task(), { doors });
    expect(result).toMatchObject({ outcome: 'refused', ok: false, refusal: refused });
    expect(exitCodeOf([result])).toBe(2);
  });

  it('that intake refuses after the topic’s door took it is refused too', async () => {
    const doors = system({
      async submit() {
        await say('ApplicationSubmitted');
        await say('SubmissionRejected');
        return { ...taken(), via: 'kafka' };
      },
    });
    const result = await play(task(), { doors });
    expect(result).toMatchObject({ outcome: 'refused', ok: false });
    expect(exitCodeOf([result])).toBe(2);
  });

  it('that ended earlier is shown from the topics, and nobody acts again', async () => {
    await play(task());
    seen = [];
    const doors = system({ submit: async () => taken() });
    const result = await play(task(), { doors, withHistory: true });
    expect(result).toMatchObject({ outcome: 'paid', endedEarlier: true });
    expect(seen).toContain('[paid]');
    expect(seen).not.toContain('accept');
    expect(seen.at(-1)).toMatch(/^ended in an earlier run/);
  });

  it('is interrupted by the signal', async () => {
    const stop = new AbortController();
    const doors = system({
      async submit() {
        queueMicrotask(() => stop.abort(new Error('told to stop')));
        return taken();
      },
    });
    await expect(play(task(), { doors, signal: stop.signal })).rejects.toThrow('told to stop');
  });

  it('fails when the topics can no longer be followed', async () => {
    const doors = system({ submit: async () => taken() });
    const broken: EventLog = Object.create(log, {
      follow: {
        value: (options: Parameters<EventLog['follow']>[0]) => {
          queueMicrotask(() => options.onCrash(new Error('the log is away')));
          return Promise.resolve({ stop: () => Promise.resolve() });
        },
      },
    });
    await expect(play(task(), { doors, log: broken })).rejects.toThrow('the log is away');
  });
});

describe('a sample', () => {
  let sample: Sample;
  beforeEach(async () => {
    const all = await loadSamples();
    const found = all.find(({ id }) => id === 'already-pledged')!;
    sample = { ...found, expect: { outcome: 'referred', nothingPaid: true } };
  });

  const worldOf = (
    book: { payoutId: string; payee: string; amountFen: string }[],
  ): OutsideWorld => ({
    async prepare({ id }) {
      seen.push(`prepare ${id}`);
    },
    async calm({ id }) {
      seen.push(`calm ${id}`);
    },
    railBook: () => Promise.resolve(book),
  });

  it('has the outside world prepared before it is sent, and calmed after its end', async () => {
    const world = worldOf([]);
    const result = await play(task({ sample, script: [] }), { world });
    expect(result).toMatchObject({ ok: true, expected: 'referred' });
    expect(seen[0]).toBe('prepare already-pledged');
    expect(seen.at(-1)).toBe('calm already-pledged');
  });

  it('is checked against what the rail really paid', async () => {
    const { name } = sample.submission.enterprise;
    const paid = { payoutId: 'secret', payee: name, amountFen: '1' };
    const books = [[], [paid]];
    const railBook = () => Promise.resolve(books.shift() ?? [paid]);
    const world = { ...worldOf([]), railBook };
    const result = await play(task({ sample, script: [] }), { world });
    expect(result.ok).toBe(false);
    expect(result.differences).toEqual([`nothingPaid: the rail paid 0.01 to ${name}`]);
    expect(exitCodeOf([result])).toBe(1);
  });

  it('is delivered as often and as changed as it says, under one reference', async () => {
    const all = await loadSamples();
    const resubmitted = all.find(({ id }) => id === 'resubmitted')!;
    const deliveries = deliveriesOf(resubmitted, 'r-9', 'http');
    expect(deliveries.map(({ via }) => via)).toEqual([
      'http',
      'http',
      'http',
      'kafka',
      'kafka',
      'http',
    ]);
    expect(new Set(deliveries.map(({ body }) => body.reference))).toEqual(new Set(['r-9']));
    expect(deliveries.at(-1)?.body.request.amount).toBe('7000000.00');
  });
});
