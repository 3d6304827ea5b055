// Generated applicants: the same for the same seed, plausible, in their shares, and all of them samples.
import { test } from '@fast-check/vitest';
import { addMonths, addYears, checkUscc, fenOfYuan, parsePatentNumber } from '@saidao/values';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Applicant } from './applicant.ts';
import { BUSINESS_DATE } from './draft.ts';
import { applicantsOf, generate, kindOf } from './generate.ts';
import { COUNT_MAX, SEED_MAX } from './identity.ts';
import { kinds, SHARES, STRAIGHT_SHARES, type Kind } from './kinds.ts';
import { parseSample } from './samples.ts';

const seeds = fc.integer({ min: 0, max: SEED_MAX });
const places = fc.integer({ min: 0, max: COUNT_MAX - 1 });
const many = [...generate({ count: 10_000, seed: 7 })];
const bytes = (applicants: Iterable<Applicant>) =>
  [...applicants].map((one) => JSON.stringify(one));
const badCodes: readonly Kind[] = ['credit-code-fails', 'credit-code-verified'];

function kindsAmong(applicants: Iterable<Applicant>): Map<string | undefined, number> {
  const counts = new Map<string | undefined, number>();
  for (const { id } of applicants) counts.set(kindOf(id), (counts.get(kindOf(id)) ?? 0) + 1);
  return counts;
}

test.prop([seeds, places])('each is a sample, and is found by place or id', (seed, index) => {
  const applicants = applicantsOf({ seed, count: COUNT_MAX });
  const applicant = applicants.at(index);
  const text = JSON.stringify(applicant);
  expect(parseSample(text, `${applicant.id}.json`)).toEqual(applicant);
  expect(JSON.stringify(applicants.byId(applicant.id))).toBe(text);
  expect(kinds).toContain(kindOf(applicant.id));
});

test.prop([seeds, fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 })], {
  numRuns: 30,
})('fewer are the first of more, byte for byte', (seed, fewer, more) => {
  const all = bytes(generate({ seed, count: fewer + more }));
  expect(bytes(generate({ seed, count: fewer }))).toEqual(all.slice(0, fewer));
});

it('is lazy', () => {
  const applicants = generate({ count: COUNT_MAX, seed: 1 });
  expect(applicants.next().value?.id).toMatch(/^gen-1-000000-/);
});

it('finds none by an id of another seed, place or kind', () => {
  const applicants = applicantsOf({ seed: 7, count: 10_000 });
  const [one] = many;
  for (const id of ['gen-8-000000-amended', 'gen-7-010000-amended', 'talent-3m', `${one?.id}x`]) {
    expect(applicants.byId(id)).toBeUndefined();
  }
});

it.each([
  ['a count below 0', { count: -1, seed: 1 }],
  ['a count above the limit', { count: COUNT_MAX + 1, seed: 1 }],
  ['a seed above the limit', { count: 1, seed: SEED_MAX + 1 }],
  ['half a seed', { count: 1, seed: 0.5 }],
  ['no shares', { count: 1, seed: 1, shares: {} }],
  ['a share below 0', { count: 1, seed: 1, shares: { amended: 1, withdrawn: -1 } }],
])('refuses %s', (_, options) => expect(() => [...generate(options)]).toThrow(RangeError));

describe('shares', () => {
  it('sum to 1,000', () => {
    expect(Object.values(SHARES).reduce((sum: number, share) => sum + share, 0)).toBe(1_000);
  });

  it('hold among thousands, nearly to the one', () => {
    const counts = kindsAmong(many);
    for (const kind of kinds) {
      expect(Math.abs((counts.get(kind) ?? 0) - SHARES[kind] * 10), kind).toBeLessThan(5);
    }
  });

  it('hold among few', () => {
    const counts = kindsAmong(generate({ count: 500, seed: 3 }));
    for (const kind of kinds) {
      expect(Math.abs((counts.get(kind) ?? 0) - SHARES[kind] / 2), kind).toBeLessThan(4);
    }
  });

  it('can be others', () => {
    const counts = kindsAmong(generate({ count: 530, seed: 3, shares: STRAIGHT_SHARES }));
    expect(new Set(counts.keys())).toEqual(new Set(Object.keys(STRAIGHT_SHARES)));
    expect(Math.abs((counts.get('sound-talent') ?? 0) - 150)).toBeLessThan(4);
  });
});

it('asks for 7.9 million yuan of New Quality on average, and is lent as much', () => {
  const newQuality = many.filter(({ submission }) => submission.product === 'NEW_QUALITY');
  const paid = newQuality.filter(({ expect: { outcome } }) => outcome === 'paid');
  for (const some of [newQuality, paid]) {
    const wholeFen = some.reduce((sum, one) => sum + fenOfYuan(one.submission.request.amount), 0n);
    const meanFen = wholeFen / BigInt(some.length);
    expect(some.length).toBeGreaterThan(2_500);
    expect(meanFen).toBeGreaterThan(fenOfYuan('7700000'));
    expect(meanFen).toBeLessThan(fenOfYuan('8100000'));
  }
});

it('gives each enterprise a sound code of its own; one wrong check where that is the case', () => {
  for (const { id, submission } of many) {
    const check = checkUscc(submission.enterprise.uscc);
    const isBad = badCodes.includes(kindOf(id) as Kind);
    expect(check.ok ? 'ok' : check.fault, id).toBe(isBad ? 'check' : 'ok');
  }
});

it('gives each patent a number of its own that its register entry fits', () => {
  for (const { id, submission, world } of many) {
    expect(world.register.map(({ number }) => number)).toEqual(
      submission.patents.map(({ number }) => number),
    );
    for (const { number, kind, filed } of world.register) {
      expect(parsePatentNumber(number), id).toEqual({ ok: true, number, kind });
      expect(filed.slice(0, 4)).toBe(number.slice(0, 4));
    }
  }
});

it('has the fees paid on the business date, but of the patent that is to have lapsed', () => {
  for (const { id, world } of many) {
    for (const [at, { filed, granted, annuityPaidThroughYear }] of world.register.entries()) {
      const nextFeeDue = addYears(filed, annuityPaidThroughYear);
      const isLapsed = kindOf(id) === 'annuity-unpaid' && at === 0;
      // Six months of grace are over too.
      expect(addMonths(nextFeeDue, 6) < BUSINESS_DATE, id).toBe(isLapsed);
      if (!isLapsed) expect(nextFeeDue >= BUSINESS_DATE, id).toBe(true);
      expect((granted ?? '') > filed && (granted ?? '') <= BUSINESS_DATE, id).toBe(true);
    }
  }
});

it('is known to the registry and the bureau, and consents to be asked about', () => {
  for (const { id, submission, world } of many) {
    const { name, uscc, founded, staff, workingCapital } = submission.enterprise;
    expect(world.enterprises).toEqual([
      expect.objectContaining({ name, uscc, established: founded, insuredStaff: staff }),
    ]);
    const creditFen = String(fenOfYuan(workingCapital?.existingLoans ?? '0.00'));
    expect(world.enterprises[0]?.bureau, id).toMatchObject({ creditFen, overdueFen: '0' });
    expect(submission.consents?.map(({ id: consent }) => consent)).toEqual([`consent-${id}`]);
    expect(world.appraisals.map(({ number, valueFen }) => `${number} ${valueFen}`)).toEqual(
      submission.patents.flatMap(({ number, appraised }) =>
        appraised === undefined ? [] : [`${number} ${fenOfYuan(appraised)}`],
      ),
    );
  }
});

it('names who runs, owns and signs, with their consents; the world knows them all', () => {
  for (const { id, submission, world } of many) {
    const { persons = [], licence, enterprise } = submission;
    const roles = new Set(persons.map(({ role }) => role));
    expect(roles.has('LEGAL_REPRESENTATIVE') && roles.has('SIGNATORY'), id).toBe(true);
    expect(roles.has('TALENT'), id).toBe(enterprise.talents !== undefined);
    expect(licence?.number).toBe(enterprise.uscc);
    expect((licence?.validTo ?? BUSINESS_DATE) < BUSINESS_DATE, id).toBe(
      kindOf(id) === 'licence-expired',
    );
    const owners = persons.filter(({ role }) => role === 'BENEFICIAL_OWNER');
    expect(world.enterprises[0]?.beneficialOwners).toBe(owners.length);
    expect(owners.every(({ consentId, holds }) => consentId && Number(holds) >= 0.25)).toBe(true);
    expect(new Set(persons.map(({ idNumber }) => idNumber))).toEqual(
      new Set(world.persons.map(({ idNumber }) => idNumber)),
    );
    const listed = world.persons.filter(({ dishonestDebtor = null }) => dishonestDebtor !== null);
    expect(listed.length, id).toBe(kindOf(id) === 'owner-listed' ? 1 : 0);
    // Invented: no place has these divisions.
    for (const { idNumber } of persons) expect(idNumber).toMatch(/^33(?:01|02)9\d/);
  }
});

it('has groups of two with one head', () => {
  const heads = many.flatMap(({ world }) => world.enterprises[0]?.groupHead ?? []);
  const groups = Map.groupBy(heads, (head) => head);
  expect(groups.size).toBe(250);
  expect([...groups.values()].every(({ length }) => length === 2)).toBe(true);
});

it('never uses a name, code or patent twice, whatever the seed', () => {
  const others = [
    ...generate({ count: 10_000, seed: 8 }),
    ...generate({ count: 2_000, seed: SEED_MAX }),
  ];
  const all = [...many, ...others];
  const once = (values: readonly string[]) => expect(new Set(values).size).toBe(values.length);
  once(all.map(({ submission }) => submission.enterprise.name));
  once(all.map(({ submission }) => submission.enterprise.uscc));
  once(all.flatMap(({ world }) => world.persons.map(({ idNumber }) => idNumber)));
  once(all.flatMap(({ world }) => world.talents.map(({ certificate }) => certificate)));
  once(all.flatMap(({ world }) => world.register.map(({ number }) => number)));
});

it('tells the same of a guarantee institution in all cases', () => {
  const said = new Map<string, boolean>();
  for (const { world } of many) {
    for (const [name, { confirms }] of Object.entries(world.guarantors)) {
      expect(said.get(name) ?? confirms, name).toBe(confirms);
      said.set(name, confirms);
    }
  }
  expect([...said.values()].filter((confirms) => confirms)).toHaveLength(3);
  expect([...said.values()].filter((confirms) => !confirms)).toHaveLength(1);
});

it('is offered for all four products by their lenders', () => {
  const products = new Set(many.map(({ lender, submission }) => `${lender} ${submission.product}`));
  expect([...products].toSorted()).toEqual([
    'boc-zj NEW_QUALITY',
    'czb-hz INNOVATION',
    'czb-hz TALENT',
    'exim-zj IP_PLEDGE',
  ]);
});
