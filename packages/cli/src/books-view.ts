// Balances, statements, loans and the portfolio as lines for a person's eyes, and rows for CSV.
import type {
  AccountStatement,
  LoanTold,
  Portfolio,
  TrialBalance,
  VerifiedBooks,
} from './desk-of-ledger.ts';
import { rightAligned, table } from './table.ts';

type Rows = (string | number | null)[][];

const tiers = ['normal', 'special-mention', 'substandard', 'doubtful', 'loss'] as const;

export function trialBalanceRows(books: readonly TrialBalance[]): Rows {
  return [
    ['lender', 'account', 'name', 'nature', 'currency', 'debits', 'credits', 'balance'],
    ...books.flatMap(({ lender, accounts }) =>
      accounts.map(({ account, name, nature, currency, debits, credits, balance }) => [
        ...[lender, account, name, nature, currency, debits, credits, balance],
      ]),
    ),
  ];
}

export function trialBalanceLines(books: readonly TrialBalance[]): string[] {
  if (books.length === 0) return ['Nothing is booked.'];
  return books.flatMap(({ lender, accounts, totals }, at) => [
    ...(at === 0 ? [] : ['']),
    lender,
    ...table(
      rightAligned(
        [
          ['account', 'name', 'nature', 'debits', 'credits', 'balance'],
          ...accounts.map(({ account, name, nature, debits, credits, balance }) => [
            ...[account, name, nature, debits, credits, balance],
          ]),
        ],
        3,
      ),
    ),
    ...totals.map(({ currency, debits, credits, difference }) =>
      difference === '0.00'
        ? `${currency}: debits and credits are ${debits} each.`
        : `${currency}: debits ${debits} and credits ${credits} differ by ${difference}.`,
    ),
  ]);
}

export function statementRows({ lines }: AccountStatement): Rows {
  return [
    [
      ...['bookingDate', 'valueDate', 'bookedAt', 'entry', 'movement', 'loan', 'side', 'amount'],
      'balance',
    ],
    ...lines.map((line) => [
      ...[line.bookingDate, line.valueDate, line.bookedAt, line.entry, line.movement, line.loan],
      ...[line.side, line.amount, line.balance],
    ]),
  ];
}

export function statementLines(statement: AccountStatement): string[] {
  const { lender, account, name, currency, loan, since, until, grows } = statement;
  const rows = statement.lines.map((line) => [
    ...[line.bookingDate, line.valueDate, line.movement, line.loan, line.side, line.amount],
    line.balance,
  ]);
  return [
    `${lender} ${account} ${name}${loan === null ? '' : `, loan ${loan}`}, ${since} to ${until}`,
    `opening ${statement.opening} ${currency}, on the ${grows} side`,
    ...(rows.length === 0
      ? ['Nothing was booked.']
      : table(
          rightAligned(
            [['booked', 'value', 'movement', 'loan', 'side', 'amount', 'balance'], ...rows],
            5,
          ),
        )),
    `closing ${statement.closing} ${currency}`,
  ];
}

export function loanLines(loan: LoanTold): string[] {
  const { standing, instalments, payouts, balances, ofToday } = loan;
  return [
    `${loan.loan}: ${loan.status}, ${loan.lender}, ${loan.product ?? 'no product'}`,
    `${loan.borrower} (${loan.uscc}), application ${loan.application}`,
    `limit ${loan.limit}, undrawn ${loan.undrawn}, rate ${loan.rate}, ${loan.method}, ` +
      `${loan.bookedOn} to ${loan.maturesOn}`,
    ...(ofToday.length === 0
      ? []
      : [`As of ${loan.asOf}; as they are today: ${ofToday.join(', ')}.`]),
    '',
    ...(standing === null ? ['It has no account.'] : standingLines(standing)),
    ...(instalments.length === 0 ? [] : ['', 'Schedule:']),
    ...table(
      rightAligned(
        instalments.length === 0
          ? []
          : [
              ['number', 'due', 'principal', 'interest', 'paid principal', 'paid interest'],
              ...instalments.map((one) => [
                ...[String(one.number), one.dueOn, one.principal, one.interest],
                ...[one.paidPrincipal, one.paidInterest],
              ]),
            ],
        2,
      ),
    ),
    ...(payouts.length === 0 ? [] : ['', 'Payouts:']),
    ...table(
      payouts.map(({ payout, payee, amount, status, railReference, paidAt, cause }) => [
        ...[payout, amount, payee, status, railReference ?? '', paidAt ?? cause ?? ''],
      ]),
    ),
    ...(balances.length === 0 ? [] : ['', 'Its postings add up to:']),
    ...table(
      rightAligned(
        balances.map(({ account, name, debits, credits, balance }) => [
          ...[account, name, debits, credits, balance],
        ]),
        2,
      ),
    ),
  ];
}

/** The schedule of a loan and what was paid of it. */
export function instalmentRows({ instalments }: LoanTold): Rows {
  return [
    ['number', 'dueOn', 'principal', 'interest', 'paidPrincipal', 'paidInterest'],
    ...instalments.map((one) => [
      ...[one.number, one.dueOn, one.principal, one.interest],
      ...[one.paidPrincipal, one.paidInterest],
    ]),
  ];
}

function standingLines(standing: NonNullable<LoanTold['standing']>): string[] {
  const { on, drawn, principal, overduePrincipal, dueInterest, daysPastDue, tier, ownTier } =
    standing;
  const { accrued, penalty, compound, received, suspense } = standing;
  return [
    `At the end of ${on}: drawn ${drawn}, principal ${principal}, of it overdue ` +
      `${overduePrincipal}; interest due ${dueInterest}; ${daysPastDue} days past due, ${tier}` +
      (tier === ownTier ? '' : ` (by itself ${ownTier})`),
    `accrued ${accrued}, penalty ${penalty}, compound ${compound}; received ${received}, ` +
      `in suspense ${suspense}`,
    ...(standing.nonAccrualFrom === null ? [] : [`non-accrual since ${standing.nonAccrualFrom}`]),
    ...(standing.writtenOffOn === null
      ? []
      : [
          `written off on ${standing.writtenOffOn}: ${standing.writtenOff}, ` +
            `recovered ${standing.recovered}`,
        ]),
    ...(standing.claimed === '0.00'
      ? []
      : [`claimed of the guarantor ${standing.claimed}, paid ${standing.guaranteePaid}`]),
    ...(standing.guaranteeHeld === '0.00'
      ? []
      : [`held of the guarantor’s money ${standing.guaranteeHeld}`]),
    ...(standing.settled ? ['It is settled.'] : []),
  ];
}

export function portfolioRows({ asOf, rows }: Portfolio): Rows {
  return [
    [
      ...['asOf', 'lender', 'product', 'basis', 'firms', 'loans', 'disbursed', 'balance'],
      ...tiers.flatMap((tier) => [`${tier} loans`, `${tier} balance`]),
    ],
    ...rows.map(({ lender, product, basis, firms, loans, disbursed, balance, tiers: own }) => [
      ...[asOf, lender, product, basis, firms, loans, disbursed, balance],
      ...tiers.flatMap((tier) => [own[tier].loans, own[tier].balance]),
    ]),
  ];
}

export function portfolioLines({ asOf, rows }: Portfolio): string[] {
  if (rows.length === 0) return [`Nothing had been paid out by ${asOf}.`];
  return [
    `As of ${asOf}; tiers by balance:`,
    ...table(
      rightAligned(
        [
          [...['lender', 'product', 'basis', 'firms', 'loans', 'disbursed', 'balance'], ...tiers],
          ...rows.map(({ tiers: own, ...row }) => [
            ...[row.lender, row.product, row.basis, row.firms, row.loans],
            ...[row.disbursed, row.balance, ...tiers.map((tier) => own[tier].balance)],
          ]),
        ],
        3,
      ),
      '',
    ),
  ];
}

export function verifiedLines(verified: VerifiedBooks): string[] {
  const { lenders, faults, areMore, isDevelopmentKey, seconds } = verified;
  return [
    ...lenders.map(
      ({ lender, chains, entries, postings, days, loans }) =>
        `${lender}: ${entries} entries with ${postings} postings in ${chains} chains, ` +
        `${days} signed days, ${loans} loans`,
    ),
    ...faults.map(faultLine),
    ...(areMore ? ['… and more'] : []),
    faults.length > 0
      ? 'The books are not as they were written.'
      : lenders.length === 0
        ? 'Nothing is booked.'
        : `Every chain is whole and every balance comes out, in ${seconds.toFixed(1)} s.`,
    ...(isDevelopmentKey && lenders.some(({ days }) => days > 0)
      ? ['Days are signed by the key of local runs, which everybody has: it proves nothing.']
      : []),
  ];
}

/** A row for each fault; of books that are sound the header alone. */
export function faultRows({ faults }: VerifiedBooks): Rows {
  return [
    ['lender', 'lane', 'seq', 'entry', 'kind', 'says'],
    ...faults.map(({ lender, lane, seq, entry, kind, says }) => [
      ...[lender, lane, seq, entry, kind, says],
    ]),
  ];
}

function faultLine({ kind, lender, lane, seq, entry, says }: VerifiedBooks['faults'][number]) {
  const place = [lender, lane, seq].filter((part) => part !== null).join('/');
  return `${place}${entry === null ? '' : ` ${entry}`}: ${kind}: ${says}`;
}
