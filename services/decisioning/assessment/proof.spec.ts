// A judgement is proved by its evidence alone, and each thing planted in it is told.
import { toJson } from '@saidao/values';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assessorOf } from '../cases.fixture.ts';
import { assess, type Assessment } from './assess.ts';
import { applications } from './counterfactual.fixture.ts';
import { counterfactualsOf } from './counterfactual.ts';
import type { Application } from './figures.ts';
import { faultsOfJudgement } from './proof.ts';

/** A judgement as it is kept: with what would have to change. */
function judged(application: Application): Assessment {
  const assessor = assessorOf(application.lenderId);
  const told = assess(assessor, application);
  const counterfactuals = counterfactualsOf(assessor, application, told);
  return { ...told, basis: { ...told.basis, counterfactuals } };
}

const faultsOf = (application: Application, told: Assessment) =>
  faultsOfJudgement(assessorOf(application.lenderId), toJson(application), toJson(told));

/** The first generated one of which this holds; the seed makes it the same every time. */
function found(wanted: (told: Assessment) => boolean) {
  for (const application of fc.sample(applications, { numRuns: 500, seed: 7 })) {
    const told = judged(application);
    if (wanted(told)) return { application, told };
  }
  throw new Error('None of the applications generated is so.');
}

const withBasis = (told: Assessment, change: Partial<Assessment['basis']>): Assessment => ({
  ...told,
  basis: { ...told.basis, ...change },
});

describe('the proof of a judgement', () => {
  it('finds nothing in what the rules say', () => {
    fc.assert(
      fc.property(applications, (application) => {
        expect(faultsOf(application, judged(application))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  const declined = found(({ outcome, basis }) => {
    return outcome === 'decline' && basis.counterfactuals.length > 0;
  });

  it('tells of a decline without a reason', () => {
    const told = { ...declined.told, reasons: [] } as unknown as Assessment;
    expect(faultsOf(declined.application, told)).toEqual(['decline without a reason']);
  });

  it('tells of a decline that data of natural persons stand behind', () => {
    const told = withBasis(declined.told, { naturalPersons: true });
    expect(faultsOf(declined.application, told)).toEqual([
      'data of natural persons stand against it, and no person decided',
    ]);
  });

  it('tells of a reason that stands on what nobody found, or on nothing', () => {
    const [reason] = declined.told.reasons;
    const withFacts = (facts: { name: string; value: string }[]) =>
      faultsOf(declined.application, {
        ...declined.told,
        reasons: [{ ...reason!, facts }],
      } as Assessment);
    expect(withFacts([{ name: 'mood', value: '"bad"' }])).toEqual([
      `reason ${reason?.code}: mood "bad" is no fact of the basis`,
    ]);
    expect(withFacts([])).toEqual([`reason ${reason?.code} stands on no fact`]);
  });

  it('tells of a fact that does not follow from the input', () => {
    const facts = [...declined.told.basis.facts, { name: 'mood', value: '"bad"' }];
    expect(faultsOf(declined.application, withBasis(declined.told, { facts }))).toEqual([
      'mood "bad" does not follow from the input',
    ]);
  });

  it('tells of a change that does not flip, or not to what it says', () => {
    const [first] = declined.told.basis.counterfactuals;
    const withChange = (change: object) =>
      faultsOf(
        declined.application,
        withBasis(declined.told, { counterfactuals: [{ ...first!, ...change }] }),
      );
    const { subject, from, to, outcome } = first!;
    expect(withChange({ to: from })).toEqual([
      `${subject} from ${from} to ${from} changes nothing`,
    ]);
    const other = outcome === 'APPROVED' ? 'REFERRED' : 'APPROVED';
    expect(withChange({ outcome: other })).toEqual([
      `${subject} from ${from} to ${to} makes it ${outcome}, not ${other}`,
    ]);
    const useless = { subject: 'enterprise.equityRaised', from: '"0.00"', to: '"1.00"' };
    expect(withChange(useless)).toEqual([
      'enterprise.equityRaised from "0.00" to "1.00" leaves it DECLINED',
    ]);
  });
});
