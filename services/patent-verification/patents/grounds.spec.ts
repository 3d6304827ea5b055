// Every ground of refusal: what is clear, what is adverse, what is waived, what is unknown.
import type { Declaration, PledgeContract } from '@saidao/schemas';
import { describe, expect, it } from 'vitest';
import { answered, entryOf, patentA } from '../applications.fixture.ts';
import type { AnnuitySays, RegisterEntry, RegisterSays } from '../facts.ts';
import {
  annuityGround,
  groundCodes,
  isUsable,
  judge,
  judgeRegister,
  lapsedGround,
  standingOf,
  worstOf,
  type Known,
  type PatentKnown,
  type Purpose,
} from './grounds.ts';

const applicant = { name: '浙江示例智能锁科技有限公司', uscc: '91330100MA2H000142' };
const partner = { name: '杭州示例传感科技有限公司', uscc: '91330106MA2J1002XH' };
const person = { name: '王某', uscc: '' };
const entry = entryOf(patentA);
const purpose: Purpose = {
  applicantUscc: applicant.uscc,
  businessDate: '2026-11-20',
  termMonths: 24,
};
const items = ['PARTIES', 'DEBT', 'TERM', 'PATENTS', 'SCOPE'];

/** The reply of a provider as the grounds see it. */
function known<Says>(value: Says, provider: string): Known<Says> {
  const { evidence } = answered(value, 100, provider);
  return { kind: 'answered', value, evidence };
}
const unknown = (reason: string): Known<never> => ({ kind: 'unknown', reason, evidence: null });

type Fault = Partial<RegisterEntry>;
function knownOf(fault: Fault = {}, change: Partial<PatentKnown> = {}): PatentKnown {
  return {
    register: known<RegisterSays>(
      { known: true, entry: { ...entry, ...fault } },
      'patent-register',
    ),
    annuity: known<AnnuitySays>({ known: true, paidThroughYear: 20 }, 'annuity'),
    declarations: [],
    contract: null,
    template: items,
    ...change,
  };
}

/** Which grounds are not clear, with their results. */
function notClear(facts: PatentKnown, change: Partial<Purpose> = {}): Record<string, string> {
  const findings = judge(facts, { ...purpose, ...change });
  expect(findings.map(({ code }) => code)).toEqual(groundCodes);
  expect(findings.every(({ reason }) => reason.length > 0)).toBe(true);
  const faults = findings.filter(({ result }) => result !== 'CLEAR');
  expect(isUsable(findings)).toBe(faults.every(({ result }) => result === 'WAIVED'));
  return Object.fromEntries(faults.map(({ code, result }) => [code, result]));
}
const allOf = (codes: readonly string[], result: string) =>
  Object.fromEntries(codes.map((code) => [code, result]));

const declaration = (ground: string, change: Partial<Declaration> = {}): Declaration => ({
  ground,
  patentNumber: patentA,
  statementId: `statement-${ground}`,
  signedBy: applicant.uscc,
  signedOn: '2026-11-18',
  documentHash: '0'.repeat(64),
  ...change,
});

it('judges twelve grounds, in order', () => {
  expect(groundCodes).toHaveLength(12);
  expect(groundCodes[0]).toBe('PL01');
  expect(groundCodes[11]).toBe('PL12');
});

describe('clear', () => {
  it.each<[string, Fault]>([
    ['granted, paid, the applicant’s alone', {}],
    ['co-owned with the consent of all', { owners: [partner, applicant], coOwnersConsent: true }],
    ['the applicant under another name', { owners: [{ ...applicant, name: 'x' }] }],
    ['invalidated in part: it stands for the rest', { status: 'invalidated-in-part' }],
    ['an invention with a utility model of the same day', { sameDay: '201620345678.3' }],
    ['licensed', { licences: [{ kind: 'exclusive', until: null }] }],
  ])('%s', (_, fault) => expect(notClear(knownOf(fault))).toEqual({}));
});

describe('adverse', () => {
  it.each<[string, Fault, string[]]>([
    ['another’s', { owners: [partner] }, ['PL01']],
    ['two others’', { owners: [partner, { ...partner, uscc: 'x' }] }, ['PL01', 'PL08']],
    ['terminated for a fee', { status: 'terminated-fee' }, ['PL02']],
    ['terminated by its end', { status: 'terminated-expiry' }, ['PL02']],
    ['given up', { status: 'terminated-waiver' }, ['PL02']],
    ['invalidated', { status: 'invalidated' }, ['PL02']],
    ['published', { status: 'published' }, ['PL03']],
    ['in examination', { status: 'in-examination' }, ['PL03']],
    ['withdrawn', { status: 'withdrawn' }, ['PL03']],
    ['deemed withdrawn', { status: 'deemed-withdrawn' }, ['PL03']],
    ['rejected', { status: 'rejected' }, ['PL03']],
    ['in grace by the register', { status: 'in-grace' }, ['PL04']],
    ['preserved', { preserved: true }, ['PL05']],
    ['suspended', { suspended: true }, ['PL05']],
    ['co-owned, refused', { owners: [applicant, partner], coOwnersConsent: false }, ['PL08']],
    ['co-owned, nothing said', { owners: [applicant, partner] }, ['PL08']],
    ['pledged', { pledged: true }, ['PL09']],
    ['a utility model of the same day', { ...um, sameDay: '202010000000.1' }, ['PL10']],
    ['in invalidation', { status: 'in-invalidation' }, ['PL11']],
    ['barred otherwise', { bars: ['an open licence is declared'] }, ['PL12']],
    ['its term is over, whatever the register says', { filed: '2006-11-20' }, ['PL02', 'PL06']],
  ])('%s', (_, fault, codes) => {
    expect(notClear(knownOf(fault))).toEqual(allOf(codes, 'ADVERSE'));
  });
});

const um = { kind: 'utility-model', filed: '2020-06-19' } as const;

describe('the annuity', () => {
  const through = (paidThroughYear: number) => ({
    annuity: known<AnnuitySays>({ known: true, paidThroughYear }, 'annuity'),
  });
  // Filed on 2016-05-27: the fee of year 11 was due on 2026-05-27.
  it('is adverse in the grace period, which is named', () => {
    const facts = knownOf({}, through(10));
    expect(notClear(facts)).toEqual({ PL04: 'ADVERSE' });
    expect(worstOf(judge(facts, purpose))).toMatchObject({
      reason: expect.stringMatching(/grace period until 2026-11-27: the fee of year 11 was due on/),
      evidence: ['annuity', 'patent-register'],
    });
  });

  it('ends the right retroactively where it stayed unpaid', () => {
    const facts = knownOf({}, through(9));
    expect(notClear(facts)).toEqual({ PL02: 'ADVERSE', PL04: 'ADVERSE' });
    expect(worstOf(judge(facts, purpose))?.reason).toContain('ended on 2025-05-27');
  });

  it('is unknown where nobody said, and where no fees are kept', () => {
    const both = { PL02: 'UNKNOWN', PL04: 'UNKNOWN' };
    expect(notClear(knownOf({}, { annuity: unknown('away') }))).toEqual(both);
    const none = { annuity: known<AnnuitySays>({ known: false }, 'annuity') };
    expect(notClear(knownOf({}, none))).toEqual(both);
  });

  it('is not due before the grant, nor a right there that could end', () => {
    const facts = knownOf({ status: 'in-examination', granted: null }, through(0));
    expect(notClear(facts)).toEqual({ PL03: 'ADVERSE' });
    expect(standingOf(facts, purpose)).toBeUndefined();
  });

  it('can be judged alone, with the end of the right that it brings', () => {
    const lapsed = { known: true, paidThroughYear: 9 } as const;
    expect(lapsedGround(lapsed, entry, purpose)).toMatchObject({
      code: 'PL02',
      result: 'ADVERSE',
      reason: expect.stringContaining('ended on 2025-05-27'),
    });
    expect(lapsedGround({ known: true, paidThroughYear: 10 }, entry, purpose)).toBeUndefined();
    expect(lapsedGround({ known: false }, entry, purpose)).toBeUndefined();
    expect(annuityGround({ known: true, paidThroughYear: 11 }, entry, purpose).result).toBe(
      'CLEAR',
    );
    expect(annuityGround({ known: true, paidThroughYear: 9 }, entry, purpose).result).toBe(
      'ADVERSE',
    );
    expect(annuityGround({ known: false }, entry, purpose).result).toBe('UNKNOWN');
  });
});

describe('PL06: the debt must be due while the patent is in force', () => {
  it.each<[string, Fault, Partial<Purpose>, boolean]>([
    // Filed on 2008-11-21: in force to 2028-11-20, ended on 2028-11-21.
    ['due on its last day', { filed: '2008-11-21' }, {}, true],
    ['due the day after', { filed: '2008-11-20' }, {}, false],
    ['the day after, extended by a day', { filed: '2008-11-20', compensationDays: 1 }, {}, true],
    ['a month longer', { filed: '2008-11-21' }, { termMonths: 25 }, false],
    ['a utility model', { kind: 'utility-model', filed: '2018-11-21' }, {}, true],
    ['a utility model, a day older', { kind: 'utility-model', filed: '2018-11-20' }, {}, false],
    ['a design of before 2021-06-01', { kind: 'design', filed: '2018-11-20' }, {}, false],
    ['a design of 2021-06-01', { kind: 'design', filed: '2021-06-01' }, { termMonths: 114 }, true],
    ['the same, in time', { kind: 'design', filed: '2021-05-31' }, { termMonths: 54 }, true],
    ['the same, too late', { kind: 'design', filed: '2021-05-31' }, { termMonths: 55 }, false],
  ])('%s', (_, fault, change, isClear) => {
    expect(notClear(knownOf(fault), change)).toEqual(isClear ? {} : { PL06: 'ADVERSE' });
  });
});

describe('PL07: the contract', () => {
  const contract: PledgeContract = { reference: 'c-1', items, forfeiture: false };
  it.each<[string, Partial<PatentKnown>, string | undefined]>([
    ['is whole', { contract }, undefined],
    ['is drawn from the template', { contract: null }, undefined],
    ['lacks its scope', { contract: { ...contract, items: items.slice(0, 4) } }, 'ADVERSE'],
    ['has a forfeiture clause', { contract: { ...contract, forfeiture: true } }, 'ADVERSE'],
    ['was not read for one', { contract: { ...contract, forfeiture: null } }, 'UNKNOWN'],
    ['is not there, and no template', { template: null }, 'UNKNOWN'],
    ['is of a template that lacks the debt', { template: ['PARTIES'] }, 'ADVERSE'],
  ])('%s', (_, change, result) => {
    expect(notClear(knownOf({}, change))).toEqual(result === undefined ? {} : { PL07: result });
  });
});

describe('what a signed statement waives', () => {
  const waived = (fault: Fault, ...declarations: Declaration[]) =>
    notClear(knownOf(fault, { declarations }));

  it('PL08: the consents of all co-owners, an enterprise by its code, a person by name', () => {
    const owners = [applicant, partner, person];
    const byPartner = declaration('PL08', { signedBy: partner.uscc, statementId: 's1' });
    const byPerson = declaration('PL08', { signedBy: person.name, statementId: 's2' });
    expect(waived({ owners }, byPartner, byPerson)).toEqual({ PL08: 'WAIVED' });
    expect(waived({ owners }, byPartner)).toEqual({ PL08: 'ADVERSE' });
    expect(waived({ owners }, byPartner, declaration('PL08'))).toEqual({ PL08: 'ADVERSE' });
    const facts = knownOf({ owners }, { declarations: [byPartner, byPerson] });
    expect(judge(facts, purpose).find(({ code }) => code === 'PL08')).toMatchObject({
      declarations: ['s1', 's2'],
      evidence: ['patent-register'],
    });
  });

  it('PL08: each statement one owner’s, though two bear one name', () => {
    const owners = [applicant, person, { ...person }];
    const one = declaration('PL08', { signedBy: person.name, statementId: 's1' });
    expect(waived({ owners }, one)).toEqual({ PL08: 'ADVERSE' });
    expect(waived({ owners }, one, { ...one, statementId: 's2' })).toEqual({ PL08: 'WAIVED' });
  });

  it.each<[string, Fault]>([
    ['PL10', { ...um, sameDay: '202010000000.1' }],
    ['PL11', { status: 'in-invalidation' }],
  ])('%s: the pledgor’s own', (code, fault) => {
    expect(waived(fault, declaration(code))).toEqual({ [code]: 'WAIVED' });
    const other = code === 'PL10' ? 'PL11' : 'PL10';
    expect(waived(fault, declaration(other))).toEqual({ [code]: 'ADVERSE' });
    expect(waived(fault, declaration(code, { signedBy: partner.uscc }))).toEqual({
      [code]: 'ADVERSE',
    });
    expect(waived(fault, declaration(code, { signedOn: '2026-11-21' }))).toEqual({
      [code]: 'ADVERSE',
    });
  });

  it('nothing else', () => {
    expect(waived({ pledged: true }, declaration('PL09'))).toEqual({ PL09: 'ADVERSE' });
  });
});

describe('unknown', () => {
  it('is every ground but the contract when nobody answered', () => {
    const facts = knownOf({}, { register: unknown('away'), annuity: unknown('away') });
    const rest = groundCodes.filter((code) => code !== 'PL07');
    expect(notClear(facts)).toEqual(allOf(rest, 'UNKNOWN'));
  });

  it('is whether anything else bars it, where the register does not say', () => {
    expect(notClear(knownOf({ bars: null }))).toEqual({ PL12: 'UNKNOWN' });
  });

  it('is all but patentee and grant of a patent that is not in the register', () => {
    const facts = knownOf({}, { register: known({ known: false }, 'patent-register') });
    const rest = groundCodes.filter((code) => !['PL01', 'PL03', 'PL07'].includes(code));
    expect(notClear(facts)).toEqual({
      ...allOf(['PL01', 'PL03'], 'ADVERSE'),
      ...allOf(rest, 'UNKNOWN'),
    });
  });
});

describe('judged again by the register alone', () => {
  const again = (fault: Fault, accepted: string[] = []) =>
    judgeRegister({ known: true, entry: { ...entry, ...fault } }, purpose, new Set(accepted));

  it('leaves fees and contract to others', () => {
    const codes = groundCodes.filter((code) => code !== 'PL04' && code !== 'PL07');
    expect(again({}).map(({ code }) => code)).toEqual(codes);
    expect(isUsable(again({}))).toBe(true);
  });

  it('lets what was waived stand, and nothing else', () => {
    const fault: Fault = { status: 'in-invalidation', pledged: true };
    const results = again(fault, ['PL11', 'PL09']).filter(({ result }) => result !== 'CLEAR');
    expect(results.map(({ code, result }) => [code, result])).toEqual([
      ['PL09', 'ADVERSE'],
      ['PL11', 'WAIVED'],
    ]);
  });
});

it('names an adverse ground before an unknown one, and none where all are clear', () => {
  const facts = knownOf({ pledged: true }, { annuity: unknown('away') });
  expect(worstOf(judge(facts, purpose))?.code).toBe('PL09');
  expect(worstOf(judge(knownOf({}, { annuity: unknown('away') }), purpose))?.code).toBe('PL02');
  expect(worstOf(judge(knownOf(), purpose))).toBeUndefined();
});

it('lets nothing pass about which nothing was found', () => expect(isUsable([])).toBe(false));
