// The verify line: applications in, findings about their patents and their guarantee out.
import { defineLine, type Incoming } from '@saidao/worker';
import { topics, type ApplicationContent } from '@saidao/schemas';
import { isOpen, wakeOf, type Reply } from './asking.ts';
import type { Guarantor, PatentRegister, Question } from './ports.ts';
import { askRegister, questionOf } from './questions.ts';
import {
  decideVerification,
  initialVerifyState,
  startAsking,
  type Asking,
  type GuarantorSays,
  type VerifyGathered,
  type VerifyState,
} from './verify.decide.ts';

export interface VerifyPorts {
  /** May answer from the cache. */
  readonly register: PatentRegister;
  readonly guarantor: Guarantor;
  /** How long one event may be gathered for. */
  readonly gatherMsMax: number;
}

type Event = Incoming<
  'ApplicationReceived' | 'ApplicationAmended' | 'ApplicationWithdrawn' | 'TimerDue'
>;

export const verifyLine = ({ register, guarantor, gatherMsMax }: VerifyPorts) =>
  defineLine({
    name: 'verify',
    consumes: [topics.applications],
    when: ['ApplicationReceived', 'ApplicationAmended', 'ApplicationWithdrawn'],
    initialState: initialVerifyState,
    newRevision: ({ wake }, revision): VerifyState => ({ revision, asking: null, wake }),
    async gather(event, { state, signal }): Promise<VerifyGathered> {
      const asking = askedBy(event, state);
      const question = questionOf(event.lenderId, signal, gatherMsMax);
      const [registered, guarantee] = await Promise.all([
        askRegister(register, asking?.patents.filter(({ item }) => isOpen(item)) ?? [], question),
        askGuarantor(guarantor, event, asking, question),
      ]);
      const guarantorAnsweredAtMs = guarantor.answeredAtMs(event.lenderId);
      return { ...registered, guarantee, guarantorAnsweredAtMs };
    },
    decide: decideVerification,
    produces: [topics.patentFindings],
  });

function askedBy(event: Event, state: VerifyState): Asking | null {
  switch (event.type) {
    case 'ApplicationReceived':
    case 'ApplicationAmended':
      return startAsking(event.data.businessDate, event.data.content);
    case 'ApplicationWithdrawn':
      return null;
    case 'TimerDue':
      return wakeOf(event.data.detail) === state.wake ? state.asking : null;
  }
}

async function askGuarantor(
  guarantor: Guarantor,
  event: Event,
  asking: Asking | null,
  question: Question,
): Promise<Reply<GuarantorSays> | undefined> {
  if (asking === null || asking.guarantee === null || !isOpen(asking.guarantee)) return undefined;
  const { applicationId, revision } = event.data;
  const { enterprise, request, guarantee } = asking.content satisfies ApplicationContent;
  if (guarantee === null) return undefined;
  return guarantor.confirm(
    {
      applicationId,
      institution: guarantee.institution,
      uscc: enterprise.uscc,
      sharePpm: guarantee.sharePpm,
      amountFen: request.amount.minor,
    },
    `${applicationId}/${revision}/guarantee`,
    question,
  );
}
