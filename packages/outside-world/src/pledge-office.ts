// The pledge office: takes registrations, decides them by its own clock, and records pledges in the register.
import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { addMonths, type BusinessDate } from '@saidao/values';
import { type Static, Type } from 'typebox';
import type { Behaviours } from './behaviour.ts';
import type { Annuity } from './facts/annuity.ts';
import type { PatentFacts, Register } from './facts/register.ts';
import type { FactPart } from './facts/told.ts';
import {
  type Answer,
  answer,
  exactly,
  Fen,
  IdempotencyKey,
  Identifier,
  Instant,
  Name,
  type Part,
  PatentNumber,
  Problem,
  problem,
  type Surroundings,
  Uscc,
} from './wire.ts';

export const RegistrationRequest = exactly({
  applicationId: Identifier,
  lenderId: Identifier,
  pledgor: exactly({ name: Name, uscc: Uscc }),
  patents: Type.Array(PatentNumber, { minItems: 1, maxItems: 50, uniqueItems: true }),
  debtFen: Fen,
  /** Reference of the pledge contract. */
  contract: Type.Optional(Identifier),
  /** Grounds that signed statements lift, handed in with the filing. */
  waived: Type.Optional(
    Type.Array(
      exactly({ number: PatentNumber, grounds: Type.Array(Identifier, { maxItems: 12 }) }),
      {
        maxItems: 50,
      },
    ),
  ),
});
export type RegistrationRequest = Static<typeof RegistrationRequest>;

export const RegistrationState = exactly({
  registrationId: Identifier,
  status: Type.Enum(['pending', 'registered', 'refused', 'released']),
  registrationNumber: Type.Optional(Identifier),
  registeredAt: Type.Optional(Instant),
  cause: Type.Optional(Type.String()),
});
export type RegistrationState = Static<typeof RegistrationState>;

interface Registration {
  readonly request: RegistrationRequest;
  readonly dueAtMs: number;
  readonly rejection: string | undefined;
  state: RegistrationState;
}

export interface PledgeOffice extends Part {
  /** Takes up the registrations that were pending when the book was last closed. */
  resume(): void;
  close(): void;
}

export interface PledgeOfficeOptions {
  readonly register: Register;
  readonly annuity: FactPart<Annuity>;
  /** How long a registration takes. */
  readonly pledgeOfficeMs: number;
  /** The day as of which fees are counted. */
  readonly today: () => BusinessDate;
}

const inForce: readonly PatentFacts['status'][] = [
  'granted',
  'in-grace',
  'in-invalidation',
  'invalidated-in-part',
];
const GRACE_MONTHS = 6;

export function createPledgeOffice(
  surroundings: Surroundings,
  behaviours: Behaviours,
  { register, annuity, pledgeOfficeMs, today }: PledgeOfficeOptions,
): PledgeOffice {
  const { recorder, now } = surroundings;
  const registrations = new Map<string, Registration>();
  const idOfKey = new Map<string, string>();
  const timers = new Map<string, NodeJS.Timeout>();
  let registeredCount = 0;

  function settle(registrationId: string): void {
    timers.delete(registrationId);
    const registration = registrations.get(registrationId);
    if (registration?.state.status !== 'pending') return;
    const { request, rejection } = registration;
    const cause = rejection ?? refusalOf(request);
    if (cause !== undefined) {
      recorder.record({ type: 'pledge-refused', registrationId, cause });
      return;
    }
    const registeredAtMs = now();
    const serial = String(registeredCount + 1).padStart(6, '0');
    recorder.record({
      type: 'pledge-registered',
      registrationId,
      patents: request.patents,
      registrationNumber: `Y${new Date(registeredAtMs).getUTCFullYear()}33${serial}`,
      registeredAtMs,
    });
  }

  function schedule(registrationId: string, dueAtMs: number): void {
    const settleInTime = () => {
      try {
        settle(registrationId);
      } catch {
        // The book takes nothing more, which every request says; a restart takes this one up again.
      }
    };
    const timer = setTimeout(settleInTime, Math.max(0, dueAtMs - now()));
    timers.set(registrationId, timer);
  }

  /** The grounds that the office itself can see in the register. */
  function refusalOf({ patents, pledgor, waived = [] }: RegistrationRequest): string | undefined {
    for (const number of patents) {
      const lifted = waived.find((one) => one.number === number)?.grounds ?? [];
      const patent = register.find(number);
      if (patent === undefined) return `PL12 ${number} is not in the register`;
      const owns = patent.owners.some(({ uscc }) => uscc === pledgor.uscc);
      if (!owns) return `PL01 ${number} is not the pledgor's`;
      if (patent.status === 'invalidated' || patent.status.startsWith('terminated-')) {
        return `PL02 ${number} is ${patent.status}`;
      }
      if (!inForce.includes(patent.status)) return `PL03 ${number} is not granted`;
      if (isLapsed(number, patent.filed)) return `PL04 the annuity of ${number} is not paid`;
      if (patent.preserved) return `PL05 ${number} is under preservation`;
      if (patent.suspended) return `PL05 ${number} is suspended`;
      const consented = patent.coOwnersConsent === true || lifted.includes('PL08');
      if (patent.owners.length > 1 && !consented) {
        return `PL08 not all co-owners of ${number} consent`;
      }
      if (patent.pledged) return `PL09 ${number} is already pledged`;
      if (patent.kind === 'utility-model' && patent.sameDay !== null && !lifted.includes('PL10')) {
        return `PL10 ${number} has an invention of the same day, and nobody has declared to know`;
      }
      if (patent.status === 'in-invalidation' && !lifted.includes('PL11')) {
        return `PL11 the invalidation of ${number} is asked for, and nobody has declared to know`;
      }
      const [bar] = patent.bars ?? [];
      if (bar !== undefined) return `PL12 ${number}: ${bar}`;
    }
    return undefined;
  }

  /** The fee of a patent year is due when it begins; its months of grace are over too. */
  function isLapsed(number: string, filed: BusinessDate): boolean {
    const paidYears = annuity.find(number)?.paidThroughYear ?? 0;
    return today() > addMonths(filed, paidYears * 12 + GRACE_MONTHS);
  }

  async function file(
    key: string,
    request: RegistrationRequest,
    rejection?: string,
  ): Promise<Answer<RegistrationState>> {
    const known = idOfKey.get(key);
    if (known === undefined) {
      const registrationId = randomUUID();
      const dueAtMs = now() + pledgeOfficeMs;
      const filed = { type: 'registration-filed', registrationId, key, request, dueAtMs } as const;
      recorder.record(rejection === undefined ? filed : { ...filed, rejection });
      schedule(registrationId, dueAtMs);
      await recorder.flushed();
      return answer(202, { registrationId, status: 'pending' });
    }
    const registration = registrations.get(known);
    if (registration === undefined || !isDeepStrictEqual(registration.request, request)) {
      return problem(409, 'key-reused', `The key ${key} stands for another registration.`);
    }
    await recorder.flushed();
    return answer(202, registration.state);
  }

  async function release(registrationId: string): Promise<Answer<RegistrationState>> {
    const registration = registrations.get(registrationId);
    if (registration === undefined) return unknownRegistration(registrationId);
    const { status } = registration.state;
    if (status === 'pending' || status === 'registered') {
      recorder.record({ type: 'pledge-released', registrationId });
    }
    await recorder.flushed();
    return answer(200, registration.state);
  }

  return {
    apply(entry) {
      if (entry.type === 'registration-filed') {
        const { registrationId, request, dueAtMs, rejection } = entry;
        const state: RegistrationState = { registrationId, status: 'pending' };
        registrations.set(registrationId, { request, dueAtMs, rejection, state });
        idOfKey.set(entry.key, registrationId);
        return;
      }
      if (!('registrationId' in entry)) return;
      const registration = registrations.get(entry.registrationId);
      if (registration === undefined) return;
      if (entry.type === 'pledge-registered') {
        registeredCount += 1;
        registration.state = {
          ...registration.state,
          status: 'registered',
          registrationNumber: entry.registrationNumber,
          registeredAt: new Date(entry.registeredAtMs).toISOString(),
        };
      }
      if (entry.type === 'pledge-refused') {
        registration.state = { ...registration.state, status: 'refused', cause: entry.cause };
      }
      if (entry.type === 'pledge-released') {
        registration.state = { ...registration.state, status: 'released' };
      }
    },
    clear() {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      registrations.clear();
      idOfKey.clear();
      registeredCount = 0;
    },
    resume() {
      for (const [registrationId, { state, dueAtMs }] of registrations) {
        if (state.status === 'pending') schedule(registrationId, dueAtMs);
      }
    },
    close() {
      for (const timer of timers.values()) clearTimeout(timer);
    },
    routes(plain: FastifyInstance) {
      const app = plain.withTypeProvider<TypeBoxTypeProvider>();
      const response = {
        200: RegistrationState,
        202: RegistrationState,
        '4xx': Problem,
        '5xx': Problem,
      };
      const params = exactly({ registrationId: Identifier });
      const patentsOf = (registrationId: string) =>
        registrations.get(registrationId)?.request.patents ?? [];
      app.post(
        '/pledge-office/registrations',
        { schema: { headers: IdempotencyKey, body: RegistrationRequest, response } },
        async ({ headers, body }, reply) =>
          behaviours.perform(reply, {
            provider: 'pledge-office',
            subjects: body.patents,
            act: () => file(headers['idempotency-key'], body),
            reject: () =>
              file(headers['idempotency-key'], body, 'PL12 the pledge office was told to refuse'),
          }),
      );
      app.get(
        '/pledge-office/registrations/:registrationId',
        { schema: { params, response } },
        async ({ params: { registrationId } }, reply) =>
          behaviours.perform(reply, {
            provider: 'pledge-office',
            subjects: patentsOf(registrationId),
            act: async () => {
              const state = registrations.get(registrationId)?.state;
              await recorder.flushed();
              return state === undefined ? unknownRegistration(registrationId) : answer(200, state);
            },
          }),
      );
      app.delete(
        '/pledge-office/registrations/:registrationId',
        { schema: { params, response } },
        async ({ params: { registrationId } }, reply) =>
          behaviours.perform(reply, {
            provider: 'pledge-office',
            subjects: patentsOf(registrationId),
            act: () => release(registrationId),
            reject: async () =>
              problem(422, 'release-rejected', 'The pledge office was told to refuse.'),
          }),
      );
    },
  };
}

const unknownRegistration = (registrationId: string): Answer<never> =>
  problem(404, 'registration-unknown', `The pledge office has no registration ${registrationId}.`);
