// Guarantee institutions: which of them exist, and whether they confirm that they share a loan's risk.
import { isDeepStrictEqual } from 'node:util';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Behaviours } from './behaviour.ts';
import {
  type Answer,
  answer,
  exactly,
  Fen,
  IdempotencyKey,
  Identifier,
  Name,
  type Part,
  Problem,
  problem,
  type Surroundings,
  Uscc,
} from './wire.ts';

export const ConfirmationRequest = exactly({
  applicationId: Identifier,
  institution: Name,
  uscc: Uscc,
  sharePpm: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  amountFen: Fen,
});
export type ConfirmationRequest = Static<typeof ConfirmationRequest>;

export const Confirmation = exactly({ confirmed: Type.Boolean(), reference: Identifier });
export type Confirmation = Static<typeof Confirmation>;

export const Institution = exactly({ name: Name, confirms: Type.Boolean() });

export function createGuarantor(surroundings: Surroundings, behaviours: Behaviours): Part {
  const { recorder } = surroundings;
  const confirms = new Map<string, boolean>();
  const given = new Map<string, { request: ConfirmationRequest; confirmation: Confirmation }>();

  /** A key is answered as it was the first time, even if the institution has changed its mind. */
  async function confirm(
    key: string,
    request: ConfirmationRequest,
    mind: boolean | undefined,
  ): Promise<Answer<Confirmation>> {
    if (!given.has(key)) {
      if (mind === undefined) {
        const message = `No guarantee institution is called ${request.institution}.`;
        return problem(404, 'institution-unknown', message);
      }
      const reference = `G${String(given.size + 1).padStart(8, '0')}`;
      recorder.record({ type: 'confirmation-given', key, request, confirmed: mind, reference });
    }
    const first = given.get(key);
    if (first === undefined || !isDeepStrictEqual(first.request, request)) {
      return problem(409, 'key-reused', `The key ${key} stands for another confirmation.`);
    }
    await recorder.flushed();
    return answer(200, first.confirmation);
  }

  return {
    apply(entry) {
      if (entry.type === 'institution-seeded') confirms.set(entry.name, entry.confirms);
      if (entry.type === 'confirmation-given') {
        const { key, request, confirmed, reference } = entry;
        given.set(key, { request, confirmation: { confirmed, reference } });
      }
    },
    clear() {
      confirms.clear();
      given.clear();
    },
    routes(plain: FastifyInstance) {
      const app = plain.withTypeProvider<TypeBoxTypeProvider>();
      app.post(
        '/guarantor/confirmations',
        {
          schema: {
            headers: IdempotencyKey,
            body: ConfirmationRequest,
            response: { 200: Confirmation, '4xx': Problem, '5xx': Problem },
          },
        },
        async ({ headers, body }, reply) => {
          const key = headers['idempotency-key'];
          const mind = () => confirms.get(body.institution);
          return behaviours.perform(reply, {
            provider: 'guarantor',
            subjects: [body.institution],
            act: () => confirm(key, body, mind()),
            reject: () => confirm(key, body, mind() === undefined ? undefined : false),
          });
        },
      );
      app.put(
        '/control/guarantor/institutions/:name',
        {
          schema: {
            params: exactly({ name: Name }),
            body: exactly({ confirms: Type.Boolean() }),
            response: { 200: Institution, '4xx': Problem, '5xx': Problem },
          },
        },
        async ({ params: { name }, body }) => {
          recorder.record({ type: 'institution-seeded', name, confirms: body.confirms });
          await recorder.flushed();
          return { name, confirms: body.confirms };
        },
      );
    },
  };
}
