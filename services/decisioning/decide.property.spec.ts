// Any order of all inputs: one live approval at most, four eyes, each action answered exactly once.
import { fc, test } from '@fast-check/vitest';
import { event, blankBooked, blankRepaymentBooked } from '@saidao/testkit';
import { fenOfMoney, fromJson, toJson } from '@saidao/values';
import { expect } from 'vitest';
import {
  amendTerms,
  applicationId,
  askUndo,
  asOf,
  caseNamed,
  claim,
  clearChecks,
  declines,
  giveBack,
  note,
  reassign,
  received,
  scoredOf,
  start,
  verdict,
  yuan,
} from './cases.fixture.ts';
import type { GroupRow } from './rounds/exposure.ts';
import { actionNames, type Phase } from './transitions.ts';

const sample = caseNamed('uscc-check-fails');
const lenderId = sample.lender;
const heads = [null, '91330000MA27X0AB11', '91330000MA27X0AB22'];
const people = ['ann', 'ben', 'cai', 'dai', 'eva'];
const roles = ['officer', 'senior-officer', 'committee', 'operator', null];

type Said = ReturnType<typeof start>;
type Event = Parameters<Said['when']>[0];
type Decision = ReturnType<Said['when']>;

/** A move with three numbers of chance: who, and how. */
interface Move {
  readonly name: string;
  readonly who: number;
  readonly how: number;
  readonly older: boolean;
}

const moves: Readonly<Record<string, (said: Said, move: Move) => Event>> = {
  received: (said, move) => event('ApplicationReceived', applicationOf(said, move)),
  amended: (said, move) => event('ApplicationAmended', applicationOf(said, move, 1)),
  withdrawn: (said) => event('ApplicationWithdrawn', { ...of(said), reason: 'r' }),
  accepted: (said, { how }) =>
    event('OfferAccepted', {
      ...of(said),
      ...{ acceptedAt: how === 0 ? 9_000_000_000_000n : 2_000n, businessDate: asOf },
    }),
  offerDeclined: (said) => event('OfferDeclined', { ...of(said), reason: 'r' }),
  scored: (said, { how, who }) =>
    event('EnterpriseScored', {
      ...scoredOf(sample, {
        ...{ revision: revisionOf(said), coveragePpm: how === 0 ? 0 : 900_000 },
        ...{ checks: how === 1 ? [] : how === 2 ? listed : clearChecks },
        derived: { ...derived, groupHead: heads[who % heads.length] ?? null },
      }),
    }),
  claimed: (said, move) => claim(sample, personOf(move), by(said, move)),
  returned: (said, move) => giveBack(sample, personOf(move), by(said, move)),
  reassigned: (said, move) => {
    const to = people[move.how % people.length] ?? '';
    return reassign(sample, personOf(move), to, by(said, move));
  },
  amendedTerms: (said, move) =>
    amendTerms(sample, personOf(move), {
      ...by(said, move),
      ...{ amount: yuan(5_000_000 + 1_000_000 * move.how), termMonths: 12 + move.how },
    }),
  noted: (said, move) => note(sample, personOf(move), by(said, move)),
  approved: (said, move) => verdict(sample, personOf(move), by(said, move)),
  declined: (said, move) => declines(sample, personOf(move), by(said, move)),
  undo: (said, move) => askUndo(sample, personOf(move), by(said, move)),
  booked: (said) =>
    event('LoanBooked', {
      ...loan(said),
      ...{ principal: said.state().approval?.terms.amount ?? yuan(1), ratePpm: 31_500 },
      ...{ termMonths: 12, repayment: 'BULLET', bookedOn: asOf, maturesOn: asOf },
      ...blankBooked,
    }),
  disbursed: (said) =>
    event('LoanDisbursed', { ...loan(said), amount: yuan(8_000_000), disbursedAt: 3n }),
  cancelled: (said, { how }) =>
    event('AuthorisationCancelled', {
      ...loan(said),
      cause: how > 2 ? 'UNDONE' : 'PLEDGE_REFUSED',
    }),
  cancellationRefused: (said) =>
    event('CancellationRefused', { ...loan(said), cause: 'LOAN_BOOKED' }),
  repaidPart: (said, { how }) =>
    event('RepaymentBooked', {
      ...loan(said),
      ...{ amount: yuan(1_000_000), principalBalance: yuan(how + 1), bookedOn: asOf },
      ...blankRepaymentBooked,
    }),
  repaid: (said) => event('LoanRepaid', { ...loan(said), repaidOn: asOf }),
  expired: (said) => timer(said, 'offer-expiry', { approvalId: said.state().approval?.approvalId }),
  lapsed: (said) => timer(said, 'claim-lapse', { claimId: said.state().claim?.claimId }),
};

const listed = clearChecks.map((check) =>
  check.code === 'DISHONEST_DEBTORS' ? { ...check, result: 'ADVERSE' as const } : check,
);
const derived = {
  ...{ sizeClass: 'small', technologySme: null, highTechResearch: 'unknown', inclusive: [] },
  ...{ creditLine: null, workingCapitalNeed: null, newLimit: null, stage: 'growth', tracks: [] },
  regionCode: null,
};

const revisionOf = (said: Said) => Math.max(1, said.state().revision);
const of = (said: Said) => ({ applicationId, revision: revisionOf(said), lenderId });
/** Now and then in large letters, as another directory writes it. */
const personOf = ({ who, how }: Move) => {
  const person = people[who % people.length] ?? '';
  return how === 4 ? person.toUpperCase() : person;
};
const by = (said: Said, { how, older }: Move) => ({
  revision: revisionOf(said) - (older ? 1 : 0),
  role: roles[how % roles.length] ?? null,
});
const loan = (said: Said) => ({
  ...of(said),
  ...{ authorisationId: said.state().approval?.authorisationId ?? 'none', loanId: 'L' },
});

function applicationOf(said: Said, { who, how }: Move, newer = 0) {
  const { content } = received(sample);
  const termMonths = how === 0 ? 37 : 12;
  return received(sample, {
    revision: revisionOf(said) + newer,
    submittedBy: who === 0 ? null : (people[who % people.length] ?? null),
    content: {
      ...content,
      enterprise: { ...content.enterprise, usccValid: how === 1 },
      request: { ...content.request, termMonths },
    },
  });
}

function timer(said: Said, name: string, detail: unknown) {
  // A line sets its timers at the revision that it has.
  const identity = { ...of(said), revision: said.state().revision, timerId: 't' };
  return event('TimerDue', { ...identity, name, dueAt: 0n, detail: JSON.stringify(detail) });
}

/** What latest-decisions says of each phase; before anything is decided it may say what was. */
const latestIn: Readonly<Record<Phase, readonly string[] | undefined>> = {
  open: undefined,
  referred: ['REFERRED'],
  declined: ['DECLINED'],
  offered: ['APPROVED'],
  expired: ['EXPIRED'],
  authorised: ['AUTHORISED'],
  booked: ['AUTHORISED'],
  disbursed: ['AUTHORISED'],
  repaid: ['AUTHORISED'],
  cancelling: ['CANCELLING'],
  undone: ['UNDONE'],
  closed: ['WITHDRAWN', 'OFFER_DECLINED'],
};

/** What anybody sees who reads the events, and what must be so. */
class Onlooker {
  readonly live = new Set<string>();
  readonly submitters = new Set<string>();
  amenders = new Set<string>();
  revision = 0;
  promisedFen: bigint | null = null;
  paid = false;
  /** The newest that a subscriber of latest-decisions has heard. */
  latest: string | undefined;

  see(said: Said, given: Event, decision: Decision): void {
    const { state, held } = said;
    if (state().revision !== this.revision) {
      this.amenders = new Set();
      this.revision = state().revision;
      // What was referred before has fallen, what was offered is undone with an event.
      if (state().phase === 'open') this.promisedFen = null;
    }
    if (decision.ignored === undefined) this.#hear(given);
    for (const one of decision.events ?? []) this.#read(one, decision);
    for (const row of decision.rows ?? []) {
      if (row.kind !== 'approval') continue;
      if (row.live) this.live.add(row.approvalId);
      else this.live.delete(row.approvalId);
      expect(this.live.size).toBeLessThanOrEqual(1);
    }
    for (const row of decision.rows ?? []) if (row.kind === 'latest') this.latest = row.status;
    const told = latestIn[state().phase];
    if (told !== undefined) expect(told).toContain(this.latest);
    this.#answered(given, decision);
    const entries = Object.entries(held())
      .filter(([name]) => name.startsWith('group/'))
      .flatMap(([, row]) => Object.entries((row as GroupRow).entries));
    const expected = this.promisedFen === null ? [] : [[applicationId, this.promisedFen]];
    expect(entries).toEqual(expected);
    expect(state().queued).toBe(state().phase === 'referred');
    expect(fromJson(toJson(state()))).toEqual(state());
  }

  /** What was taken of it, that no event of ours tells. */
  #hear({ type, data }: Event): void {
    if (type === 'ApplicationReceived' || type === 'ApplicationAmended') {
      if (data.submittedBy !== null) this.submitters.add(data.submittedBy.toLowerCase());
    }
    if (type === 'LoanBooked') this.promisedFen = fenOfMoney(data.principal);
    if (type === 'RepaymentBooked') this.promisedFen = fenOfMoney(data.principalBalance);
    if (type === 'LoanRepaid') this.promisedFen = null;
    if (type === 'LoanDisbursed') this.paid = true;
  }

  #read(one: NonNullable<Decision['events']>[number], decision: Decision): void {
    const queued = decision.rows?.find((row) => row.kind === 'queue');
    switch (one.type) {
      case 'LoanReferred':
        this.promisedFen = queued?.terms ? fenOfMoney(queued.terms.amount) : null;
        return;
      case 'ReviewRecorded':
        if (one.data.action !== 'AMENDED') return;
        this.amenders.add((one.data.officer ?? '').toLowerCase());
        this.promisedFen = one.data.terms && fenOfMoney(one.data.terms.amount);
        return;
      case 'LoanApproved': {
        const { approvers, terms, override } = one.data;
        this.promisedFen = fenOfMoney(terms.amount);
        expect([0, 2]).toContain(approvers.length);
        const persons = new Set(approvers.map((officer) => officer.toLowerCase()));
        expect(persons.size).toBe(approvers.length);
        for (const person of persons) {
          expect(this.submitters.has(person) || this.amenders.has(person)).toBe(false);
        }
        if (override !== null) expect(approvers).toContain(override.by);
        return;
      }
      case 'DisbursementAuthorised':
        this.promisedFen = fenOfMoney(one.data.terms.amount);
        return;
      case 'LoanDeclined':
        expect(one.data.reasons.length).toBeGreaterThanOrEqual(1);
        expect(one.data.reasons.length).toBeLessThanOrEqual(4);
        this.promisedFen = null;
        return;
      case 'ApprovalUndone':
        // Never both undone and paid.
        expect(this.paid).toBe(false);
        this.promisedFen = null;
        return;
      case 'OfferExpired':
      case 'ApplicationClosed':
        this.promisedFen = null;
        return;
      default:
    }
  }

  #answered(given: Event, { events, rows }: Decision): void {
    const answers = (events ?? []).filter(
      ({ type }) => type === 'ReviewRecorded' || type === 'ReviewRefused',
    );
    const outcomes = (rows ?? []).filter(({ kind }) => kind === 'outcome');
    const isAction = (actionNames as readonly string[]).includes(given.type);
    if (!isAction) {
      expect(outcomes).toEqual([]);
      return;
    }
    expect(answers).toMatchObject([{ data: { actionId: given.id } }]);
    expect(outcomes).toMatchObject([{ actionId: given.id }]);
  }
}

/** What ends it comes seldom, or little would come after it. */
const ending = ['withdrawn', 'offerDeclined', 'amended', 'repaid'];
const name = fc.oneof(
  { weight: 19, arbitrary: fc.constantFrom(...Object.keys(moves).filter(isNoEnding)) },
  { weight: 1, arbitrary: fc.constantFrom(...ending) },
);

function isNoEnding(one: string): boolean {
  return !ending.includes(one);
}

const move: fc.Arbitrary<Move> = fc.record({
  name,
  who: fc.nat(5),
  how: fc.nat(5),
  older: fc.nat(19).map((chance) => chance === 0),
});

const made = (one: string, who: number, how: number): Move => ({
  ...{ name: one, who, how, older: false },
});
const referred = [made('received', 0, 3), made('scored', 0, 3)];
const half = [...referred, made('claimed', 1, 2), made('approved', 1, 2)];
const offered = [...half, made('approved', 2, 2)];
const authorised = [...offered, made('accepted', 0, 1)];
const beginnings: readonly (readonly Move[])[] = [
  [],
  referred,
  half,
  [...referred, made('amendedTerms', 1, 2)],
  offered,
  [made('received', 0, 1), made('scored', 0, 3)],
  authorised,
  [...authorised, made('undo', 3, 2)],
  [...authorised, made('booked', 0, 0), made('disbursed', 0, 0)],
];
const then = fc.array(move, { minLength: 1, maxLength: 30, size: 'max' });

test.prop([fc.constantFrom(...beginnings), then], { numRuns: 400 })(
  'whatever happens in whatever order',
  (beginning, moved) => {
    const said = start();
    const onlooker = new Onlooker();
    for (const one of [...beginning, ...moved]) {
      const given = moves[one.name]!(said, one);
      onlooker.see(said, given, said.when(given));
    }
  },
);
