// The payout rail: moves money once for each key, and keeps its own book of what it really moved.
import { isDeepStrictEqual } from 'node:util';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { type Static, Type } from 'typebox';
import type { Behaviours } from '../behaviour.ts';
import {
  type Answer,
  answer,
  Day,
  exactly,
  Fen,
  IdempotencyKey,
  Identifier,
  Instant,
  Name,
  type Part,
  Problem,
  problem,
  type Surroundings,
} from '../wire.ts';
import { createCallbacks, type CallbackTarget } from './callbacks.ts';
import { statementCamt, statementCsv, statementFormats, statementOf } from './statement.ts';

const instruction = {
  payoutId: Identifier,
  lenderId: Identifier,
  payee: Name,
  amountFen: Fen,
  currency: Type.Literal('CNY'),
  purpose: Name,
  /** The lender's own name for what it pays; told back with each callback and in statements. */
  endToEndId: Type.Optional(Identifier),
};
export const PayoutRequest = exactly(instruction);
export type PayoutRequest = Static<typeof PayoutRequest>;

const Paid = exactly({
  status: Type.Literal('paid'),
  railReference: Identifier,
  paidAt: Instant,
});
const Rejected = exactly({ status: Type.Literal('rejected'), cause: Type.String() });
export type PayoutOutcome = Static<typeof Paid> | Static<typeof Rejected>;

/** Whoever looks a key up is told what it stands for: it may not be what they take it for. */
const { lenderId, payee, amountFen, currency } = instruction;
const told = { lenderId, payee, amountFen, currency };
export const FoundPayout = Type.Union([
  exactly({ ...Paid.properties, ...told }),
  exactly({ ...Rejected.properties, ...told }),
]);

export const MovedPayout = exactly({ ...instruction, railReference: Identifier, paidAt: Instant });
export type MovedPayout = Static<typeof MovedPayout>;
export const RailBook = exactly({
  payouts: Type.Array(MovedPayout),
  totalFen: Type.String({ pattern: '^[0-9]+$' }),
});

const Target = exactly({
  url: Type.String({ pattern: '^https?://', maxLength: 500 }),
  secret: Type.String({ pattern: '^whsec_[A-Za-z0-9+/]{32,88}={0,2}$' }),
});

const neverSeen = (payoutId: string) =>
  problem(404, 'payout-unknown', `The rail has never seen the payout ${payoutId}.`);

/** The rail calls back where it was told whom to call: at its start, or by its control route. */
export interface PayoutRail extends Part {
  resume(): void;
  close(): void;
}

interface Settled {
  readonly key: string;
  readonly payout: PayoutRequest;
  readonly outcome: PayoutOutcome;
}

export function createPayoutRail(
  surroundings: Surroundings,
  behaviours: Behaviours,
  calls?: CallbackTarget,
): PayoutRail {
  const { recorder, now } = surroundings;
  const callbacks = createCallbacks(surroundings, behaviours);
  callbacks.call(calls);
  /** By key: a payout under another key is another payout, whatever it calls itself. */
  const outcomes = new Map<string, Settled>();
  /** The first of each payoutId, for whoever looks it up. */
  const firsts = new Map<string, Settled>();
  const owed = new Set<string>();
  let paidCount = 0;

  /** Between the look and the entry nothing awaits: one key moves money once, many as may ask. */
  async function pay(
    key: string,
    payout: PayoutRequest,
    rejection?: string,
  ): Promise<Answer<PayoutOutcome>> {
    const first = outcomes.get(key);
    if (first === undefined) {
      if (rejection === undefined) {
        const paidAtMs = now();
        const day = new Date(paidAtMs).toISOString().slice(0, 10).replaceAll('-', '');
        const railReference = `R${day}${String(paidCount + 1).padStart(8, '0')}`;
        recorder.record({ type: 'payout-paid', key, payout, railReference, paidAtMs });
      } else {
        recorder.record({ type: 'payout-rejected', key, payout, cause: rejection });
      }
      const made = outcomes.get(key);
      if (made !== undefined) await callbacks.tell(made);
    } else if (!isDeepStrictEqual(first.payout, payout)) {
      return problem(409, 'key-reused', `The key ${key} stands for another payout.`);
    }
    await recorder.flushed();
    const settled = outcomes.get(key);
    if (settled === undefined) return neverSeen(payout.payoutId);
    const { outcome } = settled;
    return answer(outcome.status === 'rejected' ? 422 : 200, outcome);
  }

  function lookUp(payoutId: string): Answer<Static<typeof FoundPayout>> {
    const found = firsts.get(payoutId);
    if (found === undefined) return neverSeen(payoutId);
    const { lenderId, payee, amountFen, currency } = found.payout;
    return answer(200, { ...found.outcome, lenderId, payee, amountFen, currency });
  }

  /** Entries of older books name no key: it was the payoutId. */
  function settle(entry: { key?: string; payout: PayoutRequest }, outcome: PayoutOutcome): void {
    const { payout, key = payout.payoutId } = entry;
    const settled = { key, payout, outcome };
    outcomes.set(key, settled);
    if (!firsts.has(payout.payoutId)) firsts.set(payout.payoutId, settled);
  }

  return {
    apply(entry) {
      if (entry.type === 'payout-paid') {
        const { railReference, paidAtMs } = entry;
        paidCount += 1;
        settle(entry, {
          status: 'paid',
          railReference,
          paidAt: new Date(paidAtMs).toISOString(),
        });
      }
      if (entry.type === 'payout-rejected') {
        settle(entry, { status: 'rejected', cause: entry.cause });
      }
      if (entry.type === 'callback-owed') owed.add(entry.key ?? entry.payoutId);
      if (entry.type === 'callback-taken') owed.delete(entry.key ?? entry.payoutId);
    },
    clear() {
      outcomes.clear();
      firsts.clear();
      owed.clear();
      paidCount = 0;
      callbacks.clear();
    },
    resume() {
      callbacks.resume([...owed].flatMap((key) => outcomes.get(key) ?? []));
    },
    close: () => callbacks.close(),
    routes(plain: FastifyInstance) {
      const app = plain.withTypeProvider<TypeBoxTypeProvider>();
      const failures = { '4xx': Problem, '5xx': Problem };
      app.post(
        '/rail/payouts',
        {
          schema: {
            headers: IdempotencyKey,
            body: PayoutRequest,
            response: { 200: Paid, 422: Rejected, ...failures },
          },
        },
        async ({ headers, body }, reply) => {
          const key = headers['idempotency-key'];
          return behaviours.perform(reply, {
            provider: 'rail',
            subjects: [body.payee],
            act: () => pay(key, body),
            reject: () => pay(key, body, 'the rail was told to reject'),
          });
        },
      );
      app.get(
        '/rail/payouts/:payoutId',
        {
          schema: {
            params: exactly({ payoutId: Identifier }),
            response: { 200: FoundPayout, ...failures },
          },
        },
        async ({ params: { payoutId } }, reply) => {
          const payee = firsts.get(payoutId)?.payout.payee;
          return behaviours.perform(reply, {
            provider: 'rail',
            subjects: payee === undefined ? [] : [payee],
            act: async () => {
              const found = lookUp(payoutId);
              await recorder.flushed();
              return found;
            },
          });
        },
      );
      // The auditor's view: no behaviour touches it.
      app.get('/rail/book', { schema: { response: { 200: RailBook, ...failures } } }, async () => {
        const payouts = moved();
        await recorder.flushed();
        const totalFen = payouts.reduce((sum, { amountFen }) => sum + BigInt(amountFen), 0n);
        return { payouts, totalFen: totalFen.toString() };
      });
      app.get(
        '/rail/statement',
        {
          schema: {
            querystring: exactly({
              lenderId: Identifier,
              date: Day,
              format: Type.Optional(Type.Enum(statementFormats)),
            }),
            response: { 200: Type.String(), ...failures },
          },
        },
        async ({ query: { lenderId, date, format } }, reply) => {
          const statement = statementOf(lenderId, date, moved());
          await recorder.flushed();
          if (format === 'camt053') {
            const createdAt = new Date(now()).toISOString();
            return reply
              .type('application/xml; charset=utf-8')
              .send(statementCamt(statement, createdAt));
          }
          return reply.type('text/csv; charset=utf-8').send(statementCsv(statement));
        },
      );
      app.put(
        '/control/rail/callbacks',
        {
          schema: { body: Target, response: { 200: exactly({ url: Type.String() }), ...failures } },
        },
        async ({ body }) => {
          callbacks.call(body);
          return { url: body.url };
        },
      );
    },
  };

  function moved(): MovedPayout[] {
    return [...outcomes.values()].flatMap(({ payout, outcome }) =>
      outcome.status === 'paid'
        ? [{ ...payout, railReference: outcome.railReference, paidAt: outcome.paidAt }]
        : [],
    );
  }
}
