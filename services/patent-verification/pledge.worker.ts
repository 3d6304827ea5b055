// The pledge line: findings, decisions and bookings in, patents locked, registered, watched, released.
import {
  askFacts,
  defineLine,
  questionOf,
  type Incoming,
  type Question,
  type Transaction,
} from '@saidao/worker';
import { topics } from '@saidao/schemas';
import { openItem, wakeOf } from '@saidao/worker/asking';
import { decidePledge, patentsAskedBy, pledgeLocks, toBeAsked } from './pledge.decide.ts';
import {
  initialPledgeState,
  pledgeStateAt,
  type AskedPatent,
  type OfficeGathered,
  type PledgeGathered,
  type PledgeIn,
  type PledgePolicy,
  type PledgeRow,
  type PledgeState,
  type Registration,
} from './pledge/state.ts';
import { lookOf, watchedBy } from './pledge/watch.ts';
import type { AnnuitySource, PatentRegister, PledgeOffice } from './ports.ts';

export interface PledgePorts {
  /** Both are always asked afresh: never the cached ones. */
  readonly register: PatentRegister;
  readonly annuity: AnnuitySource;
  readonly office: PledgeOffice;
  readonly policy: PledgePolicy;
  /** How long one event may be gathered for. */
  readonly gatherMsMax: number;
}

type Event = Incoming<PledgeIn>;

export const pledgeLine = ({ register, annuity, office, policy, gatherMsMax }: PledgePorts) =>
  defineLine({
    name: 'pledge',
    consumes: [topics.patentFindings, topics.decisions, topics.disbursements],
    when: [
      'PatentsVerified',
      'LoanDeclined',
      'OfferExpired',
      'DisbursementAuthorised',
      'ApprovalUndone',
      'ApplicationClosed',
      'LoanBooked',
      'LoanRepaid',
    ],
    initialState: initialPledgeState,
    newRevision: pledgeStateAt,
    async gather(event, { applicationId, state, signal, nowMs }): Promise<PledgeGathered> {
      const { lenderId } = event;
      const about = {
        lenderId,
        applicationId: applicationId ?? null,
        purpose: purposeOf(event, state),
      };
      const question = questionOf(about, signal, gatherMsMax);
      const answered = await askOffice(office, event, state, question);
      const asked = isRegistered(answered)
        ? allOf(state.registration?.filing.patents ?? [])
        : patentsToAsk(event, state, nowMs);
      const [says, fees] = await Promise.all([
        askFacts(register, asked.register.map(inRegister), question),
        askFacts(annuity, asked.annuity.map(inFees), question),
      ]);
      return { register: says, annuity: fees, office: answered };
    },
    locks: pledgeLocks,
    decide: decidePledge(policy),
    record: recordPledges,
    produces: [topics.pledges],
  });

const inRegister = ({ number, item }: AskedPatent) => ({ key: number, subject: number, item });
const inFees = ({ number, annuity }: AskedPatent) => ({
  key: number,
  subject: number,
  item: annuity ?? openItem,
});

/** Why somebody is asked, for the log of calls. */
function purposeOf(event: Event, { task }: PledgeState): string {
  if (event.type === 'TimerDue' && lookOf(event.data.detail) !== undefined) {
    return 'collateral-watch';
  }
  return event.type === 'PatentsVerified' || task?.kind === 'lock'
    ? 'pledge-lock'
    : 'pledge-registration';
}

interface ToAsk {
  readonly register: readonly AskedPatent[];
  readonly annuity: readonly AskedPatent[];
}
const nobody: ToAsk = { register: [], annuity: [] };

/** Both are asked about each. */
function allOf(numbers: readonly string[]): ToAsk {
  const patents = numbers.map((number) => ({ number, item: openItem, annuity: openItem }));
  return { register: patents, annuity: patents };
}

function patentsToAsk(event: Event, state: PledgeState, nowMs: number): ToAsk {
  if (event.type !== 'TimerDue') {
    // While a registration stands or is being taken back, the register speaks of that one.
    if (state.registration !== null || state.withdrawal !== null) return nobody;
    const { register, annuity } = allOf(patentsAskedBy(event));
    return event.type === 'DisbursementAuthorised'
      ? { register, annuity }
      : { ...nobody, register };
  }
  const looks = lookOf(event.data.detail);
  if (looks !== undefined) return looks === state.watch.wake ? allOf(watchedBy(state)) : nobody;
  if (wakeOf(event.data.detail) !== state.wake || state.withdrawal !== null) return nobody;
  const { task } = state;
  return task?.kind === 'lock' || task?.kind === 'secure' ? toBeAsked(task.patents, nowMs) : nobody;
}

/** Once the pledge stands, both are asked a last time: money leaves on their answers. */
function isRegistered(answered: OfficeGathered | null): boolean {
  if (answered?.step !== 'register' || answered.reply.kind !== 'answered') return false;
  return answered.reply.value.status === 'registered';
}

/**
 * The office is asked for what the committed state says, and only when a timer is due: an event
 * that `decide` may yet pass over must change nothing outside.
 */
async function askOffice(
  office: PledgeOffice,
  event: Event,
  state: PledgeState,
  question: Question,
): Promise<OfficeGathered | null> {
  if (event.type !== 'TimerDue' || wakeOf(event.data.detail) !== state.wake) return null;
  const { withdrawal, registration, task } = state;
  if (withdrawal !== null) return withdraw(office, withdrawal.registration, question);
  if (registration === null || task?.kind !== 'register') return null;
  const { filing, registrationId } = registration;
  const reply =
    registrationId === null
      ? await office.file(filing, question)
      : await office.registration(registrationId, question);
  return { step: 'register', authorisationId: filing.authorisationId, reply };
}

/** The first answer to the filing may be lost: filed again under its key, it tells its number. */
async function withdraw(
  office: PledgeOffice,
  { filing, registrationId }: Registration,
  question: Question,
): Promise<OfficeGathered> {
  const step = 'withdraw';
  const { authorisationId } = filing;
  if (registrationId !== null) {
    return { step, authorisationId, reply: await office.withdraw(registrationId, question) };
  }
  const filed = await office.file(filing, question);
  if (filed.kind !== 'answered') return { step, authorisationId, reply: filed };
  const { value, evidence } = filed;
  if (!('registrationId' in value)) {
    return { step, authorisationId, reply: { kind: 'answered', value: 'withdrawn', evidence } };
  }
  return { step, authorisationId, reply: await office.withdraw(value.registrationId, question) };
}

/**
 * One live pledge for a patent. Several applications may change one patent in a turn: those let go
 * leave first, and of those that keep it only the last stays. Another's row is never overwritten:
 * the primary key refuses it.
 */
export async function recordPledges(
  transaction: Transaction,
  rows: readonly PledgeRow[],
): Promise<void> {
  const holders = new Map<string, PledgeRow & { kind: 'kept' }>();
  const registrations = new Map<string, PledgeRow & { kind: 'registered' }>();
  for (const row of rows) {
    if (row.kind === 'kept') holders.set(row.number, row);
    else if (row.kind === 'registered') registrations.set(row.number, row);
    else {
      holders.delete(row.number);
      registrations.delete(row.number);
    }
  }
  const freed = rows.filter((row) => row.kind === 'freed');
  const kept = [...holders.values()];
  const registered = [...registrations.values()];
  await Promise.all([
    freed.length > 0 && moveToPast(transaction, freed),
    kept.length > 0 && writeKept(transaction, kept),
    registered.length > 0 && writeRegistered(transaction, registered),
  ]);
}

async function moveToPast(
  transaction: Transaction,
  freed: readonly (PledgeRow & { kind: 'freed' })[],
): Promise<void> {
  await transaction.prepared(
    'pledge.move-to-past',
    `with freed as (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
         as freed (patent_number, application_id, cause, at_ms)
     ), gone as (
       delete from pledge.live_pledges as live using freed
       where live.patent_number = freed.patent_number
         and live.application_id = freed.application_id
       returning live.*, freed.cause, freed.at_ms
     )
     insert into pledge.past_pledges (patent_number, application_id, lender_id, revision, kept_at,
       registration_number, registered_at, released_at, cause)
     select patent_number, application_id, lender_id, revision, kept_at, registration_number,
       registered_at, to_timestamp(at_ms / 1000.0), cause from gone`,
    [
      freed.map(({ number }) => number),
      freed.map(({ applicationId }) => applicationId),
      freed.map(({ cause }) => cause),
      freed.map(({ atMs }) => Math.round(atMs)),
    ],
  );
}

async function writeKept(
  transaction: Transaction,
  kept: readonly (PledgeRow & { kind: 'kept' })[],
): Promise<void> {
  await transaction.prepared(
    'pledge.write-kept',
    `with kept as (
       select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bigint[])
         as kept (patent_number, application_id, lender_id, revision, at_ms)
     ), own as (
       update pledge.live_pledges as live set revision = kept.revision from kept
       where live.patent_number = kept.patent_number
         and live.application_id = kept.application_id
       returning live.patent_number
     )
     insert into pledge.live_pledges (patent_number, application_id, lender_id, revision, kept_at)
     select patent_number, application_id, lender_id, revision, to_timestamp(at_ms / 1000.0)
     from kept where not exists (select from own where own.patent_number = kept.patent_number)`,
    [
      kept.map(({ number }) => number),
      kept.map(({ applicationId }) => applicationId),
      kept.map(({ lenderId }) => lenderId),
      kept.map(({ revision }) => revision),
      kept.map(({ atMs }) => Math.round(atMs)),
    ],
  );
}

async function writeRegistered(
  transaction: Transaction,
  registered: readonly (PledgeRow & { kind: 'registered' })[],
): Promise<void> {
  await transaction.prepared(
    'pledge.write-registered',
    `update pledge.live_pledges as live
     set registration_number = registered.registration_number,
       registered_at = to_timestamp(registered.at_ms / 1000.0)
     from unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
       as registered (patent_number, application_id, registration_number, at_ms)
     where live.patent_number = registered.patent_number
       and live.application_id = registered.application_id`,
    [
      registered.map(({ number }) => number),
      registered.map(({ applicationId }) => applicationId),
      registered.map(({ registrationNumber }) => registrationNumber),
      registered.map(({ atMs }) => Math.round(atMs)),
    ],
  );
}
