// Whom the verify line asks, on a real database and Redis: what is written down, and who fails whom.
import { hash } from 'node:crypto';
import { eventually } from '@saidao/testkit';
import { expect, it } from 'vitest';
import { businessDate, claim, content, entryOf, patentA, patentB } from './applications.fixture.ts';
import { newApplicationId, openService, type Service } from './service.fixture.ts';

const lenderId = 'exim-zj';
const consent = { purpose: 'CREDIT_BUREAU' as const, id: 'consent-1', signedOn: '2026-11-18' };

async function receive(service: Service, applicationId: string, lender = lenderId): Promise<void> {
  await service.append('ApplicationReceived', {
    applicationId,
    revision: 1,
    lenderId: lender,
    channel: 'portal',
    reference: applicationId,
    businessDate,
    submittedBy: null,
    content: content({
      patents: [claim(patentA, '1'), claim(patentB, '1')],
      consents: [consent],
    }),
  });
}

async function callsOf(service: Service, applicationId: string) {
  const { rows } = await service.tables.database.query<{
    place: string;
    provider: string;
    subject: string;
    purpose: string;
    consent_id: string | null;
    outcome: string;
    answer: string;
    answer_hash: string;
  }>(
    `select 'verify.provider_calls/' || id as place, provider, subject, purpose, consent_id, outcome,
       answer, answer_hash
     from verify.provider_calls where application_id = $1 order by provider, subject`,
    [applicationId],
  );
  return rows;
}

/** Every evidence in an event, wherever it stands. */
function evidencesIn(value: unknown): { keptAt: string | null; answerHash: string | null }[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('keptAt' in value && 'answerHash' in value) return [value as never];
  return Object.values(value).flatMap(evidencesIn);
}

async function open(environment: Readonly<Record<string, string>> = {}): Promise<Service> {
  const service = await openService(environment);
  for (const number of [patentA, patentB]) await service.world.enter(entryOf(number));
  return service;
}

it('writes down each call, and all evidence names a row with that very answer', async () => {
  const service = await open();
  const applicationId = newApplicationId();
  await receive(service, applicationId);
  await service.said('PatentsVerified', applicationId);
  const calls = (await callsOf(service, applicationId)).filter(
    ({ purpose }) => purpose === 'verification',
  );
  expect(calls.map(({ provider, subject }) => `${provider} ${subject}`)).toEqual([
    `annuity ${patentA}`,
    `annuity ${patentB}`,
    `credit-bureau ${content().enterprise.uscc}`,
    `enterprise-registry ${content().enterprise.uscc}`,
    `patent-register ${patentA}`,
    `patent-register ${patentB}`,
    `valuation ${patentA}`,
    `valuation ${patentB}`,
    `watchlists ${content().enterprise.uscc}`,
  ]);
  const consents = calls.filter(({ consent_id: id }) => id !== null);
  expect(consents).toMatchObject([{ provider: 'credit-bureau', consent_id: 'consent-1' }]);

  const rows = new Map(calls.map((row) => [row.place, row]));
  const said = (await service.saidOf(applicationId)).filter(({ type }) => !/^Pledge/.test(type));
  const evidences = evidencesIn(said);
  expect(evidences.length).toBeGreaterThanOrEqual(9);
  for (const { keptAt, answerHash } of evidences) {
    const row = rows.get(keptAt ?? '');
    expect(row).toMatchObject({ outcome: 'answered', answer_hash: answerHash });
    expect(hash('sha256', row?.answer ?? '', 'hex')).toBe(answerHash);
  }
});

it('makes no call, and no row, for what it has in the cache', async () => {
  const service = await open();
  const first = newApplicationId();
  await receive(service, first);
  await service.said('PatentsVerified', first);
  const second = newApplicationId();
  await receive(service, second);
  const { bundle } = await service.said('PatentsVerified', second);
  const calls = (await callsOf(service, second)).filter(
    ({ purpose, provider }) => purpose === 'verification' && provider === 'patent-register',
  );
  expect(calls).toEqual([]);
  const places = new Set((await callsOf(service, first)).map(({ place }) => place));
  const kept = evidencesIn(bundle.findings.map(({ evidence }) => evidence));
  expect(kept.length).toBeGreaterThan(0);
  for (const { keptAt } of kept) expect(places).toContain(keptAt);
});

it('goes on for one lender while the accounts of another are blocked', async () => {
  const service = await open();
  const asked = ['register', 'annuity', 'enterprise-registry', 'watchlists'] as const;
  for (const provider of asked) {
    await service.world.behave({ provider, subject: 'account/czb-hz', mode: 'blocked' });
  }
  const blocked = Array.from({ length: 15 }, newApplicationId);
  await Promise.all(blocked.map((applicationId) => receive(service, applicationId, 'czb-hz')));
  await eventually('the blocked lender was refused', async () => {
    const { rows } = await service.tables.database.query(
      `select 1 from verify.provider_calls where lender_id = 'czb-hz' and outcome = 'error'`,
    );
    return rows.length >= 20;
  });
  const applicationId = newApplicationId();
  await receive(service, applicationId);
  const { bundle } = await service.said('PatentsVerified', applicationId, { deadlineMs: 5_000 });
  expect(bundle.usable).toEqual([patentA, patentB]);
  expect(await service.saidOf(blocked[0]!)).toEqual([]);

  for (const provider of asked) await service.world.behave({ provider, mode: 'normal' });
  const mended = await Promise.all(blocked.map((one) => service.said('PatentsVerified', one)));
  expect(mended.map((one) => one.bundle.usable)).toEqual(blocked.map(() => [patentA, patentB]));
});
