// `saidao verify` without a system: how what was found reads, and what is refused.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runCommand } from '../command.fixture.ts';
import { register, verdictLines, type Verdict } from './verify.ts';

const sound: Verdict = {
  findings: [],
  underWay: [],
  waiting: ['a'],
  unread: [],
  counts: {
    ...{ events: 900, repeats: 3, doorRepeats: 0, applications: 30, decided: 25, withdrawn: 2 },
    ...{ superseded: 1, authorisations: 12, unjudged: 0, payouts: 20, entries: 72 },
  },
  repaired: 0,
  seconds: 2.04,
};
const counted =
  '30 applications with 900 events, 1 wait for officers; 12 authorisations, 20 payouts of the rail, ' +
  '72 entries; 3 records came again with the same bytes. Read in 2.0 s.';

it('tells that nothing is lost, with what that was said of', () => {
  expect(verdictLines(sound)).toEqual([counted, 'Nothing is lost, and nothing was done twice.']);
});

it('of nothing does not say that all is well', () => {
  const counts = { ...sound.counts, applications: 0 };
  expect(verdictLines({ ...sound, counts }).at(-1)).toBe('There is no application to check.');
});

it('says what was not read and not judged, and no more of it than that', () => {
  const counts = { ...sound.counts, payouts: 0, entries: 0, unjudged: 4 };
  expect(verdictLines({ ...sound, unread: ['books', 'rail'], counts })).toEqual([
    '30 applications with 900 events, 1 wait for officers; 12 authorisations; 3 records came ' +
      'again with the same bytes. Read in 2.0 s.',
    'The books were not read: the ledger has no tables in DATABASE_URL’s database.',
    'The rail was not read: set OUTSIDE_WORLD_URL.',
    '4 applications were not judged: retention has taken their beginning.',
    'Of what was read and judged nothing is lost, and nothing was done twice.',
  ]);
});

it('tells each finding with its place and what to do, and what is still under way', () => {
  const finding = {
    rule: 'payouts',
    place: 'payout x',
    says: 'was paid by the rail, and nobody authorised it',
    advice: 'hold the payouts',
    applicationId: null,
  } as const;
  const underWay = { applicationId: 'a', says: 'was never decided', because: 'verify: timer wake' };
  const verdict = { ...sound, findings: [finding], underWay: [underWay], repaired: 2 };
  expect(verdictLines(verdict)).toEqual([
    counted,
    '2 latest decisions were told again.',
    'under way: a was never decided (verify: timer wake)',
    'payouts: payout x was paid by the rail, and nobody authorised it; hold the payouts',
    '1 findings.',
  ]);
});

it('shows the first thousand of them', () => {
  const finding = {
    rule: 'heads',
    place: 'p',
    says: 's',
    advice: 'a',
    applicationId: null,
  } as const;
  const findings = Array.from({ length: 1_500 }, () => finding);
  const lines = verdictLines({ ...sound, findings });
  expect(lines).toHaveLength(1_003);
  expect(lines.slice(-2)).toEqual(['… and 500 more.', '1500 findings.']);
});

it.each([
  ['no system', {}, [], 'Nothing runs here'],
  ['no database', { KAFKA_BROKERS: 'localhost:1' }, [], 'set DATABASE_URL'],
  ['a grace that is no number', {}, ['--grace', 'soon'], '--grace takes whole seconds'],
])('says what is missing: %s', async (_, environment, args, says) => {
  const home = mkdtempSync(join(tmpdir(), 'saidao-verify-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const command = ['verify', ...args];
  await expect(
    runCommand(register, { SAIDAO_HOME: home, ...environment }, command),
  ).rejects.toThrow(says);
});
