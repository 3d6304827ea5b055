// Every fault has its path; what passes is normalised.
import { describe, expect, test } from 'vitest';
import { generate, submissionBody } from '@saidao/applicants';
import { submittedOf, type SubmissionJson } from '@saidao/schemas';
import { submission } from './submission.fixture.ts';
import { validate } from './validate.ts';

const DATE = '2026-11-20';

function faultsOf(change: (body: SubmissionJson) => void): string[] {
  const checked = validate(submission(change), DATE);
  return checked.ok ? [] : checked.faults.map(({ path, code }) => `${path} ${code}`);
}

test('a sound submission passes, normalised, without the contact', () => {
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
  expect(JSON.stringify(checked.content, (_key, value: unknown) => String(value))).not.toContain(
    '张三',
  );
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
      'request.payees SUM',
      (body) => ((body.request.payees ?? [])[0] = { name: 'x', amount: '1.00' }),
    ],
    ['patents[0].number FORM', (body) => (body.patents[0] = { number: 'EP1234567' })],
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
