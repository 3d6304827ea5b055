// Publishing a policy: a test run of its very content, two people, and a day to come.
import { describe, expect, it } from 'vitest';
import { endChallenger, enterPolicy, publish, type Publication } from './publication.ts';
import {
  challengerEntry,
  firstEntry,
  inForce,
  registerOf,
  runOf,
  waitingEntry,
} from './register.fixture.ts';
import { faultsOfPolicyRegister, type PolicyRegister } from './register.ts';

const waiting = registerOf({ 'czb-hz@1': firstEntry, 'czb-hz@2': waitingEntry });
const run = runOf(waitingEntry.digest);
const li = { by: 'li', at: '2026-11-30' };
const zhao = { by: 'zhao', at: '2026-12-01' };

function done(publication: Publication) {
  if ('fault' in publication) throw new Error(publication.fault);
  expect(faultsOfPolicyRegister(publication.register)).toEqual([]);
  return publication;
}
const published = (register: PolicyRegister) =>
  done(publish(done(publish(register, 'czb-hz@2', { ...li, run })).register, 'czb-hz@2', zhao));

describe('publishing', () => {
  it('takes two people on one test run, and is from the next day on', () => {
    const once = done(publish(waiting, 'czb-hz@2', { ...li, run }));
    expect(once).toMatchObject({ outcome: 'approved', from: null });
    expect(once.register.policies['czb-hz@2']).toMatchObject({ testRun: run, approvals: [li] });
    const twice = done(publish(once.register, 'czb-hz@2', zhao));
    expect(twice).toMatchObject({
      outcome: 'activated',
      retired: 'czb-hz@1',
      from: '2026-12-02',
    });
    expect(twice.register.policies['czb-hz@1']).toMatchObject({
      status: 'retired',
      validTo: '2026-12-01',
    });
  });

  it('touches no other lender', () => {
    const register = registerOf({ ...waiting.policies, 'boc-zj@1': firstEntry });
    expect(published(register).register.policies['boc-zj@1']).toEqual(firstEntry);
  });

  it.each<[string, PolicyRegister, string, Parameters<typeof publish>[2], RegExp]>([
    ['of what is not there', waiting, 'czb-hz@9', li, /There is no policy czb-hz@9/],
    [
      'without a test run',
      waiting,
      'czb-hz@2',
      li,
      /czb-hz@2 has no test run attached: .*, then two people who approve it\.$/,
    ],
    [
      'without a test run, by the second',
      registerOf({ ...waiting.policies, 'czb-hz@2': { ...waitingEntry, approvals: [li] } }),
      'czb-hz@2',
      zhao,
      /no test run attached: .*and another person than its owner and the first/,
    ],
    [
      'on a test run of other content',
      waiting,
      'czb-hz@2',
      { ...li, run: runOf('3'.repeat(64)) },
      /The test run run-1 is of another content than czb-hz@2 has/,
    ],
    ['by its owner', waiting, 'czb-hz@2', { ...li, by: 'Credit-Policy', run }, /owns it/],
    [
      'of a draft',
      registerOf({ 'czb-hz@1': firstEntry, 'czb-hz@2': { ...waitingEntry, status: 'draft' } }),
      'czb-hz@2',
      { ...li, run },
      /has to be validated first/,
    ],
    ['of one in force', waiting, 'czb-hz@1', { ...li, run: runOf(firstEntry.digest) }, /active/],
  ])('%s is refused', (_what, register, ref, publishing, fault) => {
    const publication = publish(register, ref, publishing);
    expect('fault' in publication && publication.fault).toMatch(fault);
  });

  it.each<[string, Parameters<typeof publish>[2], RegExp]>([
    ['by the same person', { ...li, by: ' LI ' }, /li has approved it already/],
    ['from a day that is being judged', { ...zhao, from: '2026-12-01' }, /is being judged/],
    [
      'on another test run',
      { ...zhao, run: runOf(waitingEntry.digest, 'run-2') },
      /li approved czb-hz@2 on the test run run-1: approve it on the same/,
    ],
  ])('a second time %s is refused', (_what, publishing, fault) => {
    const { register } = done(publish(waiting, 'czb-hz@2', { ...li, run }));
    const publication = publish(register, 'czb-hz@2', publishing);
    expect('fault' in publication && publication.fault).toMatch(fault);
  });
});

describe('a challenger', () => {
  const challenging = registerOf({ 'czb-hz@1': firstEntry, 'czb-hz@2': challengerEntry });

  it('is published like a champion, and leaves the champion in force', () => {
    const { register, retired } = published(challenging);
    expect(retired).toBeNull();
    expect(register.policies['czb-hz@1']).toEqual(firstEntry);
    expect(register.policies['czb-hz@2']).toMatchObject({
      status: 'active',
      validFrom: '2026-12-02',
      sharePpm: 100_000,
    });
  });

  it('takes the place of the challenger before', () => {
    const before = inForce({ ...challengerEntry, digest: '4'.repeat(64) }, '2026-06-01');
    const register = registerOf({ ...challenging.policies, 'czb-hz@3': before });
    expect(published(register).retired).toBe('czb-hz@3');
  });

  it('is ended by one person, with the day', () => {
    const { register } = published(challenging);
    const by = { by: 'Wang', at: '2026-12-24' };
    const after = endChallenger(register, 'czb-hz@2', by);
    if ('fault' in after) throw new Error(after.fault);
    expect(faultsOfPolicyRegister(after.register)).toEqual([]);
    expect(after.register.policies['czb-hz@2']).toMatchObject({
      status: 'retired',
      validTo: '2026-12-24',
      ended: { by: 'wang', at: '2026-12-24' },
    });
    const early = endChallenger(register, 'czb-hz@2', { by: 'wang', at: '2026-12-01' });
    if ('fault' in early) throw new Error(early.fault);
    expect(early.register.policies['czb-hz@2']?.validTo).toBe('2026-12-01');
    expect(faultsOfPolicyRegister(early.register)).toEqual([]);
  });

  it.each([
    ['czb-hz@1', 'wang', '2026-12-24', /no challenger in force/],
    ['czb-hz@9', 'wang', '2026-12-24', /There is no policy/],
    ['czb-hz@2', 'wang', 'soon', /no date/],
    ['czb-hz@2', 'a b', '2026-12-24', /no id/],
  ])('ending %s by %s on %s is refused', (ref, by, at, fault) => {
    const after = endChallenger(published(challenging).register, ref, { by, at });
    expect('fault' in after && after.fault).toMatch(fault);
  });
});

describe('entering a policy', () => {
  const { file, digest, owner, source } = waitingEntry;
  const entry = { file, digest, owner, source, role: 'champion', sharePpm: null } as const;

  it('is as a draft, and again until somebody has approved it', () => {
    const first = registerOf({ 'czb-hz@1': firstEntry });
    const once = enterPolicy(first, 'czb-hz@2', { ...entry, status: 'draft' });
    if ('fault' in once) throw new Error(once.fault);
    expect(once.register.policies['czb-hz@2']).toMatchObject({ testRun: null, approvals: [] });
    const twice = enterPolicy(once.register, 'czb-hz@2', { ...entry, status: 'validated' });
    if ('fault' in twice) throw new Error(twice.fault);
    const { register } = done(publish(twice.register, 'czb-hz@2', { ...li, run }));
    expect(enterPolicy(register, 'czb-hz@2', { ...entry, status: 'draft' })).toMatchObject({
      fault: expect.stringMatching(/has been approved as it was/),
    });
  });
});
