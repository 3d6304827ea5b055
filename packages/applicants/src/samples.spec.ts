// Specs of the samples: all eight load, and say what the cases they come from say.
import { readFile } from 'node:fs/promises';
import { addYears } from '@saidao/values';
import { describe, expect, it } from 'vitest';
import { changedSubmission, loadSamples, parseSample, type Sample } from './samples.ts';
import {
  appraisalsOf,
  knownPersonsOf,
  recognisedTalentsOf,
  registeredEnterpriseOf,
} from './world.ts';

interface Case {
  readonly id: string;
  readonly lender: string;
  readonly product: string;
  readonly enterprise: Record<string, unknown>;
  readonly request: Record<string, unknown> & { readonly amount: number };
  readonly patents: readonly Record<string, unknown>[];
  readonly valuation?: Record<string, unknown>;
  readonly guarantee?: { institution: string; share: string; confirmed: boolean };
  readonly computed?: Record<string, unknown>;
}

const { asOf, cases } = JSON.parse(
  await readFile(new URL('../fixtures/cases.json', import.meta.url), 'utf8'),
) as { asOf: string; cases: readonly Case[] };
const samples = await loadSamples();
const sampleOf = (id: string) => {
  const found = samples.find((one) => one.id === id);
  if (found === undefined) throw new Error(`there is no sample ${id}`);
  return found;
};

/** The facts of a case are plain numbers; a sample writes money as decimal yuan. */
const yuanOf = (amount: unknown) => (typeof amount === 'number' ? `${amount}.00` : amount);
const money = new Set(['amount', 'appraised', 'equityRaised', 'nextYearRdBudget', 'ownFunds']);
for (const key of ['existingLoans', 'attributableRevenueBase']) money.add(key);

function asSample(value: unknown, key = ''): unknown {
  if (money.has(key)) return yuanOf(value);
  if (Array.isArray(value)) return value.map((one) => asSample(one));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  if (['revenue', 'rd', 'exports'].includes(key)) {
    return entries.map(([year, amount]) => ({ year: Number(year), amount: yuanOf(amount) }));
  }
  return Object.fromEntries(
    entries.flatMap(([name, one]): [string, unknown][] =>
      name === 'days'
        ? Object.entries(one as object).map(([days, count]) => [`${days}Days`, count])
        : [[name, asSample(one, name)]],
    ),
  );
}

describe('the eight samples', () => {
  it('are the eight cases', () => {
    expect(samples.map(({ id }) => id)).toEqual(cases.map(({ id }) => id).toSorted());
  });

  it.each(cases)('$id says what its case says', (origin) => {
    const { submission, businessDate, lender } = sampleOf(origin.id);
    const { enterprise, request, patents, valuation, guarantee, ...more } = submission;
    const { licence, persons, ...rest } = more;
    expect(businessDate).toBe(asOf);
    expect(lender).toBe(origin.lender);
    expect(rest).toEqual({
      lender: origin.lender,
      channel: expect.any(String),
      product: origin.product,
      consents: [{ purpose: 'CREDIT_BUREAU', id: `consent-${origin.id}`, signedOn: '2026-11-18' }],
    });
    // Whom no case names is invented here; no place has their numbers' divisions.
    expect(licence?.number).toBe(enterprise.uscc);
    expect(persons?.every(({ idNumber }) => /^33039\d/.test(idNumber))).toBe(true);
    expect(enterprise).toStrictEqual(asSample(origin.enterprise));
    expect(request).toStrictEqual(asSample(origin.request));
    expect(valuation).toStrictEqual(asSample(origin.valuation));
    expect(patents).toStrictEqual(
      origin.patents.map(({ number, appraised }) =>
        appraised === undefined ? { number } : { number, appraised: yuanOf(appraised) },
      ),
    );
    const { institution, share } = origin.guarantee ?? {};
    expect(guarantee).toStrictEqual(origin.guarantee && { institution, share });
  });

  it.each(cases)('$id tells the outside world what its case says of the world', (origin) => {
    const { world, submission } = sampleOf(origin.id);
    const { name, uscc } = origin.enterprise;
    expect(world.register).toMatchObject(
      origin.patents.map((patent) => ({
        // What it was appraised at and what was paid for it is not the register's to say.
        ...Object.fromEntries(
          Object.entries(patent).filter(([key]) => key !== 'appraised' && key !== 'annuity'),
        ),
        owners: (patent.owners as string[]).map((owner) =>
          owner === 'applicant' ? { name, uscc } : {},
        ),
        preserved: false,
        coOwnersConsent: null,
      })),
    );
    for (const { filed, annuityPaidThroughYear } of world.register) {
      // Of all cases the annuity is paid: the fee of the year that runs, and none of a later one.
      expect(addYears(filed, annuityPaidThroughYear) > asOf).toBe(true);
      expect(addYears(filed, annuityPaidThroughYear - 1) <= asOf).toBe(true);
    }
    expect(world.enterprises).toStrictEqual([registeredEnterpriseOf(submission)]);
    expect(world.appraisals).toStrictEqual(appraisalsOf(submission));
    expect(world.persons).toStrictEqual(knownPersonsOf(submission));
    expect(world.talents).toStrictEqual(recognisedTalentsOf(submission));
    expect(world.guarantors).toStrictEqual(
      origin.guarantee === undefined
        ? {}
        : { [origin.guarantee.institution]: { confirms: origin.guarantee.confirmed } },
    );
  });

  it.each(cases.filter(({ computed }) => computed))('$id expects what was computed', (origin) => {
    const { expect: expected } = sampleOf(origin.id);
    const nameOf: Record<string, keyof Sample['expect']> = {
      internal: 'internalValue',
      usableAppraised: 'appraised',
      at30Percent: origin.id === 'already-pledged' ? 'proposedLimitAtMost' : 'pledgeLimit',
    };
    const found = Object.entries(origin.computed ?? {}).map(([key, value]) => [
      key,
      yuanOf(value),
      expected[nameOf[key] ?? (key as keyof Sample['expect'])],
    ]);
    expect(found.map(([key, , is]) => [key, is])).toEqual(
      found.map(([key, value]) => [key, value]),
    );
  });

  it('are five paid and three referred, nothing paid on these', () => {
    const outcomes = Object.groupBy(samples, ({ expect: { outcome } }) => outcome);
    expect(outcomes.paid?.map(({ id }) => id)).toEqual([
      'innovation-5m',
      'new-quality-8m',
      'resubmitted',
      'smart-lock-ip-pledge',
      'talent-3m',
    ]);
    expect(outcomes.referred?.map(({ expect: { nothingPaid } }) => nothingPaid)).toEqual([
      true,
      true,
      true,
    ]);
  });
});

describe('a sample', () => {
  const talent = sampleOf('talent-3m');
  /** The sample with one value put at a path; undefined takes away what is there. */
  const parse = (changes: Record<string, unknown>, path = 'talent-3m.json') => {
    const copy = structuredClone(talent) as object;
    for (const [where, value] of Object.entries(changes)) {
      const keys = where.split('.');
      const last = keys.pop() ?? '';
      const holder = keys.reduce((at, key) => (at as Record<string, object>)[key] ?? {}, copy);
      Object.assign(holder, { [last]: value });
    }
    return () => parseSample(JSON.stringify(copy), path);
  };

  it.each([
    ['an amount as a number', 'submission.request.amount', 3, 'submission.request.amount'],
    ['an unknown key', 'submission.colour', 'red', 'submission.colour is not known'],
    ['a missing key', 'submission.patents', undefined, 'submission.patents is missing'],
    ['a date that does not exist', 'businessDate', '2026-02-30', 'businessDate'],
    ['an unknown outcome', 'expect.outcome', 'approved', 'expect.outcome'],
    ['another lender inside', 'submission.lender', 'boc-zj', 'submission.lender'],
    ['payees that miss the amount', 'expect.amount', '1.00', 'expect.payees'],
    ['an approver who never approves', 'expect.approvers', ['officer-z'], 'officer-z'],
    ['a patent never offered', 'expect.usablePatents', ['201610345678.2'], '201610345678.2'],
    [
      'a change of nothing',
      'deliveries',
      [{ via: 'http', times: 1, change: { 'request.colour': 'red' } }],
      'request.colour',
    ],
  ])('with %s is refused, and told where', (_, where, value, said) => {
    expect(parse({ [where]: value })).toThrow(said);
  });

  it('is refused under another name, and when it is no JSON', () => {
    expect(parse({}, 'other.json')).toThrow(/id is not the name of the file/);
    expect(() => parseSample('{', 'broken.json')).toThrow(/broken\.json cannot be used/);
    expect(() => parseSample('[]', 'list.json')).toThrow(/has to be an object/);
  });

  it('names all its faults at once', () => {
    const faulty = parse({ via: 'fax', script: null });
    expect(faulty).toThrow(/via has to be .*\n.*script has to be/);
  });

  it('keeps its own submission when a delivery changes it', () => {
    const { submission, deliveries } = sampleOf('resubmitted');
    const sent = deliveries?.map(({ change }) => changedSubmission(submission, change));
    expect(sent?.map(({ request }) => request.amount)).toEqual([
      '8000000.00',
      '8000000.00',
      '7000000.00',
    ]);
    expect(submission.request.amount).toBe('8000000.00');
    expect(() => changedSubmission(submission, { 'request.colour': 'red' })).toThrow(RangeError);
  });
});
