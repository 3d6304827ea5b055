// Every fault has its path; what passes is normalised.
import { describe, expect, test } from 'vitest';
import { generate, submissionBody } from '@saidao/applicants';
import { submittedOf, type SubmissionJson } from '@saidao/schemas';
import { toJson } from '@saidao/values';
import { sound, submission } from './submission.fixture.ts';
import { validate } from './validate.ts';

const DATE = '2026-11-20';

const consent = { purpose: 'CREDIT_BUREAU', id: 'consent-1', signedOn: '2026-11-18' };
const person = sound.persons![0]!;
const declared = (ground: string) => ({
  ground,
  patent: 'ZL201910234567.8',
  statementId: 'statement-1',
  signedBy: '91330106MA2J1002XH',
  signedOn: '2026-11-18',
  documentHash: 'a'.repeat(64),
});

function faultsOf(change: (body: SubmissionJson) => void): string[] {
  const checked = validate(submission(change), DATE);
  return checked.ok ? [] : checked.faults.map(({ path, code }) => `${path} ${code}`);
}

test('a sound submission passes, normalised, without contact and persons', () => {
  const checked = validate(submission(), DATE);
  expect(checked.ok).toBe(true);
  if (!checked.ok) return;
  expect(checked.content.enterprise.usccValid).toBe(true);
  expect(checked.content.patents).toEqual([
    {
      number: '201910234567.8',
      numberValid: true,
      appraised: { minor: 100_000_000n, currency: 'CNY' },
    },
  ]);
  expect(toJson(checked.content)).not.toMatch(/张三|李示例|330199/);
});

test('every generated application passes, on the day that it is made for', () => {
  for (const { id, businessDate, submission: generated } of generate({ count: 2_000, seed: 4 })) {
    const checked = validate(submittedOf(submissionBody(generated, id)), businessDate);
    expect(checked, id).toMatchObject({ ok: true });
  }
});

describe('faults', () => {
  test.each<[string, (body: SubmissionJson) => void]>([
    ['channel FORM', (body) => (body.channel = 'Bank/Portal')],
    ['reference FORM', (body) => (body.reference = 'a/b')],
    ['product FORM', (body) => (body.product = 'new')],
    ['enterprise.name EMPTY', (body) => (body.enterprise.name = '  ')],
    ['enterprise.name FORM', (body) => (body.enterprise.name = 'a\nb')],
    ['enterprise.uscc FORM', (body) => (body.enterprise.uscc = '123')],
    ['enterprise.staff RANGE', (body) => (body.enterprise.staff = -1)],
    ['enterprise.scienceStaff RANGE', (body) => (body.enterprise.scienceStaff = 65)],
    ['enterprise.founded FORM', (body) => (body.enterprise.founded = '2023-02-30')],
    ['enterprise.founded RANGE', (body) => (body.enterprise.founded = '2027-01-01')],
    [
      'enterprise.revenue[1].year TWICE',
      (body) => ((body.enterprise.revenue ?? [])[1] = { year: 2024, amount: '1.00' }),
    ],
    [
      'enterprise.revenue[0].amount RANGE',
      (body) => ((body.enterprise.revenue ?? [])[0] = { year: 2023, amount: '-1.00' }),
    ],
    [
      'enterprise.talents RANGE',
      (body) =>
        (body.enterprise.talents = ['A', 'B', 'C'].map((grade) => ({
          grade,
          holds: '0.4',
          recognised: true,
        }))),
    ],
    [
      'enterprise.talents[0].grade FORM',
      (body) => (body.enterprise.talents = [{ grade: 'Z', holds: '0.1', recognised: true }]),
    ],
    ['request.termMonths RANGE', (body) => (body.request.termMonths = 0)],
    ['request.repayment UNKNOWN', (body) => (body.request.repayment = 'WHENEVER')],
    [
      'request.payees[0].name PAYEE_IS_BORROWER',
      (body) => ((body.request.payees ?? [])[0]!.name = ` ${body.enterprise.name}　`),
    ],
    [
      'request.payees SUM',
      (body) => ((body.request.payees ?? [])[0] = { name: 'x', amount: '1.00' }),
    ],
    ['patents[0].number FORM', (body) => (body.patents[0] = { number: 'EP1234567' })],
    ['consents[0].purpose UNKNOWN', (body) => (body.consents = [{ ...consent, purpose: 'ANY' }])],
    ['consents[0].id EMPTY', (body) => (body.consents = [{ ...consent, id: ' ' }])],
    [
      'consents[0].signedOn RANGE',
      (body) => (body.consents = [{ ...consent, signedOn: '2026-11-21' }]),
    ],
    ['declarations[0].ground UNKNOWN', (body) => (body.declarations = [declared('PL09')])],
    [
      'declarations[0].patent UNKNOWN',
      (body) => (body.declarations = [{ ...declared('PL11'), patent: '201610345678.2' }]),
    ],
    [
      'declarations[0].documentHash FORM',
      (body) => (body.declarations = [{ ...declared('PL11'), documentHash: 'abc' }]),
    ],
    [
      'contract.items[0] UNKNOWN',
      (body) => (body.contract = { reference: 'c-1', items: ['PRICE'] }),
    ],
    [
      'supportingValuation.profitSplit.netProfits RANGE',
      (body) =>
        (body.supportingValuation = {
          profitSplit: { netProfits: [], split: '0.25', discount: '0.2' },
        }),
    ],
    [
      'supportingValuation.cost.depreciation RANGE',
      (body) => (body.supportingValuation = { cost: { replacement: '1.00', depreciation: '1.1' } }),
    ],
    [
      'supportingValuation.comparables[0].source EMPTY',
      (body) =>
        (body.supportingValuation = {
          comparables: [{ price: '1.00', adjustment: '1', source: '' }],
        }),
    ],
    [
      'market.asOf RANGE',
      (body) => (body.market = { growth: '0.1', source: 'a report', asOf: '2027-01-01' }),
    ],
    [
      'licence.validTo FORM',
      (body) => (body.licence = { ...body.licence!, validTo: '2027-02-30' }),
    ],
    [
      'licence.documentHash FORM',
      (body) => (body.licence = { ...body.licence!, documentHash: 'abc' }),
    ],
    ['persons[0].role UNKNOWN', (body) => (body.persons = [{ ...person, role: 'FRIEND' }])],
    ['persons[0].idNumber EMPTY', (body) => (body.persons = [{ ...person, idNumber: ' ' }])],
    ['persons[0].holds RANGE', (body) => (body.persons = [{ ...person, holds: '1.1' }])],
    [
      'persons[0].documentHash FORM',
      (body) => (body.persons = [{ ...person, documentHash: 'abc' }]),
    ],
    ['persons RANGE', (body) => (body.persons = Array.from({ length: 21 }, () => person))],
    ['enterprise.assets RANGE', (body) => (body.enterprise.assets = '-1.00')],
    ['patents[1].number TWICE', (body) => body.patents.push({ number: '2019102345678' })],
  ])('%s', (fault, change) => {
    expect(faultsOf(change)).toContain(fault);
  });

  test.each([['0.00'], ['-8000000.00'], ['90071992547409.93'], ['-90071992547409.93']])(
    'an amount of %s',
    (amount) => {
      const faults = faultsOf((body) => {
        body.request.amount = amount;
        delete body.request.payees;
      });
      expect(faults).toEqual(['request.amount RANGE']);
    },
  );
});

test('wrong check characters pass, marked, because real codes fail their check', () => {
  const checked = validate(
    submission((body) => {
      body.enterprise.uscc = '91350203M0001QAY9B';
      body.patents = [{ number: '202310123456.7' }];
    }),
    DATE,
  );
  expect(checked.ok).toBe(true);
  if (!checked.ok) return;
  expect(checked.content.enterprise.usccValid).toBe(false);
  expect(checked.content.patents[0]?.numberValid).toBe(false);
});

test('consents, declarations and further valuations are taken over, patents by their number', () => {
  const checked = validate(
    submission((body) => {
      body.consents = [consent];
      body.declarations = [declared('PL11')];
      body.contract = { reference: 'c-1', items: ['PARTIES'] };
      body.supportingValuation = { cost: { replacement: '8.00', depreciation: '0.35' } };
      body.market = { growth: '0.125', source: 'a report', asOf: '2026-06-30' };
    }),
    DATE,
  );
  expect(checked).toMatchObject({
    ok: true,
    content: {
      consents: [consent],
      declarations: [{ ground: 'PL11', patentNumber: '201910234567.8' }],
      contract: { items: ['PARTIES'], forfeiture: null },
      supportingValuation: { profitSplit: null, cost: { depreciationPpm: 350_000 } },
      market: { growthPpm: 125_000, source: 'a report' },
    },
  });
});

test('licence and persons are taken over; left out, they are not supplied', () => {
  const { licence, persons } = submission();
  expect(licence).toEqual({
    number: '91330106MA2J1002XH',
    validTo: null,
    documentHash: 'a'.repeat(64),
  });
  expect(persons?.[1]).toEqual({
    role: 'BENEFICIAL_OWNER',
    name: '李示例',
    idNumber: '330199198501010013',
    holdsPpm: 460_000,
    consentId: 'consent-person-1',
    documentHash: null,
    certificate: null,
  });
  const without = submission((body) => {
    delete body.licence;
    delete body.persons;
  });
  expect(without).toMatchObject({ licence: null, persons: null, submittedBy: null });
});

test.each([
  ['with the number of a person', 'R-330199198501010013'],
  ['with the name of a person', '李示例的授权书'],
])('a consent whose id is one %s is refused: it travels further', (_what, id) => {
  expect(
    faultsOf((body) => {
      body.persons![0]!.consentId = id;
    }),
  ).toEqual(['persons[0].consentId PERSONAL']);
  expect(faultsOf((body) => (body.consents = [{ ...consent, id }]))).toEqual([
    'consents[0].id PERSONAL',
  ]);
});
