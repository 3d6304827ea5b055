// Reconciles a file of the rail with the books, keeps what came of it, and halts payouts above a bound.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import {
  businessDateOf,
  formatYuan,
  isBusinessDate,
  startOfBusinessDateMs,
  addDays,
  type Fen,
} from '@saidao/values';
import type { Transaction } from '@saidao/worker';
import { withBooks } from '../database.ts';
import { DeskFault } from '../fault.ts';
import { actAs, assertSaid } from '../halts.ts';
import { reconcile, spanOfLines, type OurPayout, type Reconciled, type Span } from './match.ts';
import { readCamtStatement } from './statement-camt053.ts';
import { readCsvStatement } from './statement-csv.ts';
import {
  fenOrNull,
  STATEMENT_BYTES_MAX,
  StatementFault,
  type Statement,
  type StatementLine,
} from './statement.ts';

export interface ReconcileQuestion {
  readonly databaseUrl: string;
  readonly file: string;
  readonly lender: string;
  /** The days that the statement is of; null: as it says itself, else those of its lines. */
  readonly since: string | null;
  readonly until: string | null;
  /** Yuan; a mismatch above it halts the lender's payouts. */
  readonly bound: string;
  readonly by: string;
  /** Nothing is kept, nobody is halted. */
  readonly isDryRun: boolean;
}

interface PayoutTold {
  readonly payoutId: string;
  readonly loanId: string;
  readonly payee: string;
  readonly amount: string;
  readonly status: string;
  readonly paidOn: string | null;
  readonly railReference: string | null;
}

interface LineTold {
  readonly place: string;
  readonly valueDate: string;
  readonly references: readonly string[];
  readonly payee: string | null;
  /** In major units; negative: money that came back. */
  readonly amount: string;
  readonly currency: string;
}

export interface ReconcileAnswer extends Span {
  readonly lender: string;
  readonly file: string;
  readonly sha256: string;
  readonly format: string;
  readonly counts: Readonly<Record<CountName, number>>;
  readonly mismatch: string;
  readonly bound: string;
  /** Why payouts of the lender are halted now; empty: they are not. */
  readonly halted: readonly { readonly kind: string; readonly reason: string }[];
  /** The first of each; `counts` has how many there are. */
  readonly missing: readonly PayoutTold[];
  readonly extra: readonly LineTold[];
  readonly differing: readonly {
    readonly payout: PayoutTold;
    readonly lines: readonly LineTold[];
    readonly differences: readonly { kind: string; ours: string; theirs: string }[];
    readonly mismatch: string;
  }[];
  readonly repeated: readonly LineTold[];
}
type CountName = 'lines' | 'matched' | 'missing' | 'extra' | 'differing' | 'repeated' | 'pending';

/** Of more nobody reads each. */
const TOLD_MAX = 1_000;

export async function reconciled(question: ReconcileQuestion): Promise<ReconcileAnswer> {
  const { lender, by } = question;
  assertSaid(by, 'who reconciles');
  const boundFen = boundOf(question.bound);
  const { bytes, statement } = readStatement(question.file);
  const span = spanOf(question, statement);
  return withBooks(question.databaseUrl, (database) =>
    database.transaction(async (transaction) => {
      await assertWhose(transaction, lender, statement);
      const payouts = await payoutsOf(transaction, lender, statement.lines, span);
      const result = reconcile(payouts, statement.lines, span);
      const kept = {
        ...{ lender, by, span, boundFen, format: statement.format },
        fileName: basename(question.file),
        sha256: createHash('sha256').update(bytes).digest(),
        counts: countsOf(statement, result),
        mismatchFen: result.mismatchFen,
      };
      if (!question.isDryRun) await keep(transaction, kept);
      return answerOf(kept, result, await haltOf(transaction, lender));
    }),
  );
}

/** CSV, or camt.053 where it begins as XML does. */
export function readStatement(file: string): { bytes: Buffer; statement: Statement } {
  const bytes = readBounded(file);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const isXml = /^\s*</.test(text);
    return { bytes, statement: isXml ? readCamtStatement(text) : readCsvStatement(text) };
  } catch (error) {
    if (error instanceof StatementFault) {
      throw new DeskFault(`${file} is no statement. ${error.message}`, { cause: error });
    }
    if (error instanceof TypeError) throw new DeskFault(`${file} is no text in UTF-8.`);
    throw error;
  }
}

function readBounded(file: string): Buffer {
  try {
    const { size } = statSync(file);
    if (size <= STATEMENT_BYTES_MAX) return readFileSync(file);
  } catch (error) {
    throw new DeskFault(`${file} cannot be read: ${(error as Error).message}.`, { cause: error });
  }
  throw new DeskFault(`${file} is larger than ${STATEMENT_BYTES_MAX} bytes: ask for fewer days.`);
}

function boundOf(text: string): Fen {
  const fen = /^\d/.test(text) ? fenOrNull(text) : null;
  if (fen !== null) return fen;
  throw new DeskFault(`The bound ${text} is no amount in yuan from 0 on, as 1234.50.`);
}

function spanOf({ since, until }: ReconcileQuestion, statement: Statement): Span {
  for (const date of [since, until]) {
    if (date !== null && !isBusinessDate(date)) {
      throw new DeskFault(`${String(date)} is no date: write YYYY-MM-DD.`);
    }
  }
  const lines = spanOfLines(statement.lines);
  const span = {
    since: since ?? statement.since ?? lines?.since,
    until: until ?? statement.until ?? lines?.until,
  };
  if (span.since === undefined || span.until === undefined) {
    throw new DeskFault('The statement is empty and does not say of which days: say since, until.');
  }
  if (span.since > span.until) throw new DeskFault(`${span.since} comes after ${span.until}.`);
  return { since: span.since, until: span.until };
}

/** A statement of one lender is never put beside the books of another. */
async function assertWhose(
  transaction: Transaction,
  lender: string,
  { accounts }: Statement,
): Promise<void> {
  const { rows } = await transaction.query<{ lender_id: string }>(
    'select distinct lender_id from book.accounts where lender_id = any($1)',
    [[lender, ...accounts]],
  );
  const known = rows.map(({ lender_id }) => lender_id);
  const other = known.find((one) => one !== lender);
  if (other !== undefined) throw new DeskFault(`The statement is of ${other}, not of ${lender}.`);
  if (!known.includes(lender)) throw new DeskFault(`There are no books of ${lender}.`);
}

/** Those that the statement names, and those that were paid on its days. */
async function payoutsOf(
  transaction: Transaction,
  lender: string,
  lines: readonly StatementLine[],
  { since, until }: Span,
): Promise<OurPayout[]> {
  const references = [...new Set(lines.flatMap((line) => line.references))];
  const { rows } = await transaction.query<{
    payout_id: string;
    loan_id: string;
    payee: string;
    amount_fen: bigint;
    currency: string;
    status: OurPayout['status'];
    paid_at: Date | null;
    rail_reference: string | null;
  }>(
    `select p.payout_id, p.loan_id, p.payee, p.amount_fen, l.currency, p.status, p.paid_at,
       p.rail_reference
     from book.payouts as p join book.loans as l on l.loan_id = p.loan_id
     where l.lender_id = $1 and p.payout_id in (
       select payout_id from book.payouts where payout_id = any($2)
       union select payout_id from book.payouts where rail_reference = any($2)
       union select payout_id from book.payouts where paid_at >= $3 and paid_at < $4)
     order by p.payout_id`,
    [
      lender,
      references,
      new Date(startOfBusinessDateMs(since)),
      new Date(startOfBusinessDateMs(addDays(until, 1))),
    ],
  );
  return rows.map((row) => ({
    payoutId: row.payout_id,
    loanId: row.loan_id,
    payee: row.payee,
    amountFen: row.amount_fen,
    currency: row.currency,
    status: row.status,
    paidOn: row.paid_at === null ? null : businessDateOf(row.paid_at.getTime()),
    railReference: row.rail_reference,
  }));
}

interface Kept {
  readonly lender: string;
  readonly by: string;
  readonly span: Span;
  readonly boundFen: Fen;
  readonly format: string;
  readonly fileName: string;
  readonly sha256: Buffer;
  readonly counts: ReconcileAnswer['counts'];
  readonly mismatchFen: Fen;
}

function countsOf(statement: Statement, result: Reconciled): ReconcileAnswer['counts'] {
  const { matched, missing, extra, differing, repeated, pending } = result;
  return {
    lines: statement.lines.length,
    matched: matched.length,
    missing: missing.length,
    extra: extra.length,
    differing: differing.length,
    repeated: repeated.length,
    pending: pending.length,
  };
}

/** The first reason of a halt stands. */
async function keep(transaction: Transaction, kept: Kept): Promise<void> {
  const { lender, by, span, counts, mismatchFen, boundFen } = kept;
  const { lines, matched, missing, extra, differing, repeated, pending } = counts;
  await transaction.query(
    `insert into book.reconciliations (lender_id, file_name, sha256, format, since, until, lines,
       matched, missing, extra, differing, repeated, pending, mismatch_fen, bound_fen, actor)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    [
      ...[lender, kept.fileName, kept.sha256, kept.format, span.since, span.until, lines],
      ...[matched, missing, extra, differing, repeated, pending],
      ...[String(mismatchFen), String(boundFen), by],
    ],
  );
  if (mismatchFen <= boundFen) return;
  const reason =
    `The statement ${kept.fileName} of ${span.since} to ${span.until} differs from the books by ` +
    `${formatYuan(mismatchFen)} CNY (bound ${formatYuan(boundFen)}): ${missing} missing, ` +
    `${extra} extra, ${differing} differing`;
  await actAs(transaction, by, reason);
  await transaction.query(
    `insert into book.halts (lender_id, kind, reason) values ($1, 'RECONCILE', $2)
     on conflict do nothing`,
    [lender, reason],
  );
}

async function haltOf(
  transaction: Transaction,
  lender: string,
): Promise<ReconcileAnswer['halted']> {
  const { rows } = await transaction.query<{ kind: string; reason: string }>(
    'select kind, reason from book.halts where lender_id = $1 order by kind',
    [lender],
  );
  return rows;
}

function answerOf(
  kept: Kept,
  { missing, extra, differing, repeated }: Reconciled,
  halted: ReconcileAnswer['halted'],
): ReconcileAnswer {
  return {
    lender: kept.lender,
    file: kept.fileName,
    sha256: kept.sha256.toString('hex'),
    format: kept.format,
    ...kept.span,
    counts: kept.counts,
    mismatch: formatYuan(kept.mismatchFen),
    bound: formatYuan(kept.boundFen),
    halted,
    missing: missing.slice(0, TOLD_MAX).map(payoutTold),
    extra: extra.slice(0, TOLD_MAX).map(lineTold),
    differing: differing.slice(0, TOLD_MAX).map(({ payout, lines, differences, mismatchFen }) => ({
      payout: payoutTold(payout),
      lines: lines.map(lineTold),
      differences: differences.map(({ kind, ours, theirs }) =>
        kind === 'amount'
          ? { kind, ours: formatYuan(BigInt(ours)), theirs: formatYuan(BigInt(theirs)) }
          : { kind, ours, theirs },
      ),
      mismatch: formatYuan(mismatchFen),
    })),
    repeated: repeated.slice(0, TOLD_MAX).map(lineTold),
  };
}

function payoutTold({ amountFen, currency: _currency, ...payout }: OurPayout): PayoutTold {
  return { ...payout, amount: formatYuan(amountFen) };
}

function lineTold({ place, valueDate, references, payee, amountFen, currency }: StatementLine) {
  return { place, valueDate, references, payee, amount: formatYuan(amountFen), currency };
}
