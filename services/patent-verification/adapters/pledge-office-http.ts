// The pledge office over HTTP: file, ask, take back.
import {
  askLogged,
  isNone,
  ProviderError,
  readerOf,
  type Caller,
  type JsonAnswer,
} from '@saidao/worker';
import { Type, type Static } from 'typebox';
import type { OfficeSays } from '../pledge.decide.ts';
import type { PledgeOffice } from '../ports.ts';

const Text = Type.String({ minLength: 1, maxLength: 200 });
const State = Type.Union([
  Type.Object({ registrationId: Text, status: Type.Enum(['pending', 'released']) }),
  Type.Object({
    registrationId: Text,
    status: Type.Literal('registered'),
    registrationNumber: Text,
    registeredAt: Text,
  }),
  Type.Object({ registrationId: Text, status: Type.Literal('refused'), cause: Type.String() }),
]);
const readState = readerOf(State);
const readProblem = readerOf(Type.Object({ error: Type.String(), message: Type.String() }));

const CAUSE_LENGTH_MAX = 300;
/** The office has read the filing and will never take it; other 4xx are about us or the way. */
const REFUSALS = new Set([400, 409, 422]);

export interface PledgeOfficeHttpOptions extends Caller {
  /** Registrations stand at `<url>/registrations`. */
  readonly url: string;
}

export function pledgeOfficeHttp({ url, ...caller }: PledgeOfficeHttpOptions): PledgeOffice {
  const at = (registrationId: string): string =>
    `${url}/registrations/${encodeURIComponent(registrationId)}`;

  return {
    file: (filing, question) =>
      askLogged(caller, filing.authorisationId, question, async (ask): Promise<OfficeSays> => {
        const { applicationId, lenderId, pledgor, patents, debtFen, contract, waived } = filing;
        const answer = await ask({
          method: 'POST',
          url: `${url}/registrations`,
          body: {
            applicationId,
            lenderId,
            pledgor,
            patents,
            debtFen: debtFen.toString(),
            contract,
            waived,
          },
          idempotencyKey: filing.authorisationId,
        });
        if (!REFUSALS.has(answer.status)) return saidBy(answer);
        return { status: 'refused', cause: causeOf(readProblem(answer).message) };
      }),
    registration: (registrationId, question) =>
      askLogged(caller, registrationId, question, async (ask): Promise<OfficeSays> => {
        const answer = await ask({ method: 'GET', url: at(registrationId) });
        if (isNone(answer, 'registration-unknown')) return { status: 'missing' };
        const says = saidBy(answer);
        if ('registrationId' in says && says.registrationId !== registrationId) {
          throw new ProviderError('garbage', 'answered about another registration');
        }
        return says;
      }),
    withdraw: (registrationId, question) =>
      askLogged(caller, registrationId, question, async (ask): Promise<'withdrawn'> => {
        const answer = await ask({ method: 'DELETE', url: at(registrationId) });
        if (isNone(answer, 'registration-unknown')) return 'withdrawn';
        const { status } = stateIn(answer);
        // A registration that was refused is as little there as one that was released.
        if (status === 'released' || status === 'refused') return 'withdrawn';
        throw new ProviderError('error', `still says ${status}`);
      }),
  };
}

function stateIn(answer: JsonAnswer): Static<typeof State> {
  if (answer.status !== 200 && answer.status !== 202) {
    throw new ProviderError('error', `answered with status ${answer.status}`);
  }
  return readState(answer);
}

function saidBy(answer: JsonAnswer): OfficeSays {
  const state = stateIn(answer);
  switch (state.status) {
    case 'pending':
      return { status: 'pending', registrationId: state.registrationId };
    case 'registered': {
      const registeredAtMs = Date.parse(state.registeredAt);
      if (Number.isNaN(registeredAtMs)) {
        throw new ProviderError('garbage', 'answered with a time that does not exist');
      }
      const { registrationId, registrationNumber } = state;
      return { status: 'registered', registrationId, registrationNumber, registeredAtMs };
    }
    case 'refused':
      return { status: 'refused', cause: causeOf(state.cause) };
    case 'released':
      return { status: 'released' };
  }
}

const causeOf = (text: string): string => text.slice(0, CAUSE_LENGTH_MAX);
