// The verify line: applications in, findings about their patents and their enterprise out.
import { askFacts, defineLine, questionOf, type Asked, type Incoming } from '@saidao/worker';
import { topics, type ApplicationContent } from '@saidao/schemas';
import { isOpen, type Item } from '@saidao/worker/asking';
import { bureauConsent } from './enterprise/checks.ts';
import type { FactSources, GuaranteeRequest } from './ports.ts';
import {
  begunBy,
  decideVerification,
  ENTERPRISE,
  initialVerifyState,
  type AskedPatent,
  type Begun,
  type VerifyGathered,
  type VerifyIn,
  type VerifyPolicy,
  type VerifyState,
} from './verify.decide.ts';

export interface VerifyPorts {
  readonly sources: FactSources;
  readonly policy: VerifyPolicy;
  /** How long one event may be gathered for. */
  readonly gatherMsMax: number;
}

export const verifyLine = ({ sources, policy, gatherMsMax }: VerifyPorts) =>
  defineLine({
    name: 'verify',
    // Of decisions only the ends: nobody is asked about an application that has come to one.
    consumes: [topics.applications, topics.decisions],
    when: [
      'ApplicationReceived',
      'ApplicationAmended',
      'ApplicationWithdrawn',
      'LoanDeclined',
      'OfferExpired',
      'DisbursementAuthorised',
      'ApplicationClosed',
    ],
    initialState: initialVerifyState,
    newRevision: ({ wake }, revision): VerifyState => ({ ...initialVerifyState, revision, wake }),
    gathers: ['ApplicationReceived', 'ApplicationAmended', 'TimerDue'],
    gather: (event, { state, signal, nowMs }) =>
      gather(event, begunBy(event, state, nowMs, policy), state, sources, (about) =>
        questionOf(about, signal, gatherMsMax),
      ),
    decide: decideVerification(policy),
    produces: [topics.patentFindings],
  });

/** Asks about all that is open, at once. */
async function gather(
  event: Incoming<VerifyIn>,
  begun: Begun | undefined,
  state: VerifyState,
  sources: FactSources,
  ask: (about: Parameters<typeof questionOf>[0]) => ReturnType<typeof questionOf>,
): Promise<VerifyGathered | undefined> {
  if (begun === undefined) return undefined;
  const { asking, subject } = begun;
  const { content, businessDate } = subject;
  const { applicationId, revision } = event.data;
  const purpose =
    state.round === 0 || event.type !== 'TimerDue' ? 'verification' : 'reverification';
  const question = ask({ lenderId: event.lenderId, applicationId, purpose });
  const { uscc } = content.enterprise;
  const consentId = bureauConsent(content, businessDate)?.id ?? null;
  const [register, annuity, valuation, registry, watchlists, bureau, guarantor] = await Promise.all(
    [
      askFacts(
        sources.register,
        openPatents(asking.patents, (one) => one.register),
        question,
      ),
      askFacts(
        sources.annuity,
        openPatents(asking.patents, (one) => one.annuity),
        question,
      ),
      askFacts(
        sources.valuation,
        openPatents(asking.patents, (one) => one.appraisal),
        question,
      ),
      askFacts(sources.registry, openOne(asking.registry, uscc), question),
      askFacts(sources.watchlists, openOne(asking.listings, uscc), question),
      askFacts(
        sources.bureau,
        consentId === null ? [] : openOne(asking.bureau, { uscc, consentId }),
        { ...question, consentId },
      ),
      askFacts(
        sources.guarantor,
        openGuarantee(asking.guarantee, content, applicationId, `${revision}/${state.round}`),
        question,
      ),
    ],
  );
  return { register, annuity, valuation, registry, watchlists, bureau, guarantor };
}

function openPatents<Says>(
  patents: readonly AskedPatent[],
  itemOf: (patent: AskedPatent) => Item<Says> | null,
): Asked<string, Says>[] {
  return patents.flatMap((patent) => {
    const item = itemOf(patent);
    const { number } = patent;
    return item !== null && isOpen(item) ? [{ key: number, subject: number, item }] : [];
  });
}

function openOne<Subject, Says>(item: Item<Says> | null, subject: Subject): Asked<Subject, Says>[] {
  return item !== null && isOpen(item) ? [{ key: ENTERPRISE, subject, item }] : [];
}

function openGuarantee<Says>(
  item: Item<Says> | null,
  { guarantee, enterprise, request }: ApplicationContent,
  applicationId: string,
  round: string,
): Asked<GuaranteeRequest, Says>[] {
  if (guarantee === null) return [];
  const { institution, sharePpm } = guarantee;
  return openOne(item, {
    applicationId,
    institution,
    uscc: enterprise.uscc,
    sharePpm,
    amountFen: request.amount.minor,
    key: `${applicationId}/${round}/guarantee`,
  });
}
