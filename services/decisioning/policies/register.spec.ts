// The register of policies: its faults as sentences, and one champion of a lender on any day.
import { describe, expect, it } from 'vitest';
import { readRegister } from '../adapters/policy-files.ts';
import {
  challengerEntry,
  firstEntry,
  inForce,
  registerOf,
  runOf,
  waitingEntry,
} from './register.fixture.ts';
import { faultsOfPolicyRegister, type PolicyEntry } from './register.ts';

const faultsOf = (policies: Readonly<Record<string, PolicyEntry>>) =>
  faultsOfPolicyRegister(registerOf(policies));

const ended = inForce(firstEntry, '2026-01-01', '2026-05-31');
const challenger = inForce(challengerEntry, '2026-06-01');

describe('the register of policies', () => {
  it('of this release has no fault', () => {
    expect(faultsOfPolicyRegister(readRegister())).toEqual([]);
  });

  it.each<[string, Record<string, PolicyEntry>]>([
    ['a first version alone', { 'czb-hz@1': firstEntry }],
    ['one that waits', { 'czb-hz@1': firstEntry, 'czb-hz@2': waitingEntry }],
    ['one after another', { 'czb-hz@1': ended, 'czb-hz@2': inForce(waitingEntry, '2026-06-01') }],
    ['two lenders', { 'czb-hz@1': firstEntry, 'boc-zj@1': firstEntry }],
    ['a challenger', { 'czb-hz@1': firstEntry, 'czb-hz@2': challenger }],
    ['a lender that only drafts', { 'new-bank@1': { ...waitingEntry, status: 'draft' } }],
  ])('with %s is whole', (_what, policies) => {
    expect(faultsOf(policies)).toEqual([]);
  });

  it.each<[string, Record<string, PolicyEntry>, RegExp]>([
    [
      'two champions of a lender',
      { 'czb-hz@1': firstEntry, 'czb-hz@2': inForce(waitingEntry, '2026-06-01') },
      /czb-hz: czb-hz@1 and czb-hz@2 are both champion on 2026-06-01/,
    ],
    [
      'days without one',
      { 'czb-hz@1': ended, 'czb-hz@2': inForce(waitingEntry, '2026-06-03') },
      /czb-hz: nobody is champion from 2026-06-01/,
    ],
    ['a challenger alone', { 'czb-hz@2': challenger }, /czb-hz: nobody is or was champion/],
    [
      'two challengers at once',
      {
        'czb-hz@1': firstEntry,
        'czb-hz@2': challenger,
        'czb-hz@3': inForce(challengerEntry, '2026-07-01'),
      },
      /czb-hz@2 and czb-hz@3 are both challenger on 2026-07-01/,
    ],
    [
      'a second version nobody tried',
      {
        'czb-hz@1': ended,
        'czb-hz@2': { ...inForce(waitingEntry, '2026-06-01'), testRun: null },
      },
      /czb-hz@2: it is in force without a test run/,
    ],
    [
      'a test run of other content',
      { 'czb-hz@1': { ...firstEntry, testRun: runOf('3'.repeat(64)) } },
      /czb-hz@1: its test run run-1 is of another content/,
    ],
    ['no reference', { 'czb-hz': firstEntry }, /czb-hz is no policy: write as czb-hz@2/],
    ['a path', { 'czb-hz@1': { ...firstEntry, file: '../x.json' } }, /no name of a file/],
    [
      'a challenger without a share',
      { 'czb-hz@1': firstEntry, 'czb-hz@2': { ...challenger, sharePpm: null } },
      /a challenger needs a share/,
    ],
    [
      'a challenger that takes all',
      { 'czb-hz@1': firstEntry, 'czb-hz@2': { ...challenger, sharePpm: 1_000_000 } },
      /a challenger needs a share/,
    ],
    [
      'a champion with a share',
      { 'czb-hz@1': { ...firstEntry, sharePpm: 500_000 } },
      /a champion has what is left/,
    ],
    [
      'one approval',
      { 'czb-hz@1': { ...firstEntry, approvals: firstEntry.approvals.slice(1) } },
      /active with 1 of 2 approvals/,
    ],
  ])('with %s is told so', (_what, policies, fault) => {
    expect(faultsOf(policies).join('; ')).toMatch(fault);
  });
});
