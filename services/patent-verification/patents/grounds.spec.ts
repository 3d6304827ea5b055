// Every ground of refusal: what is clear, what is adverse, what is unknown.
import { describe, expect, it } from 'vitest';
import {
  allUnknown,
  groundCodes,
  isUsable,
  judge,
  worstOf,
  type Purpose,
  type RegisterEntry,
} from './grounds.ts';

const applicant = { name: '浙江示例智能锁科技有限公司', uscc: '91330100MA2H000142' };
const partner = { name: '杭州示例传感科技有限公司', uscc: '91330106MA2J1002XH' };
const entry: RegisterEntry = {
  number: '201610345678.2',
  kind: 'invention',
  filed: '2016-05-27',
  status: 'granted',
  owners: [applicant],
  annuity: 'paid',
  pledged: false,
  preserved: false,
  coOwnersConsent: null,
};
const purpose: Purpose = {
  applicantUscc: applicant.uscc,
  businessDate: '2026-11-20',
  termMonths: 24,
};

type Fault = Partial<RegisterEntry>;
/** Which grounds are not clear, with their results. */
function notClear(fault: Fault, change: Partial<Purpose> = {}): Record<string, string> {
  const findings = judge({ known: true, entry: { ...entry, ...fault } }, { ...purpose, ...change });
  expect(findings.map(({ code }) => code)).toEqual(groundCodes);
  expect(findings.every(({ reason }) => reason.length > 0)).toBe(true);
  const faults = findings.filter(({ result }) => result !== 'CLEAR');
  expect(isUsable(findings)).toBe(faults.length === 0);
  return Object.fromEntries(faults.map(({ code, result }) => [code, result]));
}

it('judges the eight grounds that the register can tell of, in order', () => {
  expect(groundCodes).toEqual(['PL01', 'PL02', 'PL03', 'PL04', 'PL05', 'PL06', 'PL08', 'PL09']);
});

describe('clear', () => {
  it.each<[string, Fault]>([
    ['granted, paid, the applicant’s alone', {}],
    ['co-owned with the consent of all', { owners: [partner, applicant], coOwnersConsent: true }],
    ['the applicant under another name', { owners: [{ ...applicant, name: 'x' }] }],
  ])('%s', (_, fault) => expect(notClear(fault)).toEqual({}));
});

describe('adverse', () => {
  it.each<[string, Fault, string[]]>([
    ['another’s', { owners: [partner] }, ['PL01']],
    ['two others’', { owners: [partner, { ...partner, uscc: 'x' }] }, ['PL01', 'PL08']],
    ['terminated', { status: 'terminated' }, ['PL02']],
    ['invalidated', { status: 'invalidated' }, ['PL02']],
    ['published', { status: 'published' }, ['PL03']],
    ['in examination', { status: 'in-examination' }, ['PL03']],
    ['withdrawn', { status: 'withdrawn' }, ['PL03']],
    ['deemed withdrawn', { status: 'deemed-withdrawn' }, ['PL03']],
    ['rejected', { status: 'rejected' }, ['PL03']],
    ['annuity unpaid', { annuity: 'unpaid' }, ['PL04']],
    ['annuity in grace', { annuity: 'grace' }, ['PL04']],
    ['preserved', { preserved: true }, ['PL05']],
    ['co-owned, refused', { owners: [applicant, partner], coOwnersConsent: false }, ['PL08']],
    ['co-owned, nothing said', { owners: [applicant, partner] }, ['PL08']],
    ['pledged', { pledged: true }, ['PL09']],
    ['its term is over, whatever the register says', { filed: '2006-11-20' }, ['PL02', 'PL06']],
    [
      'everything at once',
      {
        owners: [partner, { ...partner, uscc: 'x' }],
        status: 'terminated',
        annuity: 'unpaid',
        preserved: true,
        filed: '2000-01-01',
        pledged: true,
      },
      ['PL01', 'PL02', 'PL04', 'PL05', 'PL06', 'PL08', 'PL09'],
    ],
  ])('%s', (_, fault, codes) => {
    expect(notClear(fault)).toEqual(Object.fromEntries(codes.map((code) => [code, 'ADVERSE'])));
  });

  it('names the grace period', () => {
    const findings = judge({ known: true, entry: { ...entry, annuity: 'grace' } }, purpose);
    expect(worstOf(findings)).toEqual({
      code: 'PL04',
      result: 'ADVERSE',
      reason: 'in annuity grace period',
    });
  });
});

describe('PL06: the debt must be due while the patent is in force', () => {
  it.each<[string, Fault, Partial<Purpose>, boolean]>([
    // Filed on 2008-11-21: in force to 2028-11-20, ended on 2028-11-21.
    ['due on its last day', { filed: '2008-11-21' }, {}, true],
    ['due the day after', { filed: '2008-11-20' }, {}, false],
    ['a month longer', { filed: '2008-11-21' }, { termMonths: 25 }, false],
    ['a utility model', { kind: 'utility-model', filed: '2018-11-21' }, {}, true],
    ['a utility model, a day older', { kind: 'utility-model', filed: '2018-11-20' }, {}, false],
    ['a design of before 2021-06-01', { kind: 'design', filed: '2018-11-20' }, {}, false],
    ['a design of 2021-06-01', { kind: 'design', filed: '2021-06-01' }, { termMonths: 114 }, true],
    ['the same, in time', { kind: 'design', filed: '2021-05-31' }, { termMonths: 54 }, true],
    ['the same, too late', { kind: 'design', filed: '2021-05-31' }, { termMonths: 55 }, false],
  ])('%s', (_, fault, change, isClear) => {
    expect(notClear(fault, change)).toEqual(isClear ? {} : { PL06: 'ADVERSE' });
  });
});

describe('unknown', () => {
  it('is a right whose invalidation is asked for', () => {
    expect(notClear({ status: 'in-invalidation' })).toEqual({ PL02: 'UNKNOWN' });
  });

  it('is every ground when nobody answered', () => {
    const findings = allUnknown('the register did not answer');
    expect(findings.map(({ code }) => code)).toEqual(groundCodes);
    expect(new Set(findings.map(({ result }) => result))).toEqual(new Set(['UNKNOWN']));
    expect(isUsable(findings)).toBe(false);
  });
});

it('finds a patent that is not in the register adverse on patentee and grant, else unknown', () => {
  const findings = judge({ known: false }, purpose);
  expect(Object.fromEntries(findings.map(({ code, result }) => [code, result]))).toEqual({
    PL01: 'ADVERSE',
    PL02: 'UNKNOWN',
    PL03: 'ADVERSE',
    PL04: 'UNKNOWN',
    PL05: 'UNKNOWN',
    PL06: 'UNKNOWN',
    PL08: 'UNKNOWN',
    PL09: 'UNKNOWN',
  });
  expect(isUsable(findings)).toBe(false);
});

it('names an adverse ground before an unknown one, and none where all are clear', () => {
  const fault: Fault = { status: 'in-invalidation', pledged: true };
  expect(worstOf(judge({ known: true, entry: { ...entry, ...fault } }, purpose))?.code).toBe(
    'PL09',
  );
  const unclear: Fault = { status: 'in-invalidation' };
  expect(worstOf(judge({ known: true, entry: { ...entry, ...unclear } }, purpose))?.code).toBe(
    'PL02',
  );
  expect(worstOf(judge({ known: true, entry }, purpose))).toBeUndefined();
});

it('lets nothing pass about which nothing was found', () => expect(isUsable([])).toBe(false));
