// The JSON schema of a submission at the HTTP door; its type is the contract package's.
import { Type, type Static } from '@saidao/worker';
import type { SubmissionJson } from '@saidao/schemas';
import { amendmentExample, submissionExample } from './submission.example.ts';
import { PERSON_ROLES, PERSONS_MAX } from './validate.ts';

const strict = { additionalProperties: false } as const;
const text = (lengthMax: number, description?: string) =>
  Type.String({ minLength: 1, maxLength: lengthMax, ...(description ? { description } : {}) });
// Money and rates are text: a JSON number would be a float in most clients.
const yuan = Type.String({
  pattern: '^-?[0-9]{1,15}(\\.[0-9]{1,2})?$',
  description: 'Yuan with at most two decimals, as 100000000.00.',
});
const rate = Type.String({
  pattern: '^-?[0-9]{1,3}(\\.[0-9]{1,6})?$',
  description: 'A fraction with at most six decimals, as 0.0345.',
});
const date = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', description: 'YYYY-MM-DD.' });
const sha256 = text(64, 'SHA-256 of the document, hex.');
const whole = Type.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 });
const list = <T extends Parameters<typeof Type.Array>[0]>(of: T) =>
  Type.Array(of, { maxItems: 100, description: 'Left out: not supplied; empty: known none.' });
const yearAmount = Type.Object({ year: whole, amount: yuan }, strict);

export const enterpriseBody = Type.Object(
  {
    name: text(100),
    uscc: text(64, 'Unified social credit code, 18 characters.'),
    sector: text(40, 'Sector of the size-class table, as industry or software.'),
    industry: text(100),
    staff: Type.Optional(whole),
    scienceStaff: Type.Optional(whole),
    founded: Type.Optional(date),
    revenue: Type.Optional(list(yearAmount)),
    rd: Type.Optional(list(yearAmount)),
    qualifications: Type.Optional(
      list(Type.Object({ kind: text(60), validFrom: date, validTo: date }, strict)),
    ),
    subsidies: Type.Optional(
      list(Type.Object({ year: whole, amount: yuan, level: text(40) }, strict)),
    ),
    exports: Type.Optional(list(yearAmount)),
    talents: Type.Optional(
      list(Type.Object({ grade: text(8), holds: rate, recognised: Type.Boolean() }, strict)),
    ),
    equityRaised: Type.Optional(yuan),
    nextYearRdBudget: Type.Optional(yuan),
    assets: Type.Optional(yuan),
    costs: Type.Optional(list(yearAmount)),
    workingCapital: Type.Optional(
      Type.Object(
        {
          margin: rate,
          inventoryDays: whole,
          receivableDays: whole,
          payableDays: whole,
          prepaymentDays: whole,
          advanceDays: whole,
          ownFunds: yuan,
          existingLoans: yuan,
        },
        strict,
      ),
    ),
  },
  strict,
);

const content = {
  product: text(40, 'As IP_PLEDGE, NEW_QUALITY, TALENT or INNOVATION.'),
  enterprise: enterpriseBody,
  request: Type.Object(
    {
      amount: yuan,
      termMonths: whole,
      purpose: text(200),
      repayment: text(60),
      payees: Type.Optional(list(Type.Object({ name: text(100), amount: yuan }, strict))),
    },
    strict,
  ),
  patents: list(Type.Object({ number: text(40), appraised: Type.Optional(yuan) }, strict)),
  valuation: Type.Optional(
    Type.Object(
      {
        attributableRevenueBase: yuan,
        growth: rate,
        growthYears: whole,
        years: whole,
        royalty: rate,
        tax: rate,
        discount: rate,
        timing: text(20),
      },
      strict,
    ),
  ),
  guarantee: Type.Optional(Type.Object({ institution: text(100), share: rate }, strict)),
  consents: Type.Optional(
    list(
      Type.Object(
        { purpose: text(40, 'CREDIT_BUREAU.'), id: text(100), signedOn: date },
        { ...strict, description: 'Written consent of the enterprise, by its purpose.' },
      ),
    ),
  ),
  declarations: Type.Optional(
    list(
      Type.Object(
        {
          ground: text(4, 'PL08, PL10 or PL11.'),
          patent: text(40),
          statementId: text(100),
          signedBy: text(100, 'Credit code of who signed, or the registered name of one without.'),
          signedOn: date,
          documentHash: sha256,
        },
        strict,
      ),
    ),
  ),
  contract: Type.Optional(
    Type.Object(
      {
        reference: text(100),
        items: Type.Array(text(20), { maxItems: 20 }),
        forfeiture: Type.Optional(Type.Boolean()),
      },
      { ...strict, description: 'Left out: drawn from the lender’s own template.' },
    ),
  ),
  supportingValuation: Type.Optional(
    Type.Object(
      {
        profitSplit: Type.Optional(
          Type.Object(
            { netProfits: Type.Array(yuan, { maxItems: 30 }), split: rate, discount: rate },
            strict,
          ),
        ),
        cost: Type.Optional(Type.Object({ replacement: yuan, depreciation: rate }, strict)),
        comparables: Type.Optional(
          list(Type.Object({ price: yuan, adjustment: rate, source: text(200) }, strict)),
        ),
      },
      strict,
    ),
  ),
  market: Type.Optional(Type.Object({ growth: rate, source: text(200), asOf: date }, strict)),
  contact: Type.Optional(
    Type.Object(
      { name: text(100), phone: text(40) },
      { ...strict, description: 'Personal data; it never leaves intake.' },
    ),
  ),
  licence: Type.Optional(
    Type.Object(
      { number: text(64), validTo: Type.Optional(date), documentHash: sha256 },
      { ...strict, description: 'The business licence; without an end it is valid for good.' },
    ),
  ),
  persons: Type.Optional(
    Type.Array(
      Type.Object(
        {
          role: Type.Enum([...PERSON_ROLES]),
          name: text(100),
          idNumber: text(40, 'Of a resident identity card or a passport.'),
          holds: Type.Optional(rate),
          consentId: Type.Optional(
            text(100, 'Of the written consent to ask the bureau; it travels, so it names nobody.'),
          ),
          documentHash: Type.Optional(sha256),
          certificate: Type.Optional(text(100)),
        },
        strict,
      ),
      { maxItems: PERSONS_MAX, description: 'Personal data; it never leaves intake.' },
    ),
  ),
};

export const submissionBody = Type.Object(
  { lender: text(40), channel: text(40), reference: text(64), ...content },
  { ...strict, examples: [submissionExample] },
);
/** An amendment gives the whole content anew. */
export const amendmentBody = Type.Object(content, { ...strict, examples: [amendmentExample] });

// What the schema lets through is what the contract package maps to an event, and no more.
type Mutual<A extends B, B> = A;
export type SubmissionBody = Mutual<Static<typeof submissionBody>, SubmissionJson>;
