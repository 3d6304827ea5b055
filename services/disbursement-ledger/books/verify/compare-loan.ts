// What is kept of a loan against what its entries name, and against what its facts come to.
import { isDeepStrictEqual } from 'node:util';
import type { LoanWorld } from '@saidao/loans';
import { addMonths, formatYuan, sumFen, toJson, type Fen } from '@saidao/values';
import { reckoned, type LoanAccount } from '../../loan/account.ts';
import { repaymentId } from '../../loan/actions/repayments.ts';
import { readEvidence, type Evidence } from '../../loan/evidence.ts';
import { draftsOfMoney, movementsBetween } from '../../loan/movements.ts';
import { positionOf } from '../../loan/positions.ts';
import { nothingPosted, type Posted } from '../../loan/posted.ts';
import { entryId, type Posting } from '../../postings.ts';
import type { FaultKind } from './fault.ts';
import type { EntryOfLoan, KeptLoan, Row } from './read-loans.ts';

export interface LoanFault {
  readonly kind: FaultKind;
  /** The entry that says otherwise; null where none does. */
  readonly entryId: string | null;
  readonly says: string;
}

/** Without an account or a position nothing of it can be told: that is the one fault then. */
export function faultsOfLoan(kept: KeptLoan, world: LoanWorld): readonly LoanFault[] {
  const { loanId, loan, position, account } = kept;
  const named = namedBy(kept.entries);
  if (loan === undefined) return [missing(loanId, 'book.loans')];
  if (account === undefined && position === undefined && named.terms === undefined) return [];
  if (account === undefined) return [missing(loanId, 'book.shared_rows, or it cannot be read')];
  if (position === undefined) return [missing(loanId, 'book.positions')];
  const faults: LoanFault[] = [];
  const find: Find = (kind, says, entry = null) =>
    void faults.push({ kind, says: `Loan ${loanId}: ${says}`, entryId: entry });
  try {
    compareTerms(kept, account, named, find);
    compareFacts(account, named, find);
    compareReceipts(kept, account, find);
    if (named.terms !== undefined) {
      comparePayouts(kept, account, find);
      compareRepayments(kept, account, find);
    }
    compareReckoned(kept, account, position, world, find);
  } catch (error) {
    find(
      'fact-changed',
      `it cannot be reckoned by what is kept of it: ${(error as Error).message}`,
    );
  }
  return faults;
}

type Find = (kind: FaultKind, says: string, entryId?: string | null) => void;

function missing(loanId: string, where: string): LoanFault {
  return { kind: 'loan-missing', entryId: null, says: `Loan ${loanId} has no row in ${where}.` };
}

interface Named {
  readonly terms: Evidence['terms'];
  readonly termsBy: string;
  /** In the order in which they were booked, with the entry that names each. */
  readonly facts: readonly { readonly fact: NonNullable<Evidence['facts']>[number]; by: string }[];
  readonly isAny: boolean;
}

/** Evidence that cannot be read was changed: its entry is told by its hash. */
function namedBy(entries: readonly EntryOfLoan[]): Named {
  const found = entries.flatMap(({ id, evidence }) => {
    try {
      return evidence === null ? [] : [{ by: id, ...readEvidence(evidence) }];
    } catch {
      return [];
    }
  });
  const booked = found.find(({ terms }) => terms !== undefined);
  return {
    terms: booked?.terms,
    termsBy: booked?.by ?? '',
    facts: found.flatMap(({ by, facts = [] }) => facts.map((fact) => ({ fact, by }))),
    isAny: found.length > 0,
  };
}

function compareTerms(
  { loan }: KeptLoan,
  { contract, identity }: LoanAccount,
  { terms, termsBy }: Named,
  find: Find,
): void {
  if (terms !== undefined) {
    for (const part of ['contract', 'identity'] as const) {
      const is = { contract, identity }[part];
      const [path, found, expected] = differenceOf(is, terms[part], part) ?? [];
      if (path === undefined) continue;
      const says = `${path} in book.shared_rows is ${found}, it was booked with ${expected}.`;
      find('terms-changed', says, termsBy);
    }
  }
  const { bookedOn, limitFen, ratePpm, termMonths, method } = terms?.contract ?? contract;
  const { lenderId, applicationId, authorisationId, debtorUscc } = terms?.identity ?? identity;
  compareRow(find, 'terms-changed', 'book.loans', loan, {
    ...{ lenderId, applicationId, authorisationId, bookedOn, ratePpm, termMonths },
    ...{ borrowerUscc: debtorUscc, principalFen: limitFen, currency: 'CNY', repayment: method },
    maturesOn: addMonths(bookedOn, termMonths),
    ...(terms !== undefined && {
      ...{ approvalId: terms.approvalId, borrower: terms.borrower, entrusted: terms.entrusted },
      ...{ productId: terms.identity.productId, bookedAt: new Date(terms.bookedAtMs) },
      availableUntil: new Date(terms.availableUntilMs),
    }),
  });
}

/** What no entry names yet stands behind what they name, and is told by what it comes to. */
function compareFacts(account: LoanAccount, { facts, isAny }: Named, find: Find): void {
  if (!isAny) return;
  facts.forEach(({ fact, by }, at) => {
    const is = account.facts[at];
    if (isDeepStrictEqual(is, fact)) return;
    const found = is === undefined ? 'not there' : toJson(is);
    find('fact-changed', `fact ${at + 1} is ${found}, its entry names ${toJson(fact)}.`, by);
  });
  const { named = 0 } = account;
  if (named === facts.length) return;
  find(
    'fact-changed',
    `${named} facts are said to be named by entries, they name ${facts.length}.`,
  );
}

/** How each repayment was booked, as it would be taken back. */
function compareReceipts(
  { loanId, entries }: KeptLoan,
  { facts, receipts }: LoanAccount,
  find: Find,
): void {
  const money = new Map(entries.map((entry) => [entry.id, entry]));
  for (const { id, kind } of facts) {
    if (kind !== 'REPAID') continue;
    const receipt = receipts[id];
    const expected = new Map(
      (receipt === undefined ? [] : draftsOfMoney(receipt.money)).map(({ movement, postings }) => [
        entryId(movement, `${loanId}/${id}`),
        `${receipt!.on}: ${postings.map(postingText).join(', ')}`,
      ]),
    );
    for (const movement of MONEY) {
      const name = entryId(movement, `${loanId}/${id}`);
      const entry = money.get(name);
      const booked = entry === undefined ? 'no entry' : `${entry.valueDate}: ${entry.postings}`;
      const kept = expected.get(name) ?? 'no entry';
      if (booked === kept) continue;
      find('fact-changed', `repayment ${id} is kept as ${kept}, booked was ${booked}.`, name);
    }
  }
}

const MONEY = ['RECEIPT', 'REPAYMENT', 'SUSPENSE', 'GUARANTEE_PAYMENT', 'RECOVERY'] as const;

function postingText({ side, account, amountFen }: Posting): string {
  return `${side} ${account} ${formatYuan(amountFen)}`;
}

/** Of the limit nothing is lost: it is drawn, on its way, or still to be drawn. */
function comparePayouts(
  { loan, payouts }: KeptLoan,
  { facts, reservedFen }: LoanAccount,
  find: Find,
): void {
  const drawn = new Map(
    facts.flatMap((fact) => (fact.kind === 'DRAWN' ? [[fact.id, fact.amountFen]] : [])),
  );
  let openFen = 0n;
  for (const { payout_id, amount_fen, status } of payouts) {
    const id = String(payout_id);
    const fen = BigInt(amount_fen ?? 0);
    if (status === 'instructed' || status === 'unknown') openFen += fen;
    const isFen = status === 'paid' ? fen : 0n;
    const wasFen = drawn.get(id) ?? 0n;
    drawn.delete(id);
    if (isFen === wasFen) continue;
    const says = `payout ${id} is ${status} with ${formatYuan(fen)}, drawn were `;
    find('payout-differs', `${says}${formatYuan(wasFen)}.`);
  }
  for (const [id, fen] of drawn) {
    find('payout-differs', `payout ${id} is not there, drawn were ${formatYuan(fen)}.`);
  }
  const undrawnFen = reservedFen - openFen;
  compareRow(find, 'payout-differs', 'book.loans', loan, { undrawnFen });
}

function compareRepayments(
  { loanId, repayments, taken, entries }: KeptLoan,
  { facts, identity: { lenderId } }: LoanAccount,
  find: Find,
): void {
  const rows = new Map(
    repayments.map((row) => [repaymentId(String(row['source']), String(row['reference'])), row]),
  );
  const reversedOn = new Map(
    facts.flatMap((fact) => (fact.kind === 'REVERSED' ? [[fact.reverses, fact.on]] : [])),
  );
  for (const fact of facts) {
    if (fact.kind !== 'REPAID') continue;
    const { id, amountFen, on, effect } = fact;
    const row = rows.get(id);
    rows.delete(id);
    const receipt = entries.find((one) => one.id === entryId('RECEIPT', `${loanId}/${id}`));
    compareRow(find, 'repayment-differs', `book.repayments of ${id}`, row, {
      ...{ lenderId, amountFen, valueDate: on, effect, currency: 'CNY' },
      reversedOn: reversedOn.get(id) ?? null,
      ...(receipt !== undefined && { bookedOn: receipt.bookingDate }),
      ...payerOf(taken.get(id)),
    });
  }
  for (const id of rows.keys()) {
    find('repayment-differs', `book.repayments has ${id}, which is none of its facts.`);
  }
}

/** As it was told, and kept where no other loan may take its reference. */
function payerOf(taken: string | undefined): { readonly payer?: string | null } {
  if (taken === undefined) return {};
  const { content } = JSON.parse(taken) as { readonly content: string };
  return { payer: (JSON.parse(content) as { readonly payer: string | null }).payer };
}

/** What left the deposit is the rail's: `reconcile` has its statement. 9099 is what memos balance. */
const elsewhere = new Set(['1003', '2011', '9099']);

function compareReckoned(
  { sums }: KeptLoan,
  account: LoanAccount,
  position: Row,
  world: LoanWorld,
  find: Find,
): void {
  const { target, standing } = reckoned(account, world);
  for (const figure of Object.keys(target) as (keyof Posted)[]) {
    const is = account.posted[figure];
    if (is === target[figure]) continue;
    const says = `posted.${figure} in book.shared_rows is ${is}, its facts come to `;
    find('fact-changed', `${says}${target[figure]} (fen).`);
  }
  const expected = balancesOf(account, target);
  for (const code of new Set([...sums.keys(), ...expected.keys()])) {
    const isFen = sums.get(code) ?? 0n;
    const wasFen = expected.get(code) ?? 0n;
    if (elsewhere.has(code) || isFen === wasFen) continue;
    const says = `its postings on ${code} come to ${formatYuan(isFen)}, its facts to `;
    find('postings-differ', `${says}${formatYuan(wasFen)}.`);
  }
  compareRow(find, 'position-differs', 'book.positions', position, {
    ...positionOf(account, standing),
  });
}

/** Debits less credits of each account, once all that should stand in the books does. */
function balancesOf(
  { contract, reservedFen }: LoanAccount,
  target: Posted,
): ReadonlyMap<string, Fen> {
  const legs = Map.groupBy(
    movementsBetween(contract, nothingPosted, target).flatMap(({ postings }) => postings),
    ({ account }): string => account,
  );
  const balances = new Map([...legs].map(([code, of]) => [code, sumFen(of.map(signedFen))]));
  return balances.set('9001', reservedFen);
}

function signedFen({ side, amountFen }: Posting): Fen {
  return side === 'debit' ? amountFen : -amountFen;
}

/** Each property beside the column of its name. */
function compareRow(
  find: Find,
  kind: FaultKind,
  table: string,
  row: Row | undefined,
  expected: Readonly<Record<string, unknown>>,
): void {
  if (row === undefined) return find(kind, `${table} has no such row.`);
  for (const [name, value] of Object.entries(expected)) {
    const column = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const found = row[column] ?? null;
    if (isSame(found, value)) continue;
    const says = `${column} in ${table} is ${shown(column, found)}, it has to be `;
    find(kind, `${says}${shown(column, textOf(value))}.`);
  }
}

function isSame(found: string | null, value: unknown): boolean {
  if (!(value instanceof Date)) return found === textOf(value);
  return found !== null && Date.parse(found) === value.getTime();
}

/** As PostgreSQL spells a value of jsonb. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  if (!Array.isArray(value)) return String(value as string | number | bigint | boolean);
  return `[${value.map((one) => JSON.stringify(one)).join(', ')}]`;
}

function shown(column: string, text: string | null): string {
  if (text === null) return 'nothing';
  return column.endsWith('_fen') && /^-?\d+$/.test(text) ? formatYuan(BigInt(text)) : text;
}

/** The first place where two values of JSON are not the same, and what is there of each. */
function differenceOf(
  is: unknown,
  was: unknown,
  path: string,
): readonly [path: string, is: string, was: string] | undefined {
  if (isDeepStrictEqual(is, was)) return undefined;
  if (isObject(is) && isObject(was)) {
    for (const name of new Set([...Object.keys(was), ...Object.keys(is)])) {
      const found = differenceOf(is[name], was[name], `${path}.${name}`);
      if (found !== undefined) return found;
    }
  }
  return [path, spelled(is), spelled(was)];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function spelled(value: unknown): string {
  return value === undefined ? 'nothing' : toJson(value);
}
