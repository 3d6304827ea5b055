// Specs of the ways in which a provider misbehaves.
import { describe, expect, it } from 'vitest';
import {
  confirmation,
  openWorld,
  owner,
  patentA,
  patentB,
  payout,
  registration,
  wholeSeed,
} from './test-world.ts';

describe('silent', () => {
  it('never answers and does nothing, until its time is over', async () => {
    let nowMs = 1_000_000;
    const world = await openWorld({ now: () => nowMs });
    await world.behave({ provider: 'rail', mode: 'silent', forMs: 5000 });
    const held = world.open('/rail/payouts', payout, payout.payoutId);
    await world.misbehaved(1);
    expect(await world.book()).toEqual({ payouts: [], totalFen: '0' });
    nowMs += 4999;
    const heldToo = world.open('/rail/payouts', payout, payout.payoutId);
    await world.misbehaved(2);
    expect((await world.book()).payouts).toEqual([]);
    nowMs += 1;
    expect((await world.pay()).status).toBe(200);
    expect([held.state.answered, heldToo.state.answered]).toEqual([false, false]);
    expect((await world.book()).payouts).toHaveLength(1);
  });

  it('holds for one patent while the register answers about another', async () => {
    const world = await openWorld();
    await world.seed(patentA);
    await world.seed(patentB);
    await world.behave({ provider: 'register', subject: patentA, mode: 'silent' });
    const held = world.open(`/register/patents/${patentA}`);
    await world.misbehaved(1);
    expect((await world.patent(patentB)).status).toBe(200);
    expect(held.state.answered).toBe(false);
    await world.behave({ provider: 'register', mode: 'normal' });
    expect((await world.patent(patentA)).status).toBe(200);
  });

  it('does not hold up the stop', async () => {
    const world = await openWorld();
    await world.behave({ provider: 'register', subject: patentA, mode: 'silent' });
    await world.behave({ provider: 'register', subject: patentB, mode: 'slow', delayMs: 600_000 });
    const address = await world.app.listen({ port: 0, host: '127.0.0.1' });
    const asked = [patentA, patentB].map((number) =>
      fetch(`${address}/register/patents/${number}`).then(
        () => 'answered',
        () => 'hung up on',
      ),
    );
    await world.misbehaved(2);
    const startedMs = performance.now();
    await world.app.close();
    expect(await Promise.all(asked)).toEqual(['hung up on', 'hung up on']);
    expect(performance.now() - startedMs).toBeLessThan(1000);
  });
});

describe('paid, and not said so', () => {
  it('moves money once though 50 ask and nobody is answered', async () => {
    const world = await openWorld();
    await world.behave({ provider: 'rail', mode: 'paid-then-silent' });
    const held = Array.from({ length: 50 }, () =>
      world.open('/rail/payouts', payout, payout.payoutId),
    );
    await world.misbehaved(50);
    expect((await world.book()).payouts).toHaveLength(1);
    // Asking is not paying: the rail tells what it did.
    const asked = await world.call('GET', `/rail/payouts/${payout.payoutId}`);
    expect(asked.body.status).toBe('paid');
    expect(held.filter(({ state }) => state.answered)).toEqual([]);
    for (const { leave } of held) leave();
    expect(await world.book()).toMatchObject({ totalFen: payout.amountFen });
  });

  it('moves money, answers 500, and tells the truth when asked again', async () => {
    const world = await openWorld();
    await world.behave({
      provider: 'rail',
      subject: payout.payee,
      mode: 'paid-then-500',
      times: 1,
    });
    expect(await world.pay()).toMatchObject({ status: 500, body: { error: 'told-to-fail' } });
    const again = await world.pay();
    expect(again).toMatchObject({ status: 200, body: { status: 'paid' } });
    expect((await world.book()).totalFen).toBe(payout.amountFen);
  });

  it('files a registration and loses the answer', async () => {
    const world = await openWorld();
    await world.seed(patentA);
    await world.behave({ provider: 'pledge-office', mode: 'paid-then-500' });
    expect((await world.file()).status).toBe(500);
    await expect.poll(async () => (await world.patent(patentA)).body.pledged).toBe(true);
    await world.behave({ provider: 'pledge-office', mode: 'normal' });
    expect((await world.file()).body.status).toBe('registered');
  });
});

describe('failing, garbage, slow', () => {
  it('fails as many times as it was told to', async () => {
    const world = await openWorld();
    await world.seed(patentA);
    await world.behave({ provider: 'register', mode: 'failing', times: 2 });
    const statuses = [];
    for (let asked = 0; asked < 3; asked += 1) statuses.push((await world.patent(patentA)).status);
    expect(statuses).toEqual([503, 503, 200]);
  });

  it('answers what is no JSON', async () => {
    const world = await openWorld();
    await world.behave({ provider: 'register', mode: 'garbage' });
    const { status, text, body } = await world.patent(patentA);
    expect({ status, body }).toEqual({ status: 200, body: undefined });
    expect(text).not.toBe('');
  });

  it('waits, then acts, even when the caller has left', async () => {
    const world = await openWorld();
    await world.behave({ provider: 'rail', mode: 'slow', delayMs: 50, times: 1 });
    const held = world.open('/rail/payouts', payout, payout.payoutId);
    await world.misbehaved(1);
    expect((await world.book()).payouts).toEqual([]);
    held.leave();
    await expect.poll(async () => (await world.book()).payouts.length).toBe(1);
    expect((await world.pay()).status).toBe(200);
    expect((await world.book()).payouts).toHaveLength(1);
  });
});

describe('a key that is taken', () => {
  it('is answered as one of another payout, and nothing is moved until that is over', async () => {
    const world = await openWorld();
    await world.behave({ provider: 'rail', subject: payout.payee, mode: 'key-taken', times: 2 });
    for (let asked = 0; asked < 2; asked += 1) {
      expect(await world.pay()).toMatchObject({ status: 409, body: { error: 'key-reused' } });
    }
    expect((await world.book()).payouts).toEqual([]);
    expect(await world.pay()).toMatchObject({ status: 200, body: { status: 'paid' } });
  });
});

describe('rejecting', () => {
  it('rejects a payout for good', async () => {
    const world = await openWorld();
    await world.behave({ provider: 'rail', subject: payout.payee, mode: 'rejecting', times: 1 });
    const rejected = { status: 'rejected', cause: 'the rail was told to reject' };
    expect(await world.pay()).toMatchObject({ status: 422, body: rejected });
    expect(await world.pay()).toMatchObject({ status: 422, body: rejected });
    expect(await world.call('GET', `/rail/payouts/${payout.payoutId}`)).toMatchObject({
      status: 200,
      body: rejected,
    });
    expect((await world.book()).payouts).toEqual([]);
  });

  it('refuses a registration when it comes to decide it', async () => {
    const world = await openWorld();
    await world.seed(patentA);
    await world.behave({ provider: 'pledge-office', subject: patentA, mode: 'rejecting' });
    const { registrationId } = (await world.file(registration)).body;
    await expect
      .poll(() => world.call('GET', `/pledge-office/registrations/${registrationId}`))
      .toMatchObject({ body: { status: 'refused', cause: expect.stringContaining('PL12') } });
    expect((await world.patent(patentA)).body.pledged).toBe(false);
  });

  it('does not confirm a guarantee', async () => {
    const world = await openWorld();
    const institution = encodeURIComponent(confirmation.institution);
    await world.call('PUT', `/control/guarantor/institutions/${institution}`, { confirms: true });
    await world.behave({ provider: 'guarantor', mode: 'rejecting' });
    const answer = await world.call('POST', '/guarantor/confirmations', confirmation, 'ask-1');
    expect(answer).toMatchObject({ status: 200, body: { confirmed: false } });
  });

  it('is nothing that the register could do', async () => {
    const world = await openWorld();
    for (const mode of ['rejecting', 'paid-then-silent', 'paid-then-500'] as const) {
      expect(await world.behave({ provider: 'register', mode })).toMatchObject({
        status: 400,
        body: { error: 'mode-unknown-here' },
      });
    }
    expect((await world.behave({ provider: 'rail', mode: 'odd' as never })).status).toBe(400);
    expect((await world.behave({ provider: 'bank' as never, mode: 'slow' })).status).toBe(400);
  });
});

it('lets one subject behave while its whole provider does not', async () => {
  const world = await openWorld();
  await world.seed(patentA);
  await world.behave({ provider: 'register', mode: 'failing' });
  await world.behave({ provider: 'register', subject: patentA, mode: 'normal' });
  expect((await world.patent(patentA)).status).toBe(200);
  expect((await world.patent(patentB)).status).toBe(503);
});

describe('an account', () => {
  const url = `/register/patents/${patentA}`;

  it('is blocked, while that of another lender is answered', async () => {
    const world = await openWorld();
    await world.seed(patentA);
    await world.behave({ provider: 'register', subject: 'account/exim-zj', mode: 'blocked' });
    expect(await world.askAs('exim-zj', url)).toMatchObject({
      status: 403,
      body: { error: 'account-blocked' },
    });
    expect((await world.askAs('boc-zj', url)).status).toBe(200);
    expect((await world.patent(patentA)).status).toBe(200);
    await world.behave({ provider: 'register', subject: 'account/exim-zj', mode: 'normal' });
    expect((await world.askAs('exim-zj', url)).status).toBe(200);
  });

  it('counts less than the subject, and more than the provider', async () => {
    const world = await openWorld();
    await world.seed(patentA);
    await world.behave({ provider: 'register', mode: 'failing' });
    await world.behave({ provider: 'register', subject: 'account/exim-zj', mode: 'blocked' });
    await world.behave({ provider: 'register', subject: patentB, mode: 'garbage' });
    const statuses = [
      (await world.askAs('boc-zj', url)).status,
      (await world.askAs('exim-zj', url)).status,
      (await world.askAs('exim-zj', `/register/patents/${patentB}`)).status,
    ];
    expect(statuses).toEqual([503, 403, 200]);
  });
});

describe('every provider that is asked', () => {
  const asked = [
    ['register', `/register/patents/${patentA}`, patentA],
    ['annuity', `/annuities/${patentA}`, patentA],
    ['valuation', `/valuation/appraisals/${patentA}`, patentA],
    ['enterprise-registry', `/enterprise-registry/enterprises/${owner.uscc}`, owner.uscc],
    ['watchlists', `/watchlists/enterprises/${owner.uscc}`, owner.uscc],
    ['credit-bureau', '/credit-bureau/reports', owner.uscc],
  ] as const;

  it.each(asked)('misbehaves in each way: %s', async (provider, url, subject) => {
    const world = await openWorld();
    await world.call('POST', '/control/seed', wholeSeed);
    const report = { uscc: owner.uscc, consentId: 'consent-1', purpose: 'loan' };
    const ask = () =>
      provider === 'credit-bureau' ? world.call('POST', url, report) : world.call('GET', url);
    expect((await ask()).status).toBe(200);
    for (const [mode, status] of [
      ['failing', 503],
      ['garbage', 200],
      ['blocked', 403],
      ['slow', 200],
    ] as const) {
      await world.behave({ provider, subject, mode, delayMs: 1, times: 1 });
      const { status: is, body } = await ask();
      expect(is, mode).toBe(status);
      expect(body === undefined, mode).toBe(mode === 'garbage');
    }
    await world.behave({ provider, subject, mode: 'silent' });
    const held = world.open(url, provider === 'credit-bureau' ? report : undefined);
    await world.misbehaved(5);
    expect(held.state.answered).toBe(false);
    const refused = await world.behave({ provider, mode: 'rejecting' });
    expect(refused.body.error).toBe('mode-unknown-here');
  });
});
