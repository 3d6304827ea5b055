// The payout line: instructions in, the rail's answers out; money moves once for each key.
import { topics } from '@saidao/schemas';
import { defineLine, type Transaction } from '@saidao/worker';
import {
  decidePayout,
  initialPayoutState,
  questionOf,
  type PayoutGathered,
  type PayoutRow,
} from './payout.decide.ts';
import type { Halts, PayoutRail } from './ports.ts';

export const payoutLine = (rail: PayoutRail, halts: Halts) =>
  defineLine({
    name: 'payout',
    consumes: [topics.disbursements, topics.payoutCallbacks],
    when: ['PayoutInstructed', 'PayoutCalledBack'],
    initialState: initialPayoutState,
    async gather(event, { state, signal }): Promise<PayoutGathered> {
      const question = questionOf(event, state);
      if (question === undefined) return undefined;
      // Looked at before every question: also to ask what became of a key may lead to paying it.
      if (await halts.isHalted(question.instruction.lenderId)) return { kind: 'halted' };
      return rail[question.kind](question.instruction, signal);
    },
    decide: decidePayout,
    record: writePayouts,
    produces: [topics.payoutResults],
  });

/** What an operator reads when a payout stays unknown, or is held. */
export async function writePayouts(
  transaction: Transaction,
  rows: readonly PayoutRow[],
): Promise<void> {
  const last = new Map(rows.map((row) => [row.instruction.payoutId, row]));
  const payouts = [...last.values()];
  await transaction.prepared(
    'payout.write-payouts',
    `insert into payout.payouts (payout_id, application_id, lender_id, loan_id, payee, amount_fen,
       status, attempts, key_taken, rail_reference, paid_at, cause, asked_first_at, changed_at)
     select payout_id, application_id, lender_id, loan_id, payee, amount_fen, status, attempts,
       key_taken, rail_reference, to_timestamp(paid_at_ms / 1000.0), cause,
       to_timestamp(asked_first_at_ms / 1000.0), to_timestamp(changed_at_ms / 1000.0)
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],
       $7::text[], $8::int[], $9::boolean[], $10::text[], $11::bigint[], $12::text[],
       $13::bigint[], $14::bigint[])
       as w (payout_id, application_id, lender_id, loan_id, payee, amount_fen, status, attempts,
         key_taken, rail_reference, paid_at_ms, cause, asked_first_at_ms, changed_at_ms)
     on conflict (payout_id) do update set status = excluded.status,
       attempts = excluded.attempts, asked_first_at = excluded.asked_first_at,
       key_taken = excluded.key_taken,
       rail_reference = excluded.rail_reference, paid_at = excluded.paid_at,
       cause = excluded.cause, changed_at = excluded.changed_at`,
    [
      payouts.map(({ instruction }) => instruction.payoutId),
      payouts.map(({ applicationId }) => applicationId),
      payouts.map(({ instruction }) => instruction.lenderId),
      payouts.map(({ loanId }) => loanId),
      payouts.map(({ instruction }) => instruction.payee),
      payouts.map(({ instruction }) => instruction.amountFen),
      payouts.map(({ status }) => status),
      payouts.map(({ attempts }) => attempts),
      payouts.map(({ keyTaken }) => keyTaken),
      payouts.map(({ railReference }) => railReference),
      payouts.map(({ paidAtMs }) => paidAtMs),
      payouts.map(({ cause }) => cause),
      payouts.map(({ askedFirstAtMs }) => askedFirstAtMs && Math.floor(askedFirstAtMs)),
      payouts.map(({ changedAtMs }) => Math.floor(changedAtMs)),
    ],
  );
}
