// The checks of the enterprise: clear, adverse and unknown of each, and under which consent.
import { describe, expect, it } from 'vitest';
import { answered, businessDate, content, enterprise } from '../applications.fixture.ts';
import type { BureauSays, ListingsSays, RegistrySays } from '../facts.ts';
import type { Known } from '../patents/grounds.ts';
import {
  bureauConsent,
  bureauFactsOf,
  checksOf,
  registryFactsOf,
  type EnterpriseKnown,
} from './checks.ts';

function known<Says>(value: Says, provider: string): Known<Says> {
  return { kind: 'answered', value, evidence: answered(value, 100, provider).evidence };
}
const unknown = (reason: string): Known<never> => ({ kind: 'unknown', reason, evidence: null });

const registered: RegistrySays & { known: true } = {
  known: true,
  name: enterprise.name,
  status: 'in-business',
  established: '2009-03-12',
  regionCode: '330106',
  industryCode: 'C3569',
  registeredCapitalFen: 5_000_000_000n,
  insuredStaff: 800,
  groupHead: null,
};
const unlisted: ListingsSays = { dishonestDebtor: null, seriousViolation: null };
const sound: BureauSays & { known: true } = {
  known: true,
  creditFen: 6_000_000_000n,
  overdueFen: 0n,
  worstTier: 'normal',
  guaranteeFen: 0n,
};
const listing = { reference: '(2026)浙01执100号', since: '2026-03-01' };

const facts = (change: Partial<EnterpriseKnown> = {}): EnterpriseKnown => ({
  registry: known<RegistrySays>(registered, 'enterprise-registry'),
  listings: known(unlisted, 'watchlists'),
  bureau: known<BureauSays>(sound, 'credit-bureau'),
  ...change,
});
const consent = { purpose: 'CREDIT_BUREAU', id: 'consent-1', signedOn: '2026-11-18' };

function notClear(change: Partial<EnterpriseKnown>): Record<string, string> {
  const checks = checksOf(facts(change), content(), consent);
  expect(checks.map(({ code }) => code)).toEqual([
    'REGISTRY',
    'DISHONEST_DEBTORS',
    'SERIOUS_VIOLATIONS',
    'CREDIT_BUREAU',
  ]);
  return Object.fromEntries(
    checks.filter(({ result }) => result !== 'CLEAR').map(({ code, result }) => [code, result]),
  );
}

describe('each check', () => {
  it('is clear of an enterprise without fault', () => expect(notClear({})).toEqual({}));

  it.each<[string, Partial<EnterpriseKnown>, Record<string, string>]>([
    ['not registered', { registry: known({ known: false }, 'r') }, { REGISTRY: 'ADVERSE' }],
    [
      'deregistered',
      { registry: known({ ...registered, status: 'deregistered' as const }, 'r') },
      { REGISTRY: 'ADVERSE' },
    ],
    [
      'listed as abnormal',
      { registry: known({ ...registered, status: 'abnormal' as const }, 'r') },
      { REGISTRY: 'ADVERSE' },
    ],
    [
      'of another name',
      { registry: known({ ...registered, name: 'another' }, 'r') },
      { REGISTRY: 'ADVERSE' },
    ],
    ['registry away', { registry: unknown('away') }, { REGISTRY: 'UNKNOWN' }],
    [
      'a dishonest debtor',
      { listings: known({ ...unlisted, dishonestDebtor: listing }, 'w') },
      { DISHONEST_DEBTORS: 'ADVERSE' },
    ],
    [
      'a serious violation',
      { listings: known({ ...unlisted, seriousViolation: listing }, 'w') },
      { SERIOUS_VIOLATIONS: 'ADVERSE' },
    ],
    [
      'lists away',
      { listings: unknown('away') },
      { DISHONEST_DEBTORS: 'UNKNOWN', SERIOUS_VIOLATIONS: 'UNKNOWN' },
    ],
    ['overdue', { bureau: known({ ...sound, overdueFen: 1n }, 'b') }, { CREDIT_BUREAU: 'ADVERSE' }],
    [
      'a doubtful debt',
      { bureau: known({ ...sound, worstTier: 'doubtful' as const }, 'b') },
      { CREDIT_BUREAU: 'ADVERSE' },
    ],
    ['never borrowed', { bureau: known({ known: false }, 'b') }, {}],
    ['bureau away', { bureau: unknown('away') }, { CREDIT_BUREAU: 'UNKNOWN' }],
    ['no consent', { bureau: null }, { CREDIT_BUREAU: 'UNKNOWN' }],
  ])('%s', (_, change, results) => expect(notClear(change)).toEqual(results));

  it('says by whom, and under which consent', () => {
    const checks = checksOf(facts(), content(), consent);
    expect(checks.map(({ evidence }) => evidence?.provider)).toEqual([
      'enterprise-registry',
      'watchlists',
      'watchlists',
      'credit-bureau',
    ]);
    expect(checks.map(({ consentId }) => consentId)).toEqual([null, null, null, 'consent-1']);
  });
});

describe('the consent', () => {
  const consents = [
    { ...consent, id: 'later', signedOn: '2026-11-21' },
    { ...consent, id: 'last', signedOn: '2026-11-20' },
    { ...consent, id: 'first', signedOn: '2026-01-01' },
    { ...consent, purpose: 'OTHER', signedOn: '2026-11-20' },
  ];

  it('is the last that was signed by the business date', () => {
    expect(bureauConsent(content({ consents }), businessDate)?.id).toBe('last');
    expect(bureauConsent(content({ consents: [...consents].reverse() }), businessDate)?.id).toBe(
      'last',
    );
  });

  it('is none where none was signed by then', () => {
    expect(
      bureauConsent(content({ consents: consents.slice(0, 1) }), businessDate),
    ).toBeUndefined();
    expect(bureauConsent(content(), businessDate)).toBeUndefined();
  });
});

describe('the facts that travel', () => {
  it('are null where nobody said', () => {
    expect(registryFactsOf(unknown('away'))).toBeNull();
    expect(registryFactsOf(known({ known: false }, 'r'))).toBeNull();
    expect(bureauFactsOf(null)).toBeNull();
    expect(bureauFactsOf(unknown('away'))).toBeNull();
  });

  it('are no debts of an enterprise without a file', () => {
    const none = bureauFactsOf(known({ known: false }, 'b'));
    expect(none).toMatchObject({ creditBalance: { minor: 0n }, worstTier: 'normal' });
    expect(bureauFactsOf(known<BureauSays>(sound, 'b'))).toMatchObject({
      creditBalance: { minor: 6_000_000_000n },
    });
    const groupHead = '91330100MA2H000142';
    expect(registryFactsOf(known<RegistrySays>({ ...registered, groupHead }, 'r'))).toMatchObject({
      regionCode: '330106',
      registeredCapital: { minor: 5_000_000_000n },
      groupHead,
    });
  });
});
