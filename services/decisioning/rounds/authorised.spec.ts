// What an authorisation tells the ledger beyond its terms: approval, age of the checks, guarantee.
import type { EnterpriseScored } from '@saidao/schemas';
import { event } from '@saidao/testkit';
import { expect, it } from 'vitest';
import { applicationId, caseNamed, received, scoredOf, start, yuan } from '../cases.fixture.ts';

const research = caseNamed('innovation-5m');
const clear = scoredOf(research).guarantee!;

function approvedOn(change: Partial<EnterpriseScored> = {}) {
  return start()
    .given(event('ApplicationReceived', received(research)))
    .given(event('EnterpriseScored', scoredOf(research, change)));
}

const accepted = event('OfferAccepted', {
  applicationId,
  revision: 1,
  lenderId: research.lender,
  acceptedAt: 2_000n,
  businessDate: '2026-11-20',
} as never);

const authorisedBy = (said: ReturnType<typeof approvedOn>) => said.when(accepted).events?.[0];

it('carries what was approved, until when the checks stand, and the guarantor’s word', () => {
  const authorised = authorisedBy(approvedOn({ validUntil: 90_000n }));
  expect(authorised).toMatchObject({
    type: 'DisbursementAuthorised',
    data: {
      approved: yuan(5_000_000),
      verifiedUntil: 90_000n,
      guaranteed: clear,
      inclusive: [],
    },
  });
});

it('says nothing of an end where the checks have none', () => {
  expect(authorisedBy(approvedOn())).toMatchObject({ data: { verifiedUntil: null } });
});

it('carries what was found when all was looked at anew, while the offer stood', () => {
  const anew = { round: 2, validUntil: 180_000n };
  const said = approvedOn({ validUntil: 90_000n }).given(
    event('EnterpriseScored', scoredOf(research, anew), { number: 2 }),
  );
  expect(authorisedBy(said)).toMatchObject({ data: { verifiedUntil: 180_000n } });
});

it('carries a guarantor’s later no, and its earlier yes where it could not be asked again', () => {
  for (const result of ['ADVERSE', 'UNKNOWN'] as const) {
    const guarantee = { ...clear, result };
    const said = approvedOn().given(
      event('EnterpriseScored', scoredOf(research, { round: 2, guarantee }), { number: 2 }),
    );
    const guaranteed = result === 'ADVERSE' ? guarantee : clear;
    expect(authorisedBy(said)).toMatchObject({ data: { guaranteed } });
  }
});

it('carries the bases of inclusive lending that the approval named', () => {
  const sensor = caseNamed('new-quality-8m');
  const said = start()
    .given(event('ApplicationReceived', received(sensor)))
    .given(event('EnterpriseScored', scoredOf(sensor)));
  const data = { ...accepted.data, lenderId: sensor.lender };
  expect(said.when({ ...accepted, data } as never).events?.[0]).toMatchObject({
    data: { inclusive: ['nfra_1000w', 'pbc_2000w', 's71_3000w'] },
  });
});
