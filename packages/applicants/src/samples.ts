// The sample cases: their shape, and a loader that refuses a sample contradicting itself.
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SubmissionJson } from '@saidao/schemas';
import { fenOfYuan, isBusinessDate, sumFen } from '@saidao/values';
import {
  type Checked,
  type Fault,
  integerFrom,
  listOf,
  mapOf,
  object,
  oneOf,
  orNull,
  textLike,
  textThat,
} from './shape.ts';

const name = textLike(/^\S.{0,199}$/u, 'a text');
const slug = textLike(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words with hyphens');
const word = textLike(/^[A-Z][A-Z0-9_]*$/, 'upper-case words with underscores');
const yuan = textLike(/^(0|[1-9]\d*)\.\d{2}$/, 'an amount of yuan such as "100000000.00"');
const rate = textLike(/^\d+\.\d{1,6}$/, 'a rate such as "0.46"');
const date = textThat(isBusinessDate, 'a date that exists such as "2026-11-20"');
const patentNumber = textLike(/^\d{12}\.[\dX]$/, 'a patent number such as "201610345678.2"');
const fen = textLike(/^(0|[1-9]\d*)$/, 'an amount of fen such as "10000000000"');
const uscc = textLike(/^[0-9A-Z]{18}$/, 'a unified social credit code of 18 characters');
const ownerUscc = textLike(/^([0-9A-Z]{18})?$/, 'a credit code, or empty for a person');
const signedRate = textLike(/^-?\d+\.\d{1,6}$/, 'a rate such as "-0.05"');
const profit = textLike(/^-?(0|[1-9]\d*)\.\d{2}$/, 'an amount of yuan, below zero for a loss');
const reasonCode = textLike(/^[A-Z]\d{2}$/, 'a reason code such as "P09"');
const ground = textLike(/^PL\d{2}$/, 'a ground such as "PL09"');
const sha256 = textLike(/^[0-9a-f]{64}$/, 'a SHA-256 in hex');
const idNumber = textLike(/^\d{17}[\dX]$/, 'an identity number of 18 characters');
const certificate = textLike(/^[A-Z0-9][A-Z0-9-]{0,99}$/, 'capitals, digits and hyphens');
const count = integerFrom(0);
const yes = oneOf(true);
const truth = oneOf(true, false);
const via = oneOf('http', 'kafka');
const yearAmount = object({ year: integerFrom(1900), amount: yuan });
const payee = object({ name, amount: yuan });

const enterprise = object(
  { name, uscc, sector: slug, industry: name },
  {
    staff: count,
    scienceStaff: count,
    founded: date,
    revenue: listOf(yearAmount),
    rd: listOf(yearAmount),
    qualifications: listOf(object({ kind: word, validFrom: date, validTo: date })),
    subsidies: listOf(object({ year: integerFrom(1900), amount: yuan, level: slug })),
    exports: listOf(yearAmount),
    talents: listOf(object({ grade: name, holds: rate, recognised: truth })),
    equityRaised: yuan,
    nextYearRdBudget: yuan,
    assets: yuan,
    costs: listOf(yearAmount),
    workingCapital: object({
      margin: rate,
      inventoryDays: count,
      receivableDays: count,
      payableDays: count,
      prepaymentDays: count,
      advanceDays: count,
      ownFunds: yuan,
      existingLoans: yuan,
    }),
  },
);

/** The body of POST /v1/applications, without the reference: whoever sends it gives it one. */
const submission = object(
  {
    lender: slug,
    channel: slug,
    product: word,
    enterprise,
    request: object(
      {
        amount: yuan,
        termMonths: integerFrom(1),
        purpose: name,
        repayment: oneOf(
          'EQUAL_INSTALMENT',
          'EQUAL_PRINCIPAL',
          'INTEREST_MONTHLY_PRINCIPAL_AT_END',
          'BULLET',
        ),
      },
      { payees: listOf(payee) },
    ),
    patents: listOf(object({ number: patentNumber }, { appraised: yuan })),
  },
  {
    valuation: object({
      attributableRevenueBase: yuan,
      growth: rate,
      growthYears: count,
      years: integerFrom(1),
      royalty: rate,
      tax: rate,
      discount: rate,
      timing: oneOf('endYear', 'midYear'),
    }),
    guarantee: object({ institution: name, share: rate }),
    consents: listOf(object({ purpose: word, id: name, signedOn: date })),
    declarations: listOf(
      object({
        ground,
        patent: patentNumber,
        statementId: name,
        signedBy: name,
        signedOn: date,
        documentHash: sha256,
      }),
    ),
    contract: object({ reference: name, items: listOf(word) }, { forfeiture: truth }),
    supportingValuation: object(
      {},
      {
        profitSplit: object({ netProfits: listOf(profit), split: rate, discount: rate }),
        cost: object({ replacement: yuan, depreciation: rate }),
        comparables: listOf(object({ price: yuan, adjustment: rate, source: name })),
      },
    ),
    market: object({ growth: signedRate, source: name, asOf: date }),
    contact: object({ name, phone: name }),
    licence: object({ number: uscc, documentHash: sha256 }, { validTo: date }),
    persons: listOf(
      object(
        {
          role: oneOf('LEGAL_REPRESENTATIVE', 'BENEFICIAL_OWNER', 'SIGNATORY', 'TALENT'),
          name,
          idNumber,
        },
        { holds: rate, consentId: name, documentHash: sha256, certificate },
      ),
    ),
  },
);

const listing = object({ reference: name, since: date });

/** What the outside world has to be told before the sample is sent, as it wants to be told. */
const world = object({
  register: listOf(
    object(
      {
        number: patentNumber,
        kind: oneOf('invention', 'utility-model', 'design'),
        filed: date,
        status: slug,
        owners: listOf(object({ name, uscc: ownerUscc }), 1),
        annuityPaidThroughYear: count,
        pledged: truth,
        preserved: truth,
        coOwnersConsent: oneOf(true, false, null),
      },
      {
        granted: orNull(date),
        suspended: truth,
        licences: listOf(object({ kind: oneOf('exclusive', 'other'), until: orNull(date) })),
        sameDay: orNull(patentNumber),
        compensationDays: count,
        ipc: listOf(name),
        claims: orNull(count),
        citations: orNull(count),
        familyCountries: orNull(count),
        bars: orNull(listOf(name)),
      },
    ),
  ),
  appraisals: listOf(
    object({
      number: patentNumber,
      valueFen: fen,
      appraiser: name,
      reportId: name,
      appraisedOn: date,
      validUntil: date,
    }),
  ),
  enterprises: listOf(
    object(
      {
        uscc,
        name,
        status: slug,
        established: date,
        regionCode: textLike(/^\d{6}$/, 'a division of six digits'),
        industryCode: textLike(/^[A-T]\d{4}$/, 'a class such as "C3569"'),
      },
      {
        registeredCapitalFen: orNull(fen),
        insuredStaff: orNull(count),
        groupHead: orNull(uscc),
        licenceValidTo: orNull(date),
        beneficialOwners: orNull(count),
        naturalHoldersOnly: orNull(truth),
        dishonestDebtor: orNull(listing),
        seriousViolation: orNull(listing),
        bureau: orNull(
          object({ creditFen: fen, overdueFen: fen, worstTier: slug, guaranteeFen: fen }),
        ),
      },
    ),
  ),
  persons: listOf(
    object(
      {
        idNumber,
        name,
        offices: listOf(
          object({ uscc, office: oneOf('LEGAL_REPRESENTATIVE', 'BENEFICIAL_OWNER') }),
        ),
      },
      {
        dishonestDebtor: orNull(listing),
        bureau: orNull(object({ overdueFen: fen, worstTier: slug })),
      },
    ),
  ),
  talents: listOf(
    object({
      certificate,
      grade: textLike(/^[A-F]$/, 'a grade from A to F'),
      idNumber,
      validTo: date,
    }),
  ),
  guarantors: mapOf(object({ confirms: truth })),
  behaviours: listOf(
    object(
      {
        provider: oneOf(
          'register',
          'annuity',
          'valuation',
          'enterprise-registry',
          'watchlists',
          'credit-bureau',
          'persons',
          'persons-bureau',
          'talents',
          'pledge-office',
          'guarantor',
          'rail',
        ),
        mode: oneOf(
          'normal',
          'silent',
          'slow',
          'failing',
          'garbage',
          'blocked',
          'paid-then-silent',
          'paid-then-500',
          'rejecting',
        ),
      },
      { subject: name, delayMs: count, forMs: integerFrom(1), times: integerFrom(1) },
    ),
  ),
});

const step = object(
  {
    actor: slug,
    does: oneOf('approve', 'decline', 'accept', 'decline-offer', 'withdraw', 'amend'),
  },
  /** `change`, for amend, holds new values by their path in the submission. */
  { reason: name, change: mapOf(name) },
);

/** Sent in this order under one reference; `change` holds new values by their path in the body. */
const delivery = object({ via, times: integerFrom(1) }, { change: mapOf(name) });

/** What has to be true at the end; what is left out is not looked at. */
const expectation = object(
  { outcome: oneOf('paid', 'referred', 'declined', 'withdrawn', 'offer-declined') },
  {
    referredFirst: truth,
    /** Exactly these officers; none: approved by policy. */
    approvers: listOf(slug),
    /** Each of these is among the reasons. */
    reasons: listOf(reasonCode),
    neverDeclined: yes,
    amount: yuan,
    payees: listOf(payee),
    entrusted: truth,
    nothingPaid: yes,
    usablePatents: listOf(patentNumber),
    unknownPatents: listOf(patentNumber),
    adverseGrounds: mapOf(listOf(ground, 1)),
    appraised: yuan,
    internalValue: yuan,
    pledgeLimit: yuan,
    need: yuan,
    proposedLimitAtMost: yuan,
    sizeClass: oneOf('micro', 'small', 'medium', 'large'),
    inclusive: listOf(oneOf('nfra_1000w', 'pbc_2000w', 's71_3000w')),
    guaranteeConfirmed: truth,
    pledgeRegisteredWithinMs: integerFrom(1),
    undecidedForMs: integerFrom(1),
    triesAtLeast: integerFrom(1),
    triesOverMsAtLeast: integerFrom(1),
    othersNotHeldUp: yes,
    oneApplication: yes,
    oneDecision: yes,
    oneLoan: yes,
    conflictRefused: yes,
  },
);

const sample = object(
  {
    id: slug,
    about: name,
    aboutZh: name,
    lender: slug,
    channel: slug,
    /** `both`: by HTTP in one run, by Kafka in the next. */
    via: oneOf('http', 'kafka', 'both'),
    businessDate: date,
    submission,
    world,
    script: listOf(step),
    expect: expectation,
  },
  { deliveries: listOf(delivery, 1) },
);

export type Sample = Checked<typeof sample>;
export type Submission = Sample['submission'];
export type Step = Sample['script'][number];

/** The folder that the project's own samples stand in. */
export const samplesFolder = fileURLToPath(new URL('../../../samples/', import.meta.url));

/** All samples of a folder by name; throws with every fault of the first file that has any. */
export async function loadSamples(folder: string = samplesFolder): Promise<readonly Sample[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).toSorted();
  return Promise.all(files.map((file) => loadSample(join(folder, file))));
}

export async function loadSample(path: string): Promise<Sample> {
  return parseSample(await readFile(path, 'utf8'), path);
}

/** Reads a sample; `path` names it in faults, and its file name has to be the sample's id. */
export function parseSample(text: string, path: string): Sample {
  const faults: Fault[] = [];
  let read: Sample | undefined;
  try {
    read = sample(JSON.parse(text), '', faults);
  } catch (error) {
    faults.push({ path: '', message: (error as Error).message });
  }
  if (read !== undefined && faults.length === 0) faults.push(...contradictionsOf(read, path));
  if (read !== undefined && faults.length === 0) return read;
  const lines = faults.map((fault) => `  ${fault.path} ${fault.message}`);
  throw new Error(`The sample ${path} cannot be used; mend what stands here:\n${lines.join('\n')}`);
}

function contradictionsOf(read: Sample, path: string): Fault[] {
  const faults: Fault[] = [];
  const refuse = (where: string, message: string) => faults.push({ path: where, message });
  const { submission: body, expect, script } = read;
  if (basename(path) !== `${read.id}.json`) refuse('id', 'is not the name of the file');
  for (const key of ['lender', 'channel'] as const) {
    if (body[key] !== read[key]) refuse(`submission.${key}`, `is not the sample's ${key}`);
  }
  const { amount, payees } = body.request;
  if (payees !== undefined && fenOfYuan(amount) !== sumFenOf(payees)) {
    refuse('submission.request.payees', 'do not add up to the amount');
  }
  if (expect.payees !== undefined && fenOfYuan(expect.amount ?? '0') !== sumFenOf(expect.payees)) {
    refuse('expect.payees', 'do not add up to the amount expected');
  }
  for (const officer of expect.approvers ?? []) {
    if (!script.some(({ actor, does }) => actor === officer && does === 'approve')) {
      refuse('expect.approvers', `${officer} approves nowhere in the script`);
    }
  }
  const offered = new Set(body.patents.map(({ number }) => number));
  const told = [
    ...(expect.usablePatents ?? []),
    ...(expect.unknownPatents ?? []),
    ...Object.keys(expect.adverseGrounds ?? {}),
  ];
  for (const number of told) {
    if (!offered.has(number)) refuse('expect', `${number} is not offered in the submission`);
  }
  for (const [index, { does, change }] of script.entries()) {
    if ((does === 'amend') !== (change !== undefined)) {
      refuse(`script[${index}].change`, 'belongs to amend, and amend needs it');
    }
  }
  if (script.filter(({ does }) => does === 'amend').length > 1) {
    refuse('script', 'amends more than once');
  }
  for (const list of ['deliveries', 'script'] as const) {
    for (const [index, { change = {} }] of (read[list] ?? []).entries()) {
      for (const where of Object.keys(change)) {
        if (typeof valueAt(body, where) === 'string') continue;
        refuse(`${list}[${index}].change`, `${where} is no text in the submission`);
      }
    }
  }
  return faults;
}

/** A delivery's or an amendment's body: the submission with its changes. */
export function changedSubmission<Body extends object>(
  body: Body,
  change: Readonly<Record<string, string>> = {},
): Body {
  const copy = structuredClone(body);
  for (const [where, value] of Object.entries(change)) {
    const keys = where.split('.');
    const last = keys.pop() ?? '';
    const holder = valueAt(copy, keys.join('.'));
    if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, last)) {
      throw new RangeError(`the submission has no ${where} to change`);
    }
    Object.assign(holder, { [last]: value });
  }
  return copy;
}

/** The body of POST /v1/applications under a reference. */
export function submissionBody(submission: Submission, reference: string): SubmissionJson {
  const { lender, channel, ...rest } = submission;
  return { lender, channel, reference, ...rest } as SubmissionJson;
}

function valueAt(root: unknown, path: string): unknown {
  return path === ''
    ? root
    : path.split('.').reduce<unknown>((value, key) => {
        const holds = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
        return holds ? (value as Record<string, unknown>)[key] : undefined;
      }, root);
}

const sumFenOf = (parts: readonly { readonly amount: string }[]) =>
  sumFen(parts.map(({ amount }) => fenOfYuan(amount)));
