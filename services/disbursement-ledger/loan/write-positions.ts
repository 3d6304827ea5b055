// Writes where loans stand, one statement for all loans of a turn or of a chunk of a day.
import type { Transaction } from '@saidao/worker';
import type { Position } from './positions.ts';

/** The last row of a loan stands; earlier ones of the same turn are left out. */
export async function writePositions(
  transaction: Transaction,
  rows: readonly Position[],
): Promise<void> {
  if (rows.length === 0) return;
  const last = [...new Map(rows.map((row) => [row.loanId, row])).values()];
  const column = <T>(of: (row: Position) => T): T[] => last.map(of);
  await transaction.prepared('book.write-positions', WRITE, [
    column(({ loanId }) => loanId),
    column(({ lenderId }) => lenderId),
    column(({ applicationId }) => applicationId),
    column(({ lane }) => lane),
    column(({ productId }) => productId),
    column(({ debtorUscc }) => debtorUscc),
    column(({ inclusive }) => inclusive.join(' ')),
    column(({ bookedOn }) => bookedOn),
    column(({ maturesOn }) => maturesOn),
    column(({ closedOn }) => closedOn),
    column(({ status }) => status),
    column(({ limitFen }) => limitFen),
    column(({ reservedFen }) => reservedFen),
    column(({ drawnFen }) => drawnFen),
    column(({ principalFen }) => principalFen),
    column(({ overdueFen }) => overdueFen),
    column(({ interestFen }) => interestFen),
    column(({ daysPastDue }) => daysPastDue),
    column(({ ownTier }) => ownTier),
    column(({ tier }) => tier),
    column(({ nonAccrual }) => nonAccrual),
    column(({ allowanceFen }) => allowanceFen),
    column(({ suspenseFen }) => suspenseFen),
    column(({ writtenOffFen }) => writtenOffFen),
    column(({ recoveredFen }) => recoveredFen),
    column(({ claimedFen }) => claimedFen),
    column(({ guaranteePaidFen }) => guaranteePaidFen),
  ]);
}

const names = [
  ['loan_id', 'text'],
  ['lender_id', 'text'],
  ['application_id', 'text'],
  ['lane', 'int'],
  ['product_id', 'text'],
  ['debtor_uscc', 'text'],
  // A list of lists cannot be sent; no name of a basis holds a blank.
  ['inclusive', 'text'],
  ['booked_on', 'date'],
  ['matures_on', 'date'],
  ['closed_on', 'date'],
  ['status', 'text'],
  ['limit_fen', 'bigint'],
  ['reserved_fen', 'bigint'],
  ['drawn_fen', 'bigint'],
  ['principal_fen', 'bigint'],
  ['overdue_fen', 'bigint'],
  ['interest_fen', 'bigint'],
  ['days_past_due', 'int'],
  ['own_tier', 'text'],
  ['tier', 'text'],
  ['non_accrual', 'boolean'],
  ['allowance_fen', 'bigint'],
  ['suspense_fen', 'bigint'],
  ['written_off_fen', 'bigint'],
  ['recovered_fen', 'bigint'],
  ['claimed_fen', 'bigint'],
  ['guarantee_paid_fen', 'bigint'],
] as const;
/** These never change once the loan is booked. */
const fixed = ['loan_id', 'lender_id', 'application_id', 'lane', 'booked_on', 'limit_fen'];

const columns = names.map(([name]) => name);
const selected = columns.map((name) =>
  name === 'inclusive' ? "string_to_array(w.inclusive, ' ')" : `w.${name}`,
);
const changed = columns.filter((name) => !fixed.includes(name));
const WRITE = `
  insert into book.positions (${columns.join(', ')})
  select ${selected.join(', ')}
  from unnest(${names.map(([, type], index) => `$${index + 1}::${type}[]`).join(', ')})
    as w (${columns.join(', ')})
  on conflict (loan_id) do update
  set ${changed.map((name) => `${name} = excluded.${name}`).join(', ')}`;
