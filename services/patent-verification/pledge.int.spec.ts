// The pledge line in its service: confirmed and renewed, watched, and released when the loan is repaid.
import type { Evidence, PledgeContract } from '@saidao/schemas';
import { blankUndone, eventually, blankBooked } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import {
  authorised,
  businessDate,
  claim,
  content,
  entryOf,
  lenderId,
  patentA,
  patentB,
  patentC,
  yuan,
} from './applications.fixture.ts';
import { newApplicationId, openService, type Service } from './service.fixture.ts';

const all = [patentA, patentB, patentC];
const authorisationOf = (applicationId: string) => `${applicationId}/authorisation/1`;

async function lock(service: Service, contract?: PledgeContract): Promise<string> {
  for (const number of all) await service.world.enter(entryOf(number));
  const applicationId = newApplicationId();
  await service.append('ApplicationReceived', {
    applicationId,
    revision: 1,
    lenderId,
    channel: 'portal',
    reference: applicationId,
    businessDate,
    submittedBy: null,
    content: content(contract && { contract }),
  });
  await service.said('PledgeLocked', applicationId);
  return applicationId;
}

/** Locked, authorised and registered. */
async function pledge(service: Service, contract?: PledgeContract): Promise<string> {
  const applicationId = await lock(service, contract);
  const authorisationId = authorisationOf(applicationId);
  const data = authorised({ applicationId, authorisationId }, { pledgedPatents: all });
  await service.append('DisbursementAuthorised', data);
  await service.said('PledgeRegistered', applicationId);
  return applicationId;
}

const book = (service: Service, applicationId: string) =>
  service.append('LoanBooked', {
    applicationId,
    revision: 1,
    lenderId,
    loanId: `${applicationId}-L1`,
    authorisationId: authorisationOf(applicationId),
    principal: yuan('100000000'),
    ratePpm: 30_000,
    termMonths: 24,
    repayment: 'INTEREST_MONTHLY_PRINCIPAL_AT_END',
    bookedOn: businessDate,
    maturesOn: '2028-11-20',
    ...blankBooked,
  });

async function isPledged(service: Service): Promise<boolean[]> {
  return Promise.all(
    all.map(async (number) => {
      const response = await fetch(`${service.world.url}/register/patents/${number}`);
      return ((await response.json()) as { pledged: boolean }).pledged;
    }),
  );
}

/** Asked afresh, hashed, and kept where the evidence says. */
function expectKept(evidence: readonly Evidence[], calls: number): void {
  expect(evidence).toHaveLength(calls);
  for (const { answerHash, keptAt, fromCache } of evidence) {
    expect({ answerHash, keptAt, fromCache }).toEqual({
      answerHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      keptAt: expect.stringMatching(/^verify\.provider_calls\//),
      fromCache: false,
    });
  }
}

it('confirms a registration, and lets all go once the loan is repaid', async () => {
  const service = await openService();
  const applicationId = await pledge(service);
  const confirmed = await service.said('PledgeConfirmed', applicationId);
  expect(confirmed).toMatchObject({
    authorisationId: authorisationOf(applicationId),
    patents: all,
    registrationNumber: expect.stringMatching(/^Y/),
  });
  expect(confirmed.validUntil - confirmed.confirmedAt).toBe(86_400_000n);
  expect(confirmed.evidence).toHaveLength(2 * all.length);
  const locked = await service.said('PledgeLocked', applicationId);
  const registered = await service.said('PledgeRegistered', applicationId);
  expect(registered.contract).toBe(`template/${authorisationOf(applicationId)}`);
  expectKept(locked.evidence, all.length);
  expectKept(confirmed.evidence, 2 * all.length);
  // The office's own answer too.
  expectKept(registered.evidence, 1 + 2 * all.length);
  await book(service, applicationId);
  expect(await isPledged(service)).toEqual([true, true, true]);

  await service.append('LoanRepaid', {
    applicationId,
    revision: 1,
    lenderId,
    authorisationId: authorisationOf(applicationId),
    loanId: `${applicationId}-L1`,
    repaidOn: '2028-11-20',
  });
  expect(await service.said('PledgeReleased', applicationId)).toMatchObject({
    patents: all,
    cause: 'LoanRepaid',
  });
  expect(await isPledged(service)).toEqual([false, false, false]);
  expect(await service.livePledges()).toEqual([]);
  expect((await service.pastPledges()).map(({ cause }) => cause)).toEqual(
    all.map(() => 'LoanRepaid'),
  );
});

it('renews a confirmation until the loan is booked, and not afterwards', async () => {
  const service = await openService({ PLEDGE_CONFIRMED_MS: '2s', COLLATERAL_WATCH_MS: '1s' });
  const applicationId = await pledge(service);
  const first = await service.said('PledgeConfirmed', applicationId);
  const second = await service.said('PledgeConfirmed', applicationId, { nth: 2 });
  expect(second.validUntil).toBeGreaterThan(first.validUntil);
  expect(second.confirmedAt).toBeLessThan(first.validUntil);

  await book(service, applicationId);
  const looks = async () => {
    const { rows } = await service.tables.database.query<{ seen: bigint }>(
      `select count(*) as seen from verify.provider_calls
       where application_id = $1 and purpose = 'collateral-watch'`,
      [applicationId],
    );
    return Number(rows[0]?.seen);
  };
  await eventually('the booking was read', async () => {
    const { rows } = await service.tables.database.query<{ heads: Record<string, number> }>(
      'select heads from pledge.applications where application_id = $1',
      [applicationId],
    );
    return rows[0]?.heads['saidao.disbursements.v1'] === 1;
  });
  const confirmations = async () =>
    (await service.saidOf(applicationId)).filter(({ type }) => type === 'PledgeConfirmed').length;
  const [told, seen] = [await confirmations(), await looks()];
  // Three looks later, with two calls about each patent, it is still the same.
  await eventually('it is watched on', async () => (await looks()) >= seen + 18);
  expect(await confirmations()).toBe(told);
});

it('refuses what it has confirmed once that is over and the register no longer says', async () => {
  const service = await openService({ PLEDGE_CONFIRMED_MS: '2s', COLLATERAL_WATCH_MS: '1s' });
  const applicationId = await pledge(service);
  await service.said('PledgeConfirmed', applicationId);
  await service.world.enter(entryOf(patentB, { bars: null }));
  const refused = await service.said('PledgeRefused', applicationId);
  expect(refused).toMatchObject({
    authorisationId: authorisationOf(applicationId),
    stage: 'REGISTRATION',
    refused: [{ number: patentB, ground: 'PL12', reason: expect.stringMatching(/^UNKNOWN: /) }],
  });
  expectKept(refused.evidence, 2 * all.length);

  // It is taken back, and let go, when the approval is undone for that.
  expect((await isPledged(service))[0]).toBe(true);
  await service.append('ApprovalUndone', {
    applicationId,
    revision: 1,
    lenderId,
    approvalId: 'approval-1',
    cause: 'PLEDGE_REFUSED',
    ...blankUndone,
  });
  await service.said('PledgeReleased', applicationId);
  expect(await isPledged(service)).toEqual([false, false, false]);
  expect(await service.livePledges()).toEqual([]);
});

it('registers the contract that came with the application', async () => {
  const service = await openService();
  const items = ['PARTIES', 'DEBT', 'TERM', 'PATENTS', 'SCOPE'];
  const applicationId = await pledge(service, {
    reference: '合同2026-17',
    items,
    forfeiture: false,
  });
  const { contract } = await service.said('PledgeRegistered', applicationId);
  expect(contract).toBe('合同2026-17');
});

describe('a patent that changes', () => {
  const WATCHED = { COLLATERAL_WATCH_MS: '1s' };

  it('while it is kept is told once, and once when it is mended', async () => {
    const service = await openService(WATCHED);
    const applicationId = await lock(service);
    await service.world.enter(entryOf(patentB, { preserved: true }));
    expect(await service.said('CollateralChanged', applicationId)).toMatchObject({
      authorisationId: null,
      stage: 'LOCK',
      changes: [
        {
          number: patentB,
          ground: 'PL05',
          result: 'ADVERSE',
          evidence: [{ provider: 'patent-register' }],
        },
      ],
    });
    await service.world.enter(entryOf(patentB));
    expect(await service.said('CollateralChanged', applicationId, { nth: 2 })).toMatchObject({
      changes: [{ number: patentB, ground: 'PL05', result: 'CLEAR' }],
    });
  });

  it('once it is pledged is told with the authorisation, and so are late fees', async () => {
    const service = await openService(WATCHED);
    const applicationId = await pledge(service);
    const owners = [{ name: '杭州示例光电有限公司', uscc: '91330106MA2J1002XH' }];
    await service.world.enter(entryOf(patentA, { owners, pledged: true }));
    await service.world.enter(entryOf(patentC, { pledged: true }), 2);
    const changes = await eventually('both are told', async () => {
      const told = (await service.saidOf(applicationId)).flatMap((one) =>
        one.type === 'CollateralChanged' ? [one.data] : [],
      );
      const all_ = told.flatMap((data) => data.changes.map((change) => ({ ...data, ...change })));
      return all_.length >= 2 && all_;
    });
    for (const [number, ground] of [
      [patentA, 'PL01'],
      [patentC, 'PL04'],
    ]) {
      expect(changes).toContainEqual(
        expect.objectContaining({
          number,
          ground,
          result: 'ADVERSE',
          stage: 'REGISTRATION',
          authorisationId: authorisationOf(applicationId),
        }),
      );
    }
  });

  it('is not told of while the register is away', async () => {
    const service = await openService({ ...WATCHED, REGISTER_DEADLINE_MS: '100ms' });
    const applicationId = await lock(service);
    await service.world.behave({ provider: 'register', mode: 'failing', forMs: 3_000 });
    await service.world.enter(entryOf(patentA, { status: 'terminated-waiver' }));
    const told = await service.said('CollateralChanged', applicationId);
    expect(told.changes).toMatchObject([{ number: patentA, ground: 'PL02' }]);
  });
});

it('registers a co-owned patent on the consent that its co-owner signed', async () => {
  const service = await openService();
  const partner = { name: '杭州示例传感科技有限公司', uscc: '91330106MA2J1002XH' };
  const [applicant] = entryOf(patentA).owners;
  await service.world.enter(entryOf(patentA, { owners: [applicant!, partner] }));
  const applicationId = newApplicationId();
  const consent = {
    ground: 'PL08',
    patentNumber: patentA,
    statementId: 'statement-1',
    signedBy: partner.uscc,
    signedOn: businessDate,
    documentHash: 'a'.repeat(64),
  };
  await service.append('ApplicationReceived', {
    applicationId,
    revision: 1,
    lenderId,
    channel: 'portal',
    reference: applicationId,
    businessDate,
    submittedBy: null,
    content: content({ patents: [claim(patentA, '1000000')], declarations: [consent] }),
  });
  expect((await service.said('PledgeLocked', applicationId)).patents).toEqual([patentA]);
  const terms = { pledgedPatents: [patentA] };
  await service.append('DisbursementAuthorised', authorised({ applicationId }, terms));
  expect((await service.said('PledgeRegistered', applicationId)).patents).toEqual([patentA]);
});
