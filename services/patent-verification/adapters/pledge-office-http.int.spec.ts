// The pledge office over HTTP, against the outside world: filed once, registered, taken back.
import { callLogMemory } from '@saidao/testkit/facts';
import type { Question } from '@saidao/worker';
import { eventually } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import type { Filing } from '../pledge/state.ts';
import { openOutsideWorld } from './outside-world.fixture.ts';
import { pledgeOfficeHttp } from './pledge-office-http.ts';
import { grantedEntry } from './facts.fixture.ts';

const filing: Filing = {
  authorisationId: 'authorisation-1',
  applicationId: 'application-1',
  lenderId: 'exim-zj',
  pledgor: grantedEntry.owners[0]!,
  patents: [grantedEntry.number],
  debtFen: 10_000_000_000n,
  contract: 'template/authorisation-1',
  waived: [],
};
const question: Question = {
  lenderId: 'exim-zj',
  applicationId: 'application-1',
  purpose: 'pledge-registration',
  consentId: null,
  signal: new AbortController().signal,
};

async function open(options: { readonly pledgeOfficeMs?: number } = {}) {
  const world = await openOutsideWorld(options);
  await world.enter(grantedEntry);
  const provider = world.provider('pledge-office');
  const log = callLogMemory();
  const office = pledgeOfficeHttp({ provider, log, url: `${world.url}/pledge-office` });

  async function fileOne(which: Filing = filing): Promise<string> {
    const reply = await office.file(which, question);
    if (reply.kind !== 'answered' || !('registrationId' in reply.value)) {
      throw new Error(`not filed: ${JSON.stringify(reply.kind)}`);
    }
    return reply.value.registrationId;
  }
  const stateOf = async (registrationId: string) => {
    const reply = await office.registration(registrationId, question);
    return reply.kind === 'answered' ? reply.value : undefined;
  };
  const settled = (registrationId: string) =>
    eventually('the office has decided', async () => {
      const says = await stateOf(registrationId);
      return says?.status === 'pending' ? undefined : says;
    });
  const isPledged = async () => {
    const response = await fetch(`${world.url}/register/patents/${grantedEntry.number}`);
    return ((await response.json()) as { pledged: boolean }).pledged;
  };
  return { world, office, log, fileOne, stateOf, settled, isPledged };
}

describe('pledge office', () => {
  it('takes a filing, registers it, and the register calls the patent pledged', async () => {
    const { office, fileOne, settled, isPledged } = await open();
    const registrationId = await fileOne();
    expect(await settled(registrationId)).toEqual({
      status: 'registered',
      registrationId,
      registrationNumber: expect.stringMatching(/^Y\d{4}33000001$/),
      registeredAtMs: expect.any(Number),
    });
    expect(await isPledged()).toBe(true);
    expect(await office.file(filing, question)).toMatchObject({
      value: { status: 'registered', registrationId },
    });
  });

  it('finds a filing again by its key, however often it was filed', async () => {
    const { fileOne } = await open({ pledgeOfficeMs: 2_000 });
    const ids = await Promise.all(Array.from({ length: 5 }, () => fileOne()));
    expect(new Set(ids).size).toBe(1);
  });

  // What fails at once is tried a second time by the provider's own rule.
  it.each([
    ['paid-then-500', 2],
    ['paid-then-silent', 1],
  ] as const)('finds a filing whose answer was lost (%s, %i times)', async (mode, times) => {
    const { world, office, fileOne, settled } = await open();
    await world.behave({ provider: 'pledge-office', mode, times });
    expect(await office.file(filing, question)).toMatchObject({ kind: 'failed' });
    expect(await settled(await fileOne())).toMatchObject({ status: 'registered' });
  });

  it('is asked with the lender’s own account, and every call is written down', async () => {
    const { world, office, log, fileOne } = await open({ pledgeOfficeMs: 2_000 });
    await world.behave({ provider: 'pledge-office', subject: 'account/other', mode: 'blocked' });
    const registrationId = await fileOne();
    expect([...log.calls.values()]).toMatchObject([
      {
        provider: 'pledge-office',
        subject: 'authorisation-1',
        applicationId: 'application-1',
        purpose: 'pledge-registration',
        outcome: 'answered',
      },
    ]);
    const other = { ...question, lenderId: 'other' };
    expect(await office.registration(registrationId, other)).toMatchObject({ kind: 'failed' });
    expect(await office.registration(registrationId, question)).toMatchObject({
      evidence: { keptAt: 'memory.provider_calls/3' },
    });
  });

  it('says why it refuses', async () => {
    const { world, fileOne, settled } = await open();
    await world.enter({ ...grantedEntry, pledged: true });
    expect(await settled(await fileOne())).toEqual({
      status: 'refused',
      cause: `PL09 ${grantedEntry.number} is already pledged`,
    });
  });

  it('is told at once of a filing that is never taken', async () => {
    const { office, fileOne } = await open();
    expect(await office.file({ ...filing, debtFen: 0n }, question)).toMatchObject({
      kind: 'answered',
      value: { status: 'refused' },
    });
    await fileOne();
    for (const other of [{ debtFen: 1n }, { contract: 'another' }]) {
      expect(await office.file({ ...filing, ...other }, question)).toMatchObject({
        kind: 'answered',
        value: { status: 'refused', cause: expect.stringContaining('authorisation-1') },
      });
    }
  });

  it('takes back what is registered, what is pending, and what is not there', async () => {
    const { office, fileOne, settled, isPledged, stateOf } = await open();
    const registrationId = await fileOne();
    await settled(registrationId);
    for (const _ of ['once', 'twice']) {
      expect(await office.withdraw(registrationId, question)).toMatchObject({
        kind: 'answered',
        value: 'withdrawn',
      });
    }
    expect(await isPledged()).toBe(false);
    expect(await stateOf(registrationId)).toEqual({ status: 'released' });
    expect(await office.withdraw('nobody-knows', question)).toMatchObject({ kind: 'answered' });
    expect(await stateOf('nobody-knows')).toEqual({ status: 'missing' });
  });

  it.each(['silent', 'failing', 'garbage'] as const)('fails when it is %s', async (mode) => {
    const { world, office } = await open();
    await world.behave({ provider: 'pledge-office', mode });
    const replies = await Promise.all([
      office.file(filing, question),
      office.registration('any', question),
      office.withdraw('any', question),
    ]);
    for (const reply of replies) {
      expect(reply).toMatchObject({ kind: 'failed', provider: 'pledge-office' });
    }
  });

  it('does not take it as taken back when the office refuses to', async () => {
    const { world, office, fileOne } = await open();
    const registrationId = await fileOne();
    await world.behave({ provider: 'pledge-office', mode: 'rejecting' });
    expect(await office.withdraw(registrationId, question)).toMatchObject({ kind: 'failed' });
  });
});
