// Both lines together on a real database and Redis, against the outside world.
import type { ApplicationContent } from '@saidao/schemas';
import { blankUndone, eventually } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import {
  authorised,
  businessDate,
  claim,
  content,
  entryOf,
  patentA,
  patentB,
  patentC,
  yuan,
} from './applications.fixture.ts';
import { newApplicationId, openService, type Service } from './service.fixture.ts';

const lenderId = 'exim-zj';

async function receive(
  service: Service,
  applicationId: string,
  change: Partial<ApplicationContent> = {},
  revision = 1,
): Promise<void> {
  await service.append(revision === 1 ? 'ApplicationReceived' : 'ApplicationAmended', {
    applicationId,
    revision,
    lenderId,
    channel: 'portal',
    reference: applicationId,
    businessDate,
    submittedBy: null,
    content: content(change),
  });
}

async function enterAll(service: Service): Promise<void> {
  for (const number of [patentA, patentB, patentC]) await service.world.enter(entryOf(number));
}

it('verifies, locks, registers and releases, with one live pledge for each patent', async () => {
  const service = await openService();
  await enterAll(service);
  const applicationId = newApplicationId();
  await receive(service, applicationId);

  const verified = await service.said('PatentsVerified', applicationId);
  expect(verified.bundle).toMatchObject({
    usable: [patentA, patentB, patentC],
    internalValue: yuan('364549545.81'),
    lendingValue: yuan('364549545.81'),
  });
  const all = [patentA, patentB, patentC];
  expect((await service.said('PledgeLocked', applicationId)).patents).toEqual(all);
  expect((await service.livePledges()).map((row) => row.application_id)).toEqual(
    all.map(() => applicationId),
  );

  // Another application offers one of them meanwhile.
  const rival = newApplicationId();
  await receive(service, rival, { patents: [claim(patentA)] });
  expect(await service.said('PledgeRefused', rival)).toMatchObject({
    stage: 'LOCK',
    refused: [{ number: patentA, ground: 'PL09', reason: 'kept for another application' }],
  });

  const authorisation = authorised({ applicationId }, { pledgedPatents: all });
  await service.append('DisbursementAuthorised', authorisation);
  const registered = await service.said('PledgeRegistered', applicationId);
  expect(registered).toMatchObject({ authorisationId: 'authorisation-1', patents: all });
  expect((await service.livePledges()).map((row) => row.registration_number)).toEqual(
    all.map(() => registered.registrationNumber),
  );

  const { approvalId } = authorisation;
  await service.append('ApprovalUndone', {
    applicationId,
    revision: 1,
    lenderId,
    approvalId,
    cause: 'the ledger cancelled',
    ...blankUndone,
  });
  expect(await service.said('PledgeReleased', applicationId)).toMatchObject({
    patents: all,
    cause: 'ApprovalUndone',
  });
  expect(await service.livePledges()).toEqual([]);
  expect(await service.pastPledges()).toMatchObject(
    all.map(() => ({
      application_id: applicationId,
      registration_number: registered.registrationNumber,
      cause: 'ApprovalUndone',
    })),
  );
  const response = await fetch(`${service.world.url}/register/patents/${patentA}`);
  expect(await response.json()).toMatchObject({ pledged: false });

  // Free again: the rival's amended application gets it.
  await receive(service, rival, { patents: [claim(patentA)] }, 2);
  expect(await service.said('PledgeLocked', rival)).toMatchObject({
    revision: 2,
    patents: [patentA],
  });
});

it('gives each patent to one of many applications that want it at once', async () => {
  const service = await openService();
  await enterAll(service);
  const rivals = Array.from({ length: 12 }, newApplicationId);
  await Promise.all(rivals.map((applicationId) => receive(service, applicationId)));
  const outcomes = await Promise.all(
    rivals.map((applicationId) =>
      eventually('its pledge is locked or refused', async () =>
        (await service.saidOf(applicationId)).find(({ type }) => type.startsWith('Pledge')),
      ),
    ),
  );
  const locked = outcomes.flatMap((outcome) =>
    outcome.type === 'PledgeLocked' ? outcome.data.patents : [],
  );
  expect(locked.sort()).toEqual([patentA, patentB, patentC].sort());
  expect(await service.livePledges()).toHaveLength(3);
});

describe('a register that does not answer', () => {
  it('finds the one patent unknown that stays silent, after 6 s, and holds nobody else up', async () => {
    const service = await openService();
    await enterAll(service);
    const silence = { provider: 'register', mode: 'silent' } as const;
    await service.world.behave({ ...silence, subject: patentA, forMs: 5_000 });
    await service.world.behave({ ...silence, subject: patentC });
    const startedMs = performance.now();
    const applicationId = newApplicationId();
    await receive(service, applicationId, {
      patents: [claim(patentA, '1'), claim(patentC, '1')],
    });
    const other = newApplicationId();
    await receive(service, other, { patents: [claim(patentB)], productId: 'NEW_QUALITY' });
    await service.said('PatentsVerified', other, { deadlineMs: 4_000 });
    expect(await service.saidOf(applicationId)).toEqual([]);

    const { bundle } = await service.said('PatentsVerified', applicationId);
    expect(performance.now() - startedMs).toBeGreaterThan(6_000);
    expect(bundle.usable).toEqual([patentA]);
    expect(bundle.findings[1]).toMatchObject({ number: patentC, usable: false });
    expect(bundle.findings[1]?.evidence[0]?.attempts).toBeGreaterThanOrEqual(3);
    const unknown = bundle.findings[1]?.grounds.filter(({ result }) => result === 'UNKNOWN');
    expect(unknown?.map(({ code }) => code)).toContain('PL09');
    expect((await service.said('PledgeLocked', applicationId)).patents).toEqual([patentA]);
  });

  it('decides nothing while it answers nobody, and goes on when it is back', async () => {
    const service = await openService({ REGISTER_DEADLINE_MS: '100ms' });
    await enterAll(service);
    await service.world.behave({ provider: 'register', mode: 'failing', forMs: 7_000 });
    const applicationId = newApplicationId();
    await receive(service, applicationId);
    const { bundle } = await service.said('PatentsVerified', applicationId);
    expect(bundle.usable).toHaveLength(3);
    expect(bundle.findings[0]?.evidence[0]?.attempts).toBeGreaterThanOrEqual(3);
  });
});

it('asks the guarantor, and says what it said before the patents', async () => {
  const service = await openService();
  const institution = '浙江示例融资担保有限公司';
  await service.world.institution(institution, true);
  const applicationId = newApplicationId();
  await receive(service, applicationId, {
    productId: 'INNOVATION',
    patents: [],
    guarantee: { institution, sharePpm: 700_000 },
  });
  await service.said('PatentsVerified', applicationId);
  const said = await service.saidOf(applicationId);
  expect(said.map(({ type }) => type)).toEqual(['EnterpriseChecked', 'PatentsVerified']);
  expect(said[0]?.data).toMatchObject({
    guarantee: { institution, result: 'CLEAR', reference: 'G00000001' },
  });
});

it('works without Redis, only without its answers', async () => {
  const service = await openService({ REDIS_URL: 'redis://127.0.0.1:1' });
  await enterAll(service);
  const applicationId = newApplicationId();
  await receive(service, applicationId);
  const { bundle } = await service.said('PatentsVerified', applicationId);
  expect(bundle.usable).toHaveLength(3);
  const cached = bundle.findings.flatMap(({ evidence }) => evidence.filter((one) => one.fromCache));
  expect(cached).toEqual([]);
});

it('registers a pledge whose filing was answered with an error, once', async () => {
  const service = await openService();
  await enterAll(service);
  const applicationId = newApplicationId();
  await receive(service, applicationId);
  await service.said('PledgeLocked', applicationId);
  await service.world.behave({ provider: 'pledge-office', mode: 'paid-then-500', times: 1 });
  await service.append('DisbursementAuthorised', authorised({ applicationId }));
  const registered = await service.said('PledgeRegistered', applicationId);
  expect(registered.registrationNumber).toMatch(/000001$/);
});

it('runs the lines that it is told to, and refuses one that it has not', async () => {
  const service = await openService({ LINES: 'verify' });
  expect(service.worker.lines).toHaveLength(1);
  await enterAll(service);
  const applicationId = newApplicationId();
  await receive(service, applicationId);
  await service.said('PatentsVerified', applicationId);
  await expect(openService({ LINES: 'verify,scoring' })).rejects.toThrow(
    'LINES names scoring: this service has verify, pledge',
  );
});
