// What is found of an applicant's papers and persons: clear, adverse or unknown, and of nobody by name.
import type { Evidence, KycFinding, SubmissionJson } from '@saidao/schemas';
import type { Item } from '@saidao/worker/asking';
import { test } from '@fast-check/vitest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { submission } from '../submission.fixture.ts';
import { beginChecks, type Checks } from './checks.ts';
import type { FileSays, PersonSays, RegistrySays, TalentSays } from './facts.ts';
import { kycOf } from './findings.ts';
import { soundFile, soundPerson, soundRegistry, soundTalent } from './sources.fixture.ts';

const DATE = '2026-11-20';
const policy = { ownersExemptCapitalFen: 1_000_000_000n };

const evidenceOf = (provider: string): Evidence => ({
  provider,
  askedAt: 1n,
  answeredAt: 2n,
  answerHash: 'seal',
  keptAt: 'intake.provider_calls/1',
  fromCache: false,
  attempts: 1,
});
const said = <Says>(value: Says, provider = 'provider'): Item<Says> => ({
  kind: 'answered',
  value,
  evidence: evidenceOf(provider),
});
const silent: Item<never> = { kind: 'unknown', reason: 'asked 3 times', evidence: null };

interface Told {
  readonly registry?: Partial<RegistrySays & { known: true }> | Item<RegistrySays>;
  readonly persons?: Readonly<Record<string, Partial<PersonSays> | Item<PersonSays>>>;
  readonly files?: Readonly<Record<string, Partial<FileSays & { known: true }> | Item<FileSays>>>;
  readonly talents?: Readonly<
    Record<string, Partial<TalentSays & { known: true }> | Item<TalentSays>>
  >;
}

const itemOf = <Says extends object>(soundly: Says, told: object | undefined): Item<Says> =>
  told !== undefined && 'kind' in told
    ? (told as Item<Says>)
    : said({ ...soundly, ...told } as Says);

/** All is clear but what is told. */
function found(told: Told = {}, change: (body: SubmissionJson) => void = () => {}) {
  const submitted = submission(change);
  const begun = beginChecks(submitted);
  const filled = <Says extends object>(
    items: Readonly<Record<string, unknown>>,
    soundly: Says,
    of: Readonly<Record<string, object>> = {},
  ) => Object.fromEntries(Object.keys(items).map((key) => [key, itemOf(soundly, of[key])]));
  const checks: Checks = {
    registry: itemOf<RegistrySays>(soundRegistry, told.registry),
    persons: filled<PersonSays>(begun.persons, soundPerson, told.persons),
    files: filled<FileSays>(begun.files, soundFile, told.files),
    talents: filled<TalentSays>(begun.talents, soundTalent, told.talents),
  };
  const { findings, talents } = kycOf(submitted, checks, DATE, policy);
  const byCode = new Map(findings.map((one) => [one.code, one]));
  return { findings, talents, of: (code: string) => byCode.get(code) as KycFinding };
}

const resultsOf = (findings: readonly KycFinding[]) =>
  findings.map(({ code, result }) => `${code} ${result}`);

/** Another person than the one who is everything in the sound submission. */
const other = { name: '王示例', idNumber: '330199198501010021' };

it('is clear of a sound applicant, each with its evidence', () => {
  const { findings, talents } = found();
  expect(resultsOf(findings)).toEqual([
    'LICENCE CLEAR',
    'LEGAL_REPRESENTATIVE CLEAR',
    'BENEFICIAL_OWNERS CLEAR',
    'AUTHORITY_TO_SIGN CLEAR',
    'PERSONS_LISTS CLEAR',
    'PERSONS_BUREAU CLEAR',
    'TALENTS CLEAR',
  ]);
  for (const { evidence } of findings) expect(evidence).toEqual(evidenceOf('provider'));
  expect(findings.map(({ naturalPersons }) => naturalPersons)).toEqual([
    false,
    true,
    true,
    true,
    true,
    true,
    true,
  ]);
  expect(findings.map(({ consentId }) => consentId)).toEqual([
    null,
    null,
    null,
    null,
    null,
    'consent-person-1',
    null,
  ]);
  expect(talents).toEqual([{ grade: 'C', holdsPpm: 460_000, recognised: true }]);
});

it('is unknown where nothing was supplied, and about natural persons only where some are named', () => {
  const { findings } = found({}, (body) => {
    delete body.licence;
    delete body.persons;
    delete body.enterprise.talents;
  });
  expect(resultsOf(findings)).toEqual([
    'LICENCE UNKNOWN',
    'LEGAL_REPRESENTATIVE UNKNOWN',
    'BENEFICIAL_OWNERS UNKNOWN',
    'AUTHORITY_TO_SIGN UNKNOWN',
    'PERSONS_LISTS UNKNOWN',
    'PERSONS_BUREAU UNKNOWN',
  ]);
  expect(findings.some(({ naturalPersons }) => naturalPersons)).toBe(false);
});

it('is unknown where nobody answered', () => {
  const person = { 'person-1': silent };
  const { findings } = found({
    registry: silent,
    persons: person,
    files: person,
    talents: person,
  });
  expect(new Set(findings.map(({ result }) => result))).toEqual(new Set(['UNKNOWN']));
});

interface Row {
  readonly what: string;
  readonly code: string;
  readonly result: KycFinding['result'];
  readonly told?: Told;
  readonly change?: (body: SubmissionJson) => void;
}

const rows: readonly Row[] = [
  {
    what: 'a licence of another number',
    code: 'LICENCE',
    result: 'ADVERSE',
    change: (body) => (body.licence = { number: '91330100MA2H000142', documentHash: hashOf('a') }),
  },
  {
    what: 'a licence that ended yesterday',
    code: 'LICENCE',
    result: 'ADVERSE',
    change: (body) =>
      (body.licence = { ...licence(body), validTo: '2026-11-19', documentHash: hashOf('a') }),
  },
  {
    what: 'a licence on its last day',
    code: 'LICENCE',
    result: 'CLEAR',
    told: { registry: { licenceValidTo: DATE } },
    change: (body) =>
      (body.licence = { ...licence(body), validTo: DATE, documentHash: hashOf('a') }),
  },
  {
    what: 'a licence that the registry says has ended',
    code: 'LICENCE',
    result: 'ADVERSE',
    told: { registry: { licenceValidTo: '2026-11-19' } },
  },
  {
    what: 'an enterprise that the registry does not know',
    code: 'LICENCE',
    result: 'ADVERSE',
    told: { registry: said<RegistrySays>({ known: false }) },
  },
  {
    what: 'a legal representative whose name is another',
    code: 'LEGAL_REPRESENTATIVE',
    result: 'ADVERSE',
    told: { persons: { 'person-1': { identity: 'differs', offices: null } } },
  },
  {
    what: 'a legal representative whom nobody knows',
    code: 'LEGAL_REPRESENTATIVE',
    result: 'UNKNOWN',
    told: { persons: { 'person-1': { identity: 'unknown', offices: null } } },
  },
  {
    what: 'a legal representative whom the registry does not have',
    code: 'LEGAL_REPRESENTATIVE',
    result: 'ADVERSE',
    told: { persons: { 'person-1': { offices: ['BENEFICIAL_OWNER'] } } },
  },
  {
    what: 'a registry silent on offices',
    code: 'LEGAL_REPRESENTATIVE',
    result: 'UNKNOWN',
    told: { persons: { 'person-1': { offices: null } } },
  },
  {
    what: 'two legal representatives',
    code: 'LEGAL_REPRESENTATIVE',
    result: 'ADVERSE',
    change: (body) => body.persons?.push({ role: 'LEGAL_REPRESENTATIVE', ...other }),
  },
  {
    what: 'fewer owners named than are filed',
    code: 'BENEFICIAL_OWNERS',
    result: 'ADVERSE',
    told: { registry: { beneficialOwners: 2 } },
  },
  {
    what: 'one filed owner named with a fifth only',
    code: 'BENEFICIAL_OWNERS',
    result: 'UNKNOWN',
    change: (body) => {
      for (const one of body.persons ?? []) if (one.holds !== undefined) one.holds = '0.249999';
    },
  },
  {
    what: 'an owner at exactly a quarter',
    code: 'BENEFICIAL_OWNERS',
    result: 'CLEAR',
    change: (body) => {
      for (const one of body.persons ?? []) if (one.holds !== undefined) one.holds = '0.25';
    },
  },
  {
    what: 'an owner who is not filed as one',
    code: 'BENEFICIAL_OWNERS',
    result: 'ADVERSE',
    told: { persons: { 'person-1': { offices: ['LEGAL_REPRESENTATIVE'] } } },
  },
  {
    what: 'owners that nobody filed, of a large capital',
    code: 'BENEFICIAL_OWNERS',
    result: 'UNKNOWN',
    told: { registry: { beneficialOwners: null, naturalHoldersOnly: true } },
  },
  {
    what: 'owners that nobody filed, exempt at the bound',
    code: 'BENEFICIAL_OWNERS',
    result: 'CLEAR',
    told: {
      registry: {
        beneficialOwners: null,
        naturalHoldersOnly: true,
        registeredCapitalFen: policy.ownersExemptCapitalFen,
      },
      persons: { 'person-1': { offices: ['LEGAL_REPRESENTATIVE'] } },
    },
  },
  {
    what: 'owners that nobody filed, one fen above the bound',
    code: 'BENEFICIAL_OWNERS',
    result: 'UNKNOWN',
    told: {
      registry: {
        beneficialOwners: null,
        naturalHoldersOnly: true,
        registeredCapitalFen: policy.ownersExemptCapitalFen + 1n,
      },
    },
  },
  {
    what: 'a small capital with a company among the holders',
    code: 'BENEFICIAL_OWNERS',
    result: 'UNKNOWN',
    told: {
      registry: {
        beneficialOwners: null,
        naturalHoldersOnly: false,
        registeredCapitalFen: 1n,
      },
    },
  },
  {
    what: 'somebody else who signs without a power of attorney',
    code: 'AUTHORITY_TO_SIGN',
    result: 'UNKNOWN',
    change: (body) => signedBy(body, {}),
  },
  {
    what: 'somebody else who signs with a power of attorney',
    code: 'AUTHORITY_TO_SIGN',
    result: 'CLEAR',
    change: (body) => signedBy(body, { documentHash: hashOf('b') }),
  },
  {
    what: 'a person who signs and is not who it says',
    code: 'AUTHORITY_TO_SIGN',
    result: 'ADVERSE',
    told: { persons: { 'person-2': { identity: 'differs' } } },
    change: (body) => signedBy(body, { documentHash: hashOf('b') }),
  },
  {
    what: 'nobody who signs',
    code: 'AUTHORITY_TO_SIGN',
    result: 'UNKNOWN',
    change: (body) => withoutRole(body, 'SIGNATORY'),
  },
  {
    what: 'a listed person',
    code: 'PERSONS_LISTS',
    result: 'ADVERSE',
    told: { persons: { 'person-1': { isListed: true } } },
  },
  {
    what: 'a listed person beside one of whom nobody answered',
    code: 'PERSONS_LISTS',
    result: 'ADVERSE',
    told: { persons: { 'person-1': silent, 'person-2': { isListed: true } } },
    change: (body) => signedBy(body, { documentHash: hashOf('b') }),
  },
  {
    what: 'a person whose identity is open',
    code: 'PERSONS_LISTS',
    result: 'UNKNOWN',
    told: { persons: { 'person-1': { identity: 'differs' } } },
  },
  {
    what: 'a person without a consent',
    code: 'PERSONS_BUREAU',
    result: 'UNKNOWN',
    change: (body) => {
      for (const one of body.persons ?? []) delete one.consentId;
    },
  },
  {
    what: 'one owner without a consent beside one with it',
    code: 'PERSONS_BUREAU',
    result: 'UNKNOWN',
    change: (body) => body.persons?.push({ role: 'BENEFICIAL_OWNER', ...other, holds: '0.26' }),
  },
  {
    what: 'a person with an overdue debt',
    code: 'PERSONS_BUREAU',
    result: 'ADVERSE',
    told: { files: { 'person-1': { overdueFen: 1n } } },
  },
  {
    what: 'a person with a classified debt',
    code: 'PERSONS_BUREAU',
    result: 'ADVERSE',
    told: { files: { 'person-1': { worstTier: 'special-mention' } } },
  },
  {
    what: 'a person of whom no file is kept',
    code: 'PERSONS_BUREAU',
    result: 'CLEAR',
    told: { files: { 'person-1': said<FileSays>({ known: false }) } },
  },
  {
    what: 'a talent without a certificate',
    code: 'TALENTS',
    result: 'UNKNOWN',
    change: (body) => withoutRole(body, 'TALENT'),
  },
  {
    what: 'a certificate that does not exist',
    code: 'TALENTS',
    result: 'ADVERSE',
    told: { talents: { 'person-1': said<TalentSays>({ known: false }) } },
  },
  {
    what: 'a certificate of another person',
    code: 'TALENTS',
    result: 'ADVERSE',
    told: { talents: { 'person-1': { isHolder: false } } },
  },
  {
    what: 'a certificate of a lesser grade',
    code: 'TALENTS',
    result: 'ADVERSE',
    told: { talents: { 'person-1': { grade: 'D' } } },
  },
  {
    what: 'a certificate that has expired',
    code: 'TALENTS',
    result: 'ADVERSE',
    told: { talents: { 'person-1': { validTo: '2026-11-19' } } },
  },
  {
    what: 'two talents on one certificate',
    code: 'TALENTS',
    result: 'UNKNOWN',
    change: (body) =>
      body.enterprise.talents?.push({ grade: 'C', holds: '0.10', recognised: true }),
  },
];

it.each(rows)('finds of $what: $code $result', ({ code, result, told, change }) => {
  const { findings, of, talents } = found(told, change);
  expect(of(code)?.result).toBe(result);
  if (code === 'TALENTS') expect(talents?.at(-1)?.recognised).toBe(false);
  expect(findings.every(({ reason }) => reason !== '')).toBe(true);
});

// Without it an officer would be told that nobody answered, where the applicant can mend it.
it('names no consent while one is missing, unless what is known speaks against it', () => {
  const second = (body: SubmissionJson) =>
    void body.persons?.push({ role: 'BENEFICIAL_OWNER', ...other, holds: '0.26' });
  expect(found({}, second).of('PERSONS_BUREAU')).toMatchObject({
    consentId: null,
    reason: 'the written consent of a person is missing',
  });
  const owing = found({ files: { 'person-1': { overdueFen: 1n } } }, second);
  expect(owing.of('PERSONS_BUREAU')).toMatchObject({
    result: 'ADVERSE',
    consentId: 'consent-person-1',
  });
});

it('takes a number for the same however it is spelled', () => {
  const spelled = (idNumber: string) => (body: SubmissionJson) => {
    for (const one of body.persons ?? []) one.idNumber = '33019919850101002X';
    body.persons![1]!.idNumber = idNumber;
  };
  for (const idNumber of [
    '33019919850101002x',
    ' 33019919850101002X ',
    '３３０１９９１９８５０１０１００２Ｘ',
  ]) {
    const { persons } = beginChecks(submission(spelled(idNumber)));
    expect(Object.keys(persons), idNumber).toEqual(['person-1']);
    expect(new Set(resultsOf(found({}, spelled(idNumber)).findings).map(endOf))).toEqual(
      new Set(['CLEAR']),
    );
  }
});

const endOf = (text: string) => text.split(' ').at(-1);

describe('talents', () => {
  it.each([
    ['an owner named with less', '0.30', 'UNKNOWN'],
    ['an owner named with as much', '0.46', 'CLEAR'],
    ['an owner named with more', '0.60', 'CLEAR'],
  ])('who are said to hold a quarter or more are %s: %s, %s', (_what, holds, result) => {
    const { of, talents } = found({}, (body) => {
      for (const one of body.persons ?? []) if (one.holds !== undefined) one.holds = holds;
    });
    expect(of('TALENTS').result).toBe(result);
    // The certificate is sound: it is the share that nobody confirms.
    expect(talents?.[0]?.recognised).toBe(true);
  });

  it('of another person than the owner do not hold what the owner holds', () => {
    const { of } = found({}, (body) => {
      const talent = body.persons?.find(({ role }) => role === 'TALENT');
      Object.assign(talent!, other);
    });
    expect(of('TALENTS')).toMatchObject({
      result: 'UNKNOWN',
      reason: 'a recognised talent is no owner named with the share that it is said to hold',
    });
  });

  it('with less than a quarter need not be owners', () => {
    const { of } = found({}, (body) => {
      body.enterprise.talents = [{ grade: 'C', holds: '0.24', recognised: true }];
      Object.assign(
        body.persons!.find(({ role }) => role === 'TALENT')!,
        other,
      );
    });
    expect(of('TALENTS').result).toBe('CLEAR');
  });

  it('confirms each by a certificate of its own, whatever the order', () => {
    const { talents } = found({ talents: { 'person-2': { grade: 'A' } } }, (body) => {
      body.persons?.push({ role: 'TALENT', ...other, certificate: 'ZJ-A-1' });
      body.enterprise.talents = [
        { grade: 'A', holds: '0.30', recognised: true },
        { grade: 'C', holds: '0.10', recognised: true },
        { grade: 'B', holds: '0.05', recognised: false },
      ];
    });
    expect(talents?.map(({ grade, recognised }) => `${grade} ${recognised}`)).toEqual([
      'A true',
      'C true',
      'B false',
    ]);
  });

  it('says nothing where nobody is said to be recognised', () => {
    const { of, talents } = found({}, (body) => {
      body.enterprise.talents = [{ grade: 'C', holds: '0.46', recognised: false }];
    });
    expect(of('TALENTS')).toBeUndefined();
    expect(talents?.[0]?.recognised).toBe(false);
  });
});

// Whatever is named and answered, a finding carries no name, number, certificate or reference.
const marked = fc.stringMatching(/^marked-[a-z]{8}$/);
const answers = fc.constantFrom<Partial<PersonSays>>(
  {},
  { identity: 'differs' },
  { identity: 'unknown' },
  { offices: [] },
  { isListed: true },
);
test.prop([marked, marked, marked, answers])(
  'carries nothing of a person',
  (name, idNumber, certificate, answer) => {
    const { findings } = found({ persons: { 'person-1': answer } }, (body) => {
      for (const one of body.persons ?? []) Object.assign(one, { name, idNumber, certificate });
    });
    const text = findings.map((one) => JSON.stringify({ ...one, evidence: null })).join();
    for (const personal of [name, idNumber, certificate]) expect(text).not.toContain(personal);
  },
);

function hashOf(letter: string): string {
  return letter.repeat(64);
}

function licence(body: SubmissionJson) {
  return { number: body.enterprise.uscc };
}

function signedBy(body: SubmissionJson, papers: { documentHash?: string }): void {
  withoutRole(body, 'SIGNATORY');
  body.persons?.push({ role: 'SIGNATORY', ...other, ...papers });
}

function withoutRole(body: SubmissionJson, role: string): void {
  body.persons = (body.persons ?? []).filter((one) => one.role !== role);
}
