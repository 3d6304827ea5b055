// What a submission must be: each fault with its path, and the normalised content if there is none.
import {
  checkUscc,
  isBusinessDate,
  isSameName,
  parsePatentNumber,
  ppmOne,
  repaymentPlans,
  sumFen,
  type BusinessDate,
} from '@saidao/values';
import type {
  AmendmentSubmitted,
  ApplicationContent,
  ApplicationSubmitted,
  Fault,
  Money,
  PersonSubmitted,
  SupportingValuation,
  YearAmount,
} from '@saidao/schemas';

export type Submitted = ApplicationSubmitted | AmendmentSubmitted;

export type Validation =
  | { readonly ok: true; readonly content: ApplicationContent }
  | { readonly ok: false; readonly faults: Fault[] };

// Our policy: wide bounds that only stop what cannot be meant. 1,000 亿 yuan is no small firm's loan.
const AMOUNT_FEN_MAX = 10_000_000_000_000n;
const TERM_MONTHS_MAX = 360;
const PAYEES_MAX = 50;
const PATENTS_MAX = 100;
const LIST_MAX = 100;
const FAULTS_MAX = 50;
export const PERSONS_MAX = 20;
export const PERSON_ROLES = [
  'LEGAL_REPRESENTATIVE',
  'BENEFICIAL_OWNER',
  'SIGNATORY',
  'TALENT',
] as const;

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
/** Required items of a pledge contract: 专利权质押登记办法, article 8; names are ours. */
const CONTRACT_ITEMS = ['PARTIES', 'DEBT', 'TERM', 'PATENTS', 'SCOPE'];
const WAIVABLE = ['PL08', 'PL10', 'PL11'];
const REFERENCE = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
const PRODUCT = /^[A-Z][A-Z0-9_]{1,39}$/;

/**
 * Checks a submission against its date, the day on which it is judged.
 *
 * A code or number whose check character is wrong passes, marked: real codes fail their check
 * (found), so it leads to a referral, never to a refusal. One that has no code's form is a fault.
 */
export function validate(submitted: Submitted, businessDate: BusinessDate): Validation {
  const faults: Fault[] = [];
  const { enterprise, request, valuation, guarantee } = submitted;

  matches('channel', submitted.channel, NAME, 'small letters, digits and single hyphens', 40);
  matches('reference', submitted.reference, REFERENCE, 'letters, digits and . _ : -', 64);
  matches('product', submitted.productId, PRODUCT, 'capital letters, digits and _', 40);

  text('enterprise.name', enterprise.name, 100);
  text('enterprise.sector', enterprise.sector, 40);
  text('enterprise.industry', enterprise.industry, 100);
  const uscc = checkUscc(enterprise.uscc);
  if (!uscc.ok && (uscc.fault === 'length' || uscc.fault === 'alphabet')) {
    fault('enterprise.uscc', 'FORM', 'A unified social credit code has 18 digits and capitals.');
  }
  count('enterprise.staff', enterprise.staff, 0, 10_000_000);
  count('enterprise.scienceStaff', enterprise.scienceStaff, 0, 10_000_000);
  if (enterprise.staff !== null && (enterprise.scienceStaff ?? 0) > enterprise.staff) {
    fault('enterprise.scienceStaff', 'RANGE', 'More people in science than there are people.');
  }
  date('enterprise.founded', enterprise.founded);
  if (enterprise.founded !== null && enterprise.founded > businessDate) {
    fault('enterprise.founded', 'RANGE', 'It lies in the future.');
  }
  years('enterprise.revenue', enterprise.revenue);
  years('enterprise.rd', enterprise.rd);
  years('enterprise.exports', enterprise.exports);
  list('enterprise.qualifications', enterprise.qualifications, (path, one) => {
    text(`${path}.kind`, one.kind, 60);
    date(`${path}.validFrom`, one.validFrom);
    date(`${path}.validTo`, one.validTo);
    if (one.validTo < one.validFrom) fault(`${path}.validTo`, 'RANGE', 'It ends before it begins.');
  });
  list('enterprise.subsidies', enterprise.subsidies, (path, one) => {
    year(`${path}.year`, one.year);
    amount(`${path}.amount`, one.amount, 0n);
    text(`${path}.level`, one.level, 40);
  });
  list('enterprise.talents', enterprise.talents, (path, one) => {
    matches(`${path}.grade`, one.grade, /^[A-F]$/, 'a grade A to F', 1);
    count(`${path}.holds`, one.holdsPpm, 0, ppmOne);
  });
  if ((enterprise.talents ?? []).reduce((sum, { holdsPpm }) => sum + holdsPpm, 0) > ppmOne) {
    fault('enterprise.talents', 'RANGE', 'Together they hold more than the whole.');
  }
  optionalAmount('enterprise.equityRaised', enterprise.equityRaised);
  optionalAmount('enterprise.nextYearRdBudget', enterprise.nextYearRdBudget);
  optionalAmount('enterprise.assets', enterprise.assets);
  years('enterprise.costs', enterprise.costs);
  const capital = enterprise.workingCapital;
  if (capital !== null) {
    const path = 'enterprise.workingCapital';
    count(`${path}.margin`, capital.marginPpm, -ppmOne, ppmOne);
    count(`${path}.inventoryDays`, capital.inventoryDays, 0, 3_650);
    count(`${path}.receivableDays`, capital.receivableDays, 0, 3_650);
    count(`${path}.payableDays`, capital.payableDays, 0, 3_650);
    count(`${path}.prepaymentDays`, capital.prepaymentDays, 0, 3_650);
    count(`${path}.advanceDays`, capital.advanceDays, 0, 3_650);
    amount(`${path}.ownFunds`, capital.ownFunds, 0n);
    amount(`${path}.existingLoans`, capital.existingLoans, 0n);
  }

  amount('request.amount', request.amount, 1n);
  count('request.termMonths', request.termMonths, 1, TERM_MONTHS_MAX);
  text('request.purpose', request.purpose, 200);
  if (!(repaymentPlans as readonly string[]).includes(request.repayment)) {
    fault('request.repayment', 'UNKNOWN', `It is none of ${repaymentPlans.join(', ')}.`);
  }
  list('request.payees', request.payees, (path, one) => {
    text(`${path}.name`, one.name, 100);
    amount(`${path}.amount`, one.amount, 1n);
    // Whoever names payees has entrusted the payment; the ledger would refuse to pay this one.
    if (isSameName(one.name, enterprise.name)) {
      const message = 'It is the applicant: leave payees out where the money is to go to it.';
      fault(`${path}.name`, 'PAYEE_IS_BORROWER', message);
    }
  });
  if (request.payees.length > PAYEES_MAX) {
    fault('request.payees', 'RANGE', `There are more than ${PAYEES_MAX}.`);
  }
  if (
    request.payees.length > 0 &&
    sumFen(request.payees.map(({ amount }) => amount.minor)) !== request.amount.minor
  ) {
    fault('request.payees', 'SUM', 'The payees’ amounts do not add up to the amount asked for.');
  }

  const numbers = submitted.patents.map(({ number }) => parsePatentNumber(number));
  if (numbers.length > PATENTS_MAX) {
    fault('patents', 'RANGE', `There are more than ${PATENTS_MAX}.`);
  }
  const seen = new Set<string>();
  const patents = submitted.patents.map(({ number, appraised }, index) => {
    const parsed = numbers[index];
    const path = `patents[${index}].number`;
    if (parsed === undefined || (!parsed.ok && parsed.fault === 'form')) {
      fault(path, 'FORM', 'It is no Chinese application number, as ZL201710601862.3.');
    }
    const written = parsed?.ok === true ? parsed.number : number.trim();
    if (seen.has(written)) fault(path, 'TWICE', 'The same patent is named twice.');
    seen.add(written);
    optionalAmount(`patents[${index}].appraised`, appraised);
    return { number: written, numberValid: parsed?.ok === true, appraised };
  });

  if (valuation !== null) {
    amount('valuation.attributableRevenueBase', valuation.attributableRevenueBase, 0n);
    count('valuation.growth', valuation.growthPpm, -ppmOne, 10 * ppmOne);
    count('valuation.years', valuation.years, 1, 30);
    count('valuation.growthYears', valuation.growthYears, 0, valuation.years);
    count('valuation.royalty', valuation.royaltyPpm, 0, ppmOne);
    count('valuation.tax', valuation.taxPpm, 0, ppmOne);
    count('valuation.discount', valuation.discountPpm, 0, 10 * ppmOne);
    if (valuation.timing !== 'endYear' && valuation.timing !== 'midYear') {
      fault('valuation.timing', 'UNKNOWN', 'It is neither endYear nor midYear.');
    }
  }
  if (guarantee !== null) {
    text('guarantee.institution', guarantee.institution, 100);
    count('guarantee.share', guarantee.sharePpm, 1, ppmOne);
  }

  list('consents', submitted.consents, (path, one) => {
    if (one.purpose !== 'CREDIT_BUREAU') {
      fault(`${path}.purpose`, 'UNKNOWN', 'It is not CREDIT_BUREAU.');
    }
    travelling(`${path}.id`, one.id);
    signed(`${path}.signedOn`, one.signedOn);
  });
  list('declarations', submitted.declarations, (path, one) => {
    if (!WAIVABLE.includes(one.ground)) {
      fault(`${path}.ground`, 'UNKNOWN', `Only ${WAIVABLE.join(', ')} can be waived.`);
    }
    text(`${path}.statementId`, one.statementId, 100);
    text(`${path}.signedBy`, one.signedBy, 100);
    signed(`${path}.signedOn`, one.signedOn);
    sha256(`${path}.documentHash`, one.documentHash);
  });
  const declarations = submitted.declarations.map((one, index) => {
    const parsed = parsePatentNumber(one.patentNumber);
    const patentNumber = parsed.ok ? parsed.number : one.patentNumber.trim();
    if (!seen.has(patentNumber)) {
      fault(`declarations[${index}].patent`, 'UNKNOWN', 'No such patent is offered.');
    }
    return { ...one, patentNumber };
  });
  const { contract, supportingValuation: supporting, market } = submitted;
  if (contract !== null) {
    text('contract.reference', contract.reference, 100);
    for (const [index, item] of contract.items.entries()) {
      if (CONTRACT_ITEMS.includes(item)) continue;
      fault(`contract.items[${index}]`, 'UNKNOWN', `It is none of ${CONTRACT_ITEMS.join(', ')}.`);
    }
  }
  if (supporting !== null) checkSupporting(supporting);
  if (market !== null) {
    count('market.growth', market.growthPpm, -ppmOne, 10 * ppmOne);
    text('market.source', market.source, 200);
    signed('market.asOf', market.asOf);
  }
  const { licence, persons } = submitted;
  if (licence !== null) {
    text('licence.number', licence.number, 64);
    date('licence.validTo', licence.validTo);
    sha256('licence.documentHash', licence.documentHash);
  }
  list('persons', persons, (path, one) => {
    if (!(PERSON_ROLES as readonly string[]).includes(one.role)) {
      fault(`${path}.role`, 'UNKNOWN', `It is none of ${PERSON_ROLES.join(', ')}.`);
    }
    text(`${path}.name`, one.name, 100);
    text(`${path}.idNumber`, one.idNumber, 40);
    count(`${path}.holds`, one.holdsPpm, 0, ppmOne);
    if (one.consentId !== null) travelling(`${path}.consentId`, one.consentId);
    if (one.documentHash !== null) sha256(`${path}.documentHash`, one.documentHash);
    if (one.certificate !== null) text(`${path}.certificate`, one.certificate, 100);
  });
  if ((persons?.length ?? 0) > PERSONS_MAX) {
    fault('persons', 'RANGE', `There are more than ${PERSONS_MAX}.`);
  }
  if (submitted.submittedBy !== null) text('submittedBy', submitted.submittedBy, 64);

  if (faults.length > 0) return { ok: false, faults: faults.slice(0, FAULTS_MAX) };
  return {
    ok: true,
    content: {
      productId: submitted.productId,
      enterprise: {
        ...enterprise,
        uscc: uscc.uscc ?? enterprise.uscc.trim(),
        usccValid: uscc.ok,
      },
      request,
      patents,
      valuation,
      guarantee,
      consents: submitted.consents,
      declarations,
      contract,
      supportingValuation: supporting,
      market,
      kyc: null,
    },
  };

  function checkSupporting({ profitSplit, cost, comparables }: SupportingValuation): void {
    const path = 'supportingValuation';
    if (profitSplit !== null) {
      if (profitSplit.netProfits.length === 0 || profitSplit.netProfits.length > 30) {
        fault(`${path}.profitSplit.netProfits`, 'RANGE', 'They are not of 1 to 30 years.');
      }
      profitSplit.netProfits.forEach((profit, index) =>
        amount(`${path}.profitSplit.netProfits[${index}]`, profit, -AMOUNT_FEN_MAX),
      );
      count(`${path}.profitSplit.split`, profitSplit.splitPpm, 0, ppmOne);
      count(`${path}.profitSplit.discount`, profitSplit.discountPpm, 0, 10 * ppmOne);
    }
    if (cost !== null) {
      amount(`${path}.cost.replacement`, cost.replacement, 0n);
      count(`${path}.cost.depreciation`, cost.depreciationPpm, 0, ppmOne);
    }
    list(`${path}.comparables`, comparables, (at, one) => {
      amount(`${at}.price`, one.price, 0n);
      count(`${at}.adjustment`, one.adjustmentPpm, 0, 10 * ppmOne);
      text(`${at}.source`, one.source, 200);
    });
  }

  /** A day in the past, or the day of the submission itself. */
  function signed(path: string, value: string): void {
    date(path, value);
    if (value > businessDate) fault(path, 'RANGE', 'It lies in the future.');
  }

  function fault(path: string, code: string, message: string): void {
    faults.push({ path, code, message });
  }

  function text(path: string, value: string, lengthMax: number): void {
    if (value.trim() === '') fault(path, 'EMPTY', 'It is empty.');
    else if (value.length > lengthMax) fault(path, 'LENGTH', `It is longer than ${lengthMax}.`);
    else if (/\p{Cc}/u.test(value)) fault(path, 'FORM', 'It holds a control character.');
  }

  /** The id of a consent goes where its persons must not. */
  function travelling(path: string, id: string): void {
    text(path, id, 100);
    const isSaid = (personal: string, lengthMin: number) =>
      personal.length >= lengthMin && id.includes(personal);
    const isNaming = ({ name, idNumber }: PersonSubmitted) =>
      isSaid(name.trim(), 2) || isSaid(idNumber.trim(), 6);
    if (submitted.persons?.some(isNaming))
      fault(path, 'PERSONAL', 'It names a person: give the consent another id.');
  }

  function matches(path: string, value: string, form: RegExp, what: string, max: number): void {
    if (value.length > max || !form.test(value)) {
      fault(path, 'FORM', `It is not ${what}, at most ${max} long.`);
    }
  }

  function sha256(path: string, value: string): void {
    matches(path, value, /^[0-9a-f]{64}$/, 'a SHA-256 in hex', 64);
  }

  function count(path: string, value: number | null, min: number, max: number): void {
    if (value !== null && (value < min || value > max)) {
      fault(path, 'RANGE', `It is not between ${min} and ${max}.`);
    }
  }

  function date(path: string, value: string | null): void {
    if (value !== null && !isBusinessDate(value)) {
      fault(path, 'FORM', 'It is no date of the form YYYY-MM-DD.');
    }
  }

  function year(path: string, value: number): void {
    const thisYear = Number(businessDate.slice(0, 4));
    if (value < 1980 || value > thisYear) {
      fault(path, 'RANGE', `It is not between 1980 and ${thisYear}.`);
    }
  }

  function amount(path: string, value: Money, minFen: bigint): void {
    if (value.currency !== 'CNY') fault(path, 'CURRENCY', 'The currency is not CNY.');
    if (value.minor < minFen) {
      fault(path, 'RANGE', minFen === 0n ? 'It is negative.' : 'It is not above zero.');
    }
    if (value.minor > AMOUNT_FEN_MAX) fault(path, 'RANGE', 'It is above 100 billion yuan.');
  }

  function optionalAmount(path: string, value: Money | null): void {
    if (value !== null) amount(path, value, 0n);
  }

  function years(path: string, values: readonly YearAmount[] | null): void {
    const named = new Set<number>();
    list(path, values, (at, one) => {
      year(`${at}.year`, one.year);
      amount(`${at}.amount`, one.amount, 0n);
      if (named.has(one.year)) fault(`${at}.year`, 'TWICE', 'The same year is named twice.');
      named.add(one.year);
    });
  }

  function list<T>(
    path: string,
    values: readonly T[] | null,
    check: (path: string, value: T) => void,
  ): void {
    if (values === null) return;
    if (values.length > LIST_MAX) fault(path, 'RANGE', `There are more than ${LIST_MAX}.`);
    values.slice(0, LIST_MAX).forEach((value, index) => check(`${path}[${index}]`, value));
  }
}
