// The intake line: submissions in, applications out; it follows decisions and loans for its view.
import { createHash } from 'node:crypto';
import { toJson } from '@saidao/values';
import { topics } from '@saidao/schemas';
import {
  askFacts,
  defineLine,
  questionOf,
  type Asked,
  type Question,
  type Transaction,
} from '@saidao/worker';
import { isOpen, type Item } from '@saidao/worker/asking';
import {
  checkedBy,
  decideWith,
  initialState,
  type Checking,
  type DecideOptions,
  type Gathered,
  type StatusRow,
} from './decide.ts';
import { codeOf, ENTERPRISE, personsOf, type CheckReplies } from './kyc/checks.ts';
import type { Claims, KycSources, Reading, SubmissionName } from './ports.ts';

/** SHA-256 of a submitted body, the same from either door and whoever sent it. */
export function bodyHashOf(data: object): string {
  const { submittedBy: _, ...body } = data as { readonly submittedBy?: string | null };
  return createHash('sha256').update(toJson(body)).digest('hex');
}

/** The parts of `<lender>/<channel>/<reference>`. */
function nameOf(key: string): SubmissionName {
  const [lenderId = '', channel = '', ...reference] = key.split('/');
  return { lenderId, channel, reference: reference.join('/') };
}

export interface IntakeOptions {
  readonly claims: Claims;
  /** Writes the view that GET reads. */
  readonly record: (transaction: Transaction, rows: readonly StatusRow[]) => Promise<void>;
  readonly reading: Reading;
  /** Fixes the day on which applications are judged, for samples. */
  readonly businessDate?: string | undefined;
  readonly sources: KycSources;
  readonly kyc: DecideOptions['kyc'];
  /** How long one event may be gathered for. */
  readonly gatherMsMax: number;
}

export const intake = ({
  claims,
  record,
  reading,
  businessDate,
  sources,
  kyc,
  gatherMsMax,
}: IntakeOptions) =>
  defineLine({
    name: 'intake',
    consumes: [topics.submissions, topics.decisions, topics.disbursements],
    when: [
      'ApplicationSubmitted',
      'AmendmentSubmitted',
      'WithdrawalSubmitted',
      'OfferAcceptanceSubmitted',
      'OfferDeclineSubmitted',
      'LoanApproved',
      'LoanReferred',
      'LoanDeclined',
      'OfferExpired',
      'DisbursementAuthorised',
      'CancellationRequested',
      'ApprovalUndone',
      'ApplicationClosed',
      'LoanBooked',
      'LoanDisbursed',
      'LoanRepaid',
      'RepaymentReversed',
      'PayoutFailed',
      'AuthorisationCancelled',
      'CancellationRefused',
    ],
    initialState,
    // Intake alone makes revisions; an event of another line never brings a newer one.
    newRevision: (state, revision) => ({ ...state, revision }),
    // By the key, which is short; a body that names another submission is refused.
    identify: (events) => claims.claim(events.map(({ key }) => nameOf(key))),
    gathers: ['ApplicationSubmitted', 'AmendmentSubmitted', 'TimerDue'],
    async gather(event, { state, signal, applicationId = null }): Promise<Gathered | undefined> {
      const checked = checkedBy(event, state, { businessDate });
      if (checked !== null) {
        const { lenderId } = event;
        const about = { lenderId, applicationId, purpose: 'know-your-customer' };
        const question = questionOf(about, signal, gatherMsMax);
        return { decisions: null, kyc: await askAll(checked, sources, question) };
      }
      if (event.type !== 'TimerDue' || state.early === null) return undefined;
      const { lenderId, applicationId: id } = event.data;
      return { decisions: await reading.ofDecisions(lenderId, id), kyc: null };
    },
    decide: decideWith({ businessDate, bodyHashOf, kyc }),
    record,
    produces: [topics.applications],
  });

/** Asks about all that is open, at once; each person once, a file on its own consent. */
async function askAll(
  { submitted, checks }: Pick<Checking, 'submitted' | 'checks'>,
  sources: KycSources,
  question: Question,
): Promise<CheckReplies> {
  const uscc = codeOf(submitted);
  const persons = personsOf(submitted);
  const open = <Says, Subject>(
    items: Readonly<Record<string, Item<Says>>>,
    subjectOf: (person: (typeof persons)[number]) => Omit<Asked<Subject, Says>, 'key' | 'item'>,
  ): Asked<Subject, Says>[] =>
    persons.flatMap((person) => {
      const { key } = person;
      const item = items[key];
      return item !== undefined && isOpen(item) ? [{ key, item, ...subjectOf(person) }] : [];
    });
  const enterprise = { key: ENTERPRISE, subject: uscc, item: checks.registry };
  const [registry, identities, files, talents] = await Promise.all([
    askFacts(sources.registry, isOpen(checks.registry) ? [enterprise] : [], question),
    askFacts(
      sources.persons,
      open(checks.persons, ({ name, idNumber }) => ({ subject: { name, idNumber, uscc } })),
      question,
    ),
    askFacts(
      sources.files,
      open(checks.files, ({ idNumber, consentId }) => ({
        subject: { idNumber, consentId: consentId ?? '' },
        consentId: consentId ?? '',
      })),
      question,
    ),
    askFacts(
      sources.talents,
      open(checks.talents, ({ idNumber, certificate }) => ({
        subject: { idNumber, certificate: certificate ?? '' },
      })),
      question,
    ),
  ]);
  return { registry, persons: identities, files, talents };
}
