// A core system as Apache Fineract's REST API has it: the same loan, looked for before it is booked.
import { setTimeout as pause } from 'node:timers/promises';
import { fenOfYuan, formatPercent, formatYuan, type RepaymentPlan } from '@saidao/values';
import { Type, type Static, type TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import {
  CoreRefused,
  CoreSilent,
  type BookedInCore,
  type CoreLedger,
  type LoanToBook,
} from '../hand-over/core.port.ts';

export interface CoreFineractOptions {
  /** As `https://core.example/fineract-provider/api/v1`. */
  readonly url: string;
  readonly tenant: string;
  readonly user: string;
  readonly password: string;
  /** Of the core: who keeps the client, and by which product the loan is booked. */
  readonly officeId: number;
  readonly productId: number;
  /** For one request; left out: 10 s. */
  readonly deadlineMs?: number;
  /** Before the second try of a loan, doubling from then on; left out: 500 ms. */
  readonly againMs?: number;
}

const DEADLINE_MS = 10_000;
const AGAIN_MS = 500;
const TRIES = 4;
const ANSWER_CHARACTERS_MAX = 1024 * 1024;

const Client = Compile(Type.Object({ id: Type.Integer(), externalId: Type.String() }));
const Created = Compile(Type.Object({ resourceId: Type.Integer() }));
const Loan = Compile(
  Type.Object({
    id: Type.Integer(),
    externalId: Type.String(),
    clientId: Type.Integer(),
    status: Type.Object({ id: Type.Integer(), value: Type.String() }),
    currency: Type.Object({ code: Type.String() }),
    principal: Type.Number(),
    annualInterestRate: Type.Number(),
    numberOfRepayments: Type.Integer(),
    repaymentEvery: Type.Integer(),
    summary: Type.Optional(Type.Object({ principalDisbursed: Type.Number() })),
  }),
);
const Fault = Compile(
  Type.Object({
    defaultUserMessage: Type.Optional(Type.String()),
    errors: Type.Array(
      Type.Object({
        defaultUserMessage: Type.Optional(Type.String()),
        userMessageGlobalisationCode: Type.String(),
      }),
    ),
  }),
);
type Fault = Static<ReturnType<typeof Fault.Type>>;
type LoanInCore = Static<ReturnType<typeof Loan.Type>>;

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A loan's states, and months and years, as the API numbers them. */
const PENDING = 100;
const APPROVED = 200;
const ACTIVE = 300;
const MONTHS = 2;
const PER_YEAR = 3;
const DECLINING_BALANCE = 0;
const BY_PERIOD = 1;
const BY_DAY = 0;
const DATES = { locale: 'en', dateFormat: 'yyyy-MM-dd' } as const;

/**
 * Source: the API's published documentation of clients and loans (Apache Fineract 1.x). Certainty:
 * found, and held by recorded exchanges; a running Fineract has not been asked.
 */
export function coreFineract(options: CoreFineractOptions): CoreLedger {
  const { url, tenant, user, password, officeId, productId } = options;
  const { deadlineMs = DEADLINE_MS, againMs = AGAIN_MS } = options;
  const authorization = `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;

  return {
    async book(loan, signal) {
      let wrote = false;
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await bookOnce(loan, signal, () => (wrote = true)).then((booked) => ({
            ...booked,
            wasThere: !wrote,
          }));
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof CoreSilent) || attempt === TRIES) throw error;
          await pause(againMs * 2 ** (attempt - 1), undefined, { signal });
        }
      }
    },
  };

  /** Each step follows from what the core says it has: what was done is not done again. */
  async function bookOnce(
    loan: LoanToBook,
    signal: AbortSignal,
    writes: () => void,
  ): Promise<Omit<BookedInCore, 'wasThere'>> {
    const tell = (path: string, body: object) => {
      writes();
      return created(path, body, signal);
    };
    const clientId = (await clientOf(loan, signal)) ?? (await tell('/clients', clientBody(loan)));
    let inCore = await loanOf(loan, signal);
    if (inCore === undefined) {
      await tell('/loans', loanBody(loan, clientId));
      inCore = await mustHave(loan, signal);
    }
    refuseOther(loan, inCore, clientId);
    if (inCore.status.id === PENDING) {
      await tell(`/loans/${inCore.id}?command=approve`, approval(loan));
      inCore = await mustHave(loan, signal);
    }
    if (inCore.status.id === APPROVED) {
      await tell(`/loans/${inCore.id}?command=disburse`, paymentOut(loan));
      inCore = await mustHave(loan, signal);
    }
    refuseUnlessDisbursed(loan, inCore);
    return { clientId, loanId: inCore.id };
  }

  async function clientOf(loan: LoanToBook, signal: AbortSignal): Promise<number | undefined> {
    const { uscc } = loan.borrower;
    const path = `/clients/external-id/${encodeURIComponent(uscc)}`;
    const answer = await ask('GET', path, undefined, signal);
    if (isAbsence(answer, 'error.msg.client.id.invalid')) return undefined;
    const client = checked(Client, answer, path);
    if (client.externalId !== uscc) {
      throw new CoreRefused(`The core answers for the client ${uscc} with ${client.externalId}.`);
    }
    return client.id;
  }

  async function loanOf(loan: LoanToBook, signal: AbortSignal): Promise<LoanInCore | undefined> {
    const path = `/loans/external-id/${encodeURIComponent(loan.loanId)}`;
    const answer = await ask('GET', path, undefined, signal);
    if (isAbsence(answer, 'error.msg.loan.external.id.invalid')) return undefined;
    return checked(Loan, answer, path);
  }

  async function mustHave(loan: LoanToBook, signal: AbortSignal): Promise<LoanInCore> {
    const found = await loanOf(loan, signal);
    if (found === undefined) {
      throw new CoreSilent(`The core took the loan ${loan.loanId}, and says that it has none.`);
    }
    return found;
  }

  async function created(path: string, body: object, signal: AbortSignal): Promise<number> {
    const answer = await ask('POST', path, body, signal);
    return checked(Created, answer, path).resourceId;
  }

  function clientBody({ borrower, bookedOn }: LoanToBook): object {
    return {
      officeId,
      legalFormId: 2,
      fullname: borrower.name,
      externalId: borrower.uscc,
      active: true,
      activationDate: bookedOn,
      ...DATES,
    };
  }

  function loanBody(loan: LoanToBook, clientId: number): object {
    const { loanId, principalFen, ratePpm, termMonths, bookedOn, disbursedOn } = loan;
    return {
      clientId,
      productId,
      loanType: 'individual',
      externalId: loanId,
      principal: formatYuan(principalFen),
      loanTermFrequency: termMonths,
      loanTermFrequencyType: MONTHS,
      interestRatePerPeriod: formatPercent(ratePpm).slice(0, -1),
      interestRateFrequencyType: PER_YEAR,
      interestType: DECLINING_BALANCE,
      ...plans[loan.repayment](termMonths),
      repaymentFrequencyType: MONTHS,
      transactionProcessingStrategyCode: 'mifos-standard-strategy',
      submittedOnDate: bookedOn,
      expectedDisbursementDate: disbursedOn,
      ...DATES,
    };
  }

  async function ask(
    method: 'GET' | 'POST',
    path: string,
    body: object | undefined,
    signal: AbortSignal,
  ): Promise<Answer> {
    const until = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
    try {
      const response = await fetch(`${url}${path}`, {
        method,
        redirect: 'error',
        signal: until,
        headers: {
          accept: 'application/json',
          authorization,
          'fineract-platform-tenantid': tenant,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (response.status >= 500 || response.status === 429) {
        throw new CoreSilent(`${method} ${path} was answered with status ${response.status}.`);
      }
      if (text.length > ANSWER_CHARACTERS_MAX) {
        throw new CoreSilent(`${method} ${path} was answered with more than anybody reads.`);
      }
      return { status: response.status, body: JSON.parse(text) };
    } catch (error) {
      if (error instanceof CoreSilent) throw error;
      throw new CoreSilent(`${method} ${path} was not answered: ${String(error)}`, {
        cause: error,
      });
    }
  }
}

/** How the core is told to pay back: how many instalments, how far apart, and what each holds. */
const plans: Readonly<Record<RepaymentPlan, (termMonths: number) => object>> = {
  EQUAL_INSTALMENT: (termMonths) => ({
    numberOfRepayments: termMonths,
    repaymentEvery: 1,
    amortizationType: 1,
    interestCalculationPeriodType: BY_PERIOD,
  }),
  EQUAL_PRINCIPAL: (termMonths) => ({
    numberOfRepayments: termMonths,
    repaymentEvery: 1,
    amortizationType: 0,
    interestCalculationPeriodType: BY_PERIOD,
  }),
  INTEREST_MONTHLY_PRINCIPAL_AT_END: (termMonths) => ({
    numberOfRepayments: termMonths,
    repaymentEvery: 1,
    amortizationType: 0,
    graceOnPrincipalPayment: termMonths - 1,
    interestCalculationPeriodType: BY_DAY,
    daysInYearType: 360,
  }),
  BULLET: (termMonths) => ({
    numberOfRepayments: 1,
    repaymentEvery: termMonths,
    amortizationType: 0,
    interestCalculationPeriodType: BY_DAY,
    daysInYearType: 360,
  }),
};

function approval({ principalFen, bookedOn, disbursedOn }: LoanToBook): object {
  return {
    approvedOnDate: bookedOn,
    approvedLoanAmount: formatYuan(principalFen),
    expectedDisbursementDate: disbursedOn,
    ...DATES,
  };
}

function paymentOut({ loanId, principalFen, disbursedOn }: LoanToBook): object {
  return {
    actualDisbursementDate: disbursedOn,
    transactionAmount: formatYuan(principalFen),
    externalId: `${loanId}-D1`,
    ...DATES,
  };
}

/** A wrong address answers with 404 too: only the core's own word says that there is none. */
function isAbsence({ status, body }: Answer, code: string): boolean {
  return status === 404 && Fault.Check(body) && codesOf(body).includes(code);
}

function checked<T extends TSchema>(
  shape: { Check(value: unknown): value is Static<T>; Type(): T },
  { status, body }: Answer,
  path: string,
): Static<T> {
  if (status === 200 && shape.Check(body)) return body;
  if (status >= 400 && Fault.Check(body)) {
    const codes = codesOf(body);
    const said = body.errors[0]?.defaultUserMessage ?? body.defaultUserMessage ?? '';
    // Somebody else was quicker with the same: it is looked for again.
    if (codes.some((code) => code.includes('duplicate.externalId'))) {
      throw new CoreSilent(`The core has it already: ${said}`);
    }
    throw new CoreRefused(`The core refused ${path} with ${codes.join(', ')}: ${said}`);
  }
  if (status === 401 || status === 403) {
    throw new CoreRefused(`The core does not let us in (status ${status}): see user and tenant.`);
  }
  throw new CoreRefused(`The core answered ${path} with status ${status} and unknown content.`);
}

function codesOf({ errors }: Fault): string[] {
  return errors.map(({ userMessageGlobalisationCode }) => userMessageGlobalisationCode);
}

/** An id that stands for another loan is no place to pay out to. */
function refuseOther(loan: LoanToBook, inCore: LoanInCore, clientId: number): void {
  const wanted = loanShape(loan, clientId);
  const found = {
    externalId: inCore.externalId,
    client: String(inCore.clientId),
    currency: inCore.currency.code,
    principal: yuanOf(inCore.principal),
    rate: percentOf(inCore.annualInterestRate),
    instalments: `${inCore.numberOfRepayments} every ${inCore.repaymentEvery} months`,
  };
  for (const [what, value] of Object.entries(wanted)) {
    const is = found[what as keyof typeof found];
    if (is === value) continue;
    throw new CoreRefused(
      `The core has another loan under ${loan.loanId}: its ${what} is ${is}, not ${value}.`,
    );
  }
}

function loanShape(loan: LoanToBook, clientId: number) {
  const { termMonths } = loan;
  const [instalments, every] = loan.repayment === 'BULLET' ? [1, termMonths] : [termMonths, 1];
  return {
    externalId: loan.loanId,
    client: String(clientId),
    currency: 'CNY',
    principal: formatYuan(loan.principalFen),
    rate: formatPercent(loan.ratePpm),
    instalments: `${instalments} every ${every} months`,
  };
}

function refuseUnlessDisbursed(loan: LoanToBook, { status, summary }: LoanInCore): void {
  const { loanId, principalFen } = loan;
  if (status.id !== ACTIVE) throw new CoreRefused(`The core has ${loanId} as ${status.value}.`);
  const disbursed = yuanOf(summary?.principalDisbursed ?? 0);
  if (disbursed === formatYuan(principalFen)) return;
  throw new CoreRefused(
    `The core has disbursed ${disbursed} of ${loanId}, not ${formatYuan(principalFen)}.`,
  );
}

/** JSON gives amounts as numbers; their shortest decimal form is what was written. */
function yuanOf(amount: number): string {
  try {
    return formatYuan(fenOfYuan(String(amount)));
  } catch {
    return String(amount);
  }
}

/** Of a yearly rate in per cent, as formatPercent prints it. */
function percentOf(rate: number): string {
  const [whole = '0', decimals = ''] = String(rate).split('.');
  return `${whole}.${decimals.padEnd(2, '0')}%`;
}
