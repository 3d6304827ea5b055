// A book of live loans by a seed: methods, ages and arrears of all kinds, each with what a night earns.
import { partitionOf } from '@saidao/event-log';
import {
  scheduleOf,
  type Instalment,
  type LoanContract,
  type LoanFact,
  type RateStep,
} from '@saidao/loans';
import {
  addDays,
  addMonths,
  daysBetween,
  mulDivHalfUp,
  ppmOne,
  repaymentPlans,
  type BusinessDate,
  type Fen,
} from '@saidao/values';
import { openAccount, type LoanAccount, type LoanIdentity } from '../loan/account.ts';
import { contractOf } from '../loan/products.ts';
import { lpr, products, world } from '../loan/shipped.ts';

export interface LoanBookOptions {
  readonly count: number;
  readonly seed: number;
  readonly partitions: number;
  /** The day that is to be closed: nothing of it or after it has happened yet. */
  readonly date: BusinessDate;
}

export interface LoanOfBook {
  /** Nothing of it is posted and no day closed. */
  readonly account: LoanAccount;
  /** Interest of the night after `date`, by schedule alone: not by what is measured. */
  readonly nightFen: Fen;
  /** Days past due at the end of `date`. */
  readonly daysPastDue: number;
}

const PRODUCTS = [
  ['exim-zj', 'IP_PLEDGE'],
  ['boc-zj', 'NEW_QUALITY'],
  ['czb-hz', 'INNOVATION'],
  ['czb-hz', 'TALENT'],
] as const;
const TERMS = [6, 12, 12, 24, 36] as const;
/** Of a thousand: so many are past due by up to so many days, the others by none. */
const ARREARS = [
  { of: 10, days: 400 },
  { of: 20, days: 270 },
  { of: 30, days: 90 },
  { of: 60, days: 30 },
] as const;
/** Of a thousand debtors: so many have the loan before too. */
const SAME_DEBTOR = 50;
const LPR_KNOWN_SINCE: BusinessDate = '2024-02-01';

/** The same loans for the same options, one after the other. */
export function* loanBook(options: LoanBookOptions): Generator<LoanOfBook> {
  const chance = chanceOf(options.seed);
  const debtors = new Map<string, string>();
  for (let serial = 1; serial <= options.count; serial += 1) {
    const [lenderId, productId] = PRODUCTS[chance(PRODUCTS.length)]!;
    const isSame = chance(1_000) < SAME_DEBTOR ? debtors.get(lenderId) : undefined;
    const debtorUscc = isSame ?? `9133${String(serial).padStart(14, '0')}`;
    debtors.set(lenderId, debtorUscc);
    const hex = serial.toString(16).padStart(12, '0');
    const applicationId = `019c0000-0000-7000-8000-${hex}`;
    const identity: LoanIdentity = {
      ...{ lenderId, productId, debtorUscc, applicationId, revision: 1 },
      authorisationId: `${applicationId}/authorisation/1`,
      lane: partitionOf(Buffer.from(applicationId), options.partitions),
      inclusive: chance(2) === 0 ? ['nfra_1000w'] : [],
    };
    yield loanOf(identity, options.date, chance);
  }
}

function loanOf(
  identity: LoanIdentity,
  date: BusinessDate,
  chance: (below: number) => number,
): LoanOfBook {
  const { lenderId, productId, applicationId, inclusive } = identity;
  const termMonths = TERMS[chance(TERMS.length)]!;
  const method = repaymentPlans[chance(repaymentPlans.length)]!;
  const arrears = arrearsOf(chance(1_000));
  // The late ones may have come to their end; the others have not.
  const ageMax = daysBetween(addMonths(date, -termMonths), date) - 2 + arrears;
  const young = addDays(date, -1 - chance(Math.max(1, ageMax)));
  const bookedOn = young < LPR_KNOWN_SINCE ? addDays(LPR_KNOWN_SINCE, chance(300)) : young;
  const lprPpm = lpr.quotes.findLast((quote) => quote.date <= bookedOn)!.oneYearPpm;
  const addOnPpm = chance(16) * 1_000;
  const limitFen = BigInt(10 + chance(990)) * 1_000_000n + BigInt(chance(1_000_000));
  const contract = contractOf(products.of(lenderId, productId), {
    ...{ loanId: `${applicationId}-L1`, limitFen, method, bookedOn, termMonths, lprPpm, addOnPpm },
    ratePpm: lprPpm + addOnPpm,
    guarantee: productId === 'INNOVATION' ? { institution: 'guarantor', sharePpm: 800_000 } : null,
    inclusive,
  });
  const rates = ratesOf(contract, date);
  const { counting, convention } = contract;
  const schedule = scheduleOf({
    ...{ principalFen: limitFen, method, from: bookedOn, termMonths, rates, counting, convention },
    calendar: world.calendar,
  });
  const unpaidFrom = addDays(date, -arrears);
  const paid = schedule.filter(({ dueOn }) => dueOn < unpaidFrom && dueOn < date);
  const oldest = schedule[paid.length];
  const account = openAccount(contract, identity);
  return {
    account: { ...account, reservedFen: 0n, facts: factsOf(account, paid) },
    nightFen: nightOf(contract, schedule, rates, date),
    daysPastDue: oldest === undefined || oldest.dueOn >= date ? 0 : daysBetween(oldest.dueOn, date),
  };
}

function factsOf({ contract }: LoanAccount, paid: readonly Instalment[]): LoanFact[] {
  const { loanId, bookedOn, limitFen } = contract;
  return [
    { id: `${loanId}/payout/1`, kind: 'DRAWN', on: bookedOn, amountFen: limitFen },
    ...paid.map(({ number, dueOn, principalFen, interestFen }): LoanFact => ({
      id: `bank/${loanId}/${number}`,
      kind: 'REPAID',
      on: dueOn,
      amountFen: principalFen + interestFen,
      effect: 'SCHEDULED',
    })),
  ];
}

/** The contract's, and from each 1 January the LPR last published before with the points added. */
function ratesOf({ lpr: floats, bookedOn, ratePpm }: LoanContract, date: BusinessDate): RateStep[] {
  const rates: RateStep[] = [{ from: bookedOn, ratePpm }];
  if (floats === null) return rates;
  for (let year = Number(bookedOn.slice(0, 4)) + 1; `${year}-01-01` <= date; year += 1) {
    const from = `${year}-01-01`;
    const quote = lpr.quotes.findLast((one) => one.date < from)!;
    const next = quote.oneYearPpm + floats.addOnPpm;
    if (next !== rates.at(-1)!.ratePpm) rates.push({ from, ratePpm: next });
  }
  return rates;
}

/** What the running period has earned with this night, less what it had earned before. */
function nightOf(
  contract: LoanContract,
  schedule: readonly Instalment[],
  rates: readonly RateStep[],
  date: BusinessDate,
): Fen {
  const period = schedule.find(({ from, to }) => from <= date && date < to);
  if (period === undefined) return 0n;
  const earned = (until: BusinessDate): Fen => earnedFen(contract, period, rates, until);
  return earned(addDays(date, 1)) - earned(date);
}

function earnedFen(
  { counting: { dayCount } }: LoanContract,
  { from, to, openingFen }: Instalment,
  rates: readonly RateStep[],
  until: BusinessDate,
): Fen {
  const rateOn = (day: BusinessDate) => BigInt(rates.findLast((one) => one.from <= day)!.ratePpm);
  if (dayCount === 'MONTHS_12') {
    const nights = BigInt(daysBetween(from, until));
    const whole = BigInt(daysBetween(from, to)) * 12n * BigInt(ppmOne);
    return mulDivHalfUp(openingFen * nights, rateOn(from), whole);
  }
  let rated = 0n;
  for (let day = from; day < until; day = addDays(day, 1)) rated += rateOn(day);
  const year = dayCount === 'ACT_360' ? 360n : 365n;
  return mulDivHalfUp(openingFen, rated, year * BigInt(ppmOne));
}

function arrearsOf(drawn: number): number {
  let below = 0;
  for (const { of, days } of ARREARS) {
    below += of;
    if (drawn < below) return days;
  }
  return 0;
}

/** Whole numbers from 0 up to a bound, the same for a seed: mulberry32. */
function chanceOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
