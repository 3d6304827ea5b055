// Lenders whose payouts are stopped: which, why, who lifted what; and lifting one, with a reason.
import type { Transaction } from '@saidao/worker';
import { inBooks, withBooks } from './database.ts';
import { DeskFault } from './fault.ts';

export interface HaltsQuestion {
  readonly databaseUrl: string;
}

export interface Halt {
  readonly lender: string;
  /** BROKEN: an invariant of the books; RECONCILE: the rail's statement says something else. */
  readonly kind: string;
  readonly reason: string;
  readonly applicationId: string | null;
  readonly lane: number | null;
  readonly haltedAt: string;
}

export interface HaltLogLine {
  readonly lender: string;
  readonly what: 'HALTED' | 'LIFTED';
  readonly kind: string;
  readonly reason: string;
  readonly by: string;
  readonly at: string;
}

export interface HaltsAnswer {
  readonly halts: readonly Halt[];
  /** The latest first. */
  readonly log: readonly HaltLogLine[];
}

const LOG_LINES_MAX = 100;

export function haltsNow({ databaseUrl }: HaltsQuestion): Promise<HaltsAnswer> {
  return inBooks(databaseUrl, async (books) => {
    const { rows } = await books.query<{
      lender_id: string;
      kind: string;
      reason: string;
      application_id: string | null;
      lane: number | null;
      halted_at: Date;
    }>('select * from book.halts order by lender_id, kind');
    return {
      halts: rows.map((row) => ({
        lender: row.lender_id,
        kind: row.kind,
        reason: row.reason,
        applicationId: row.application_id,
        lane: row.lane,
        haltedAt: row.halted_at.toISOString(),
      })),
      log: await latestLog(books),
    };
  });
}

async function latestLog(books: Transaction): Promise<HaltLogLine[]> {
  const { rows } = await books.query<{
    lender_id: string;
    what: HaltLogLine['what'];
    kind: string;
    reason: string;
    actor: string;
    at: Date;
  }>('select * from book.halt_log order by id desc limit $1', [LOG_LINES_MAX]);
  return rows.map(({ lender_id, what, kind, reason, actor, at }) => ({
    ...{ lender: lender_id, what, kind, reason, by: actor, at: at.toISOString() },
  }));
}

export interface Lifted {
  readonly lender: string;
  readonly kind: string;
  /** By which its payouts are halted still. */
  readonly left: readonly string[];
}

export interface LiftQuestion {
  readonly databaseUrl: string;
  readonly lender: string;
  /** Null: the one that there is. */
  readonly kind: string | null;
  readonly by: string;
  readonly reason: string;
}

/** With the last of its halts lifted the lender's held payouts go within seconds. */
export async function lifted(question: LiftQuestion): Promise<Lifted> {
  const { lender, by, reason } = question;
  assertSaid(by, 'who lifts it');
  assertSaid(reason, 'why');
  return withBooks(question.databaseUrl, (database) =>
    database.transaction(async (transaction) => {
      await actAs(transaction, by, reason);
      const { rows } = await transaction.query<{ kind: string }>(
        'select kind from book.halts where lender_id = $1 order by kind for update',
        [lender],
      );
      const kinds = rows.map((row) => row.kind);
      if (kinds.length === 0) throw new DeskFault(`The payouts of ${lender} are not halted.`);
      const kind = question.kind?.toUpperCase() ?? kinds[0]!;
      if (!kinds.includes(kind) || (question.kind === null && kinds.length > 1)) {
        throw new DeskFault(
          `The payouts of ${lender} are halted as ${kinds.join(' and ')}: say which.`,
        );
      }
      await transaction.query('delete from book.halts where lender_id = $1 and kind = $2', [
        ...[lender, kind],
      ]);
      return { lender, kind, left: kinds.filter((one) => one !== kind) };
    }),
  );
}

/** What the log of halts says of this transaction. */
export async function actAs(transaction: Transaction, by: string, reason: string): Promise<void> {
  await transaction.query(
    `select set_config('saidao.actor', $1, true), set_config('saidao.reason', $2, true)`,
    [by, reason],
  );
}

export function assertSaid(text: string, what: string): void {
  if (text.trim() === '') throw new DeskFault(`Say ${what}.`);
}
