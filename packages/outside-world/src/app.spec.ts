// Specs of every route of the outside world, behaving normally.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import {
  confirmation,
  grantedPatent,
  grantedRecord,
  openWorld,
  owner,
  patentA,
  patentB,
  payout,
  registration,
  temporaryFolder,
  type TestWorld,
} from './test-world.ts';

const settled = (world: TestWorld, registrationId: string) =>
  vi.waitFor(async () => {
    const { body } = await world.call('GET', `/pledge-office/registrations/${registrationId}`);
    expect(body.status).not.toBe('pending');
    return body;
  });

describe('register', () => {
  it('says what it was seeded with, and when it said so', async () => {
    const world = await openWorld({ now: () => Date.parse('2026-11-20T01:02:03Z') });
    const seeded = await world.seed(patentA);
    expect(seeded.status).toBe(200);
    const record = { number: patentA, ...grantedRecord, asOf: '2026-11-20T01:02:03.000Z' };
    expect(await world.patent(patentA)).toMatchObject({ status: 200, body: record });
    expect((await world.patent(patentA)).body).toEqual(record);
    expect(seeded.body).toEqual(record);
  });

  it('says all that it was told of a patent, and nothing of its annuity', async () => {
    const world = await openWorld();
    const told = {
      granted: '2019-02-12',
      status: 'in-invalidation',
      owners: [owner, { name: '张三', uscc: '' }],
      suspended: true,
      licences: [{ kind: 'exclusive', until: '2028-01-01' }],
      coOwnersConsent: true,
      sameDay: patentB,
      compensationDays: 90,
      ipc: ['E05B47/00'],
      claims: 9,
      citations: 4,
      familyCountries: 3,
      bars: null,
    } as const;
    await world.seed(patentA, told as never);
    const { asOf, ...body } = (await world.patent(patentA)).body;
    expect(asOf).toMatch(/Z$/);
    expect(body).toEqual({ number: patentA, ...grantedRecord, ...told });
  });

  it('takes its time over each answer where it was given any', async () => {
    const world = await openWorld({ registerDelayMs: 30 });
    await world.seed(patentA);
    const startedMs = performance.now();
    const asked = await Promise.all([patentA, patentB].map(world.patent));
    expect(asked.map(({ status }) => status)).toEqual([200, 404]);
    expect(performance.now() - startedMs).toBeGreaterThanOrEqual(29);
  });

  it('answers 404 about a patent it does not know', async () => {
    const world = await openWorld();
    expect(await world.patent(patentA)).toMatchObject({
      status: 404,
      body: { error: 'patent-unknown' },
    });
  });

  it.each([
    ['an unknown field', patentA, { colour: 'red' }],
    ['a status that no register has', patentA, { status: 'sold' }],
    ['a date that does not exist', patentA, { filed: '2026-02-30' }],
    ['a text where a truth value belongs', patentA, { pledged: 'false' }],
    ['nobody as owner', patentA, { owners: [] }],
    ['a number of no form', '12345', {}],
  ])('refuses a seed with %s', async (_, number, fault) => {
    const world = await openWorld();
    const refused = await world.seed(number, fault as object);
    expect(refused).toMatchObject({ status: 400, body: { error: 'FST_ERR_VALIDATION' } });
    expect((await world.patent(number)).status).toBe(404);
  });
});

describe('pledge office', () => {
  it('registers by its own clock, and the register then says pledged', async () => {
    const world = await openWorld();
    await world.seed(patentA);
    const filed = await world.file();
    expect(filed).toMatchObject({ status: 202, body: { status: 'pending' } });
    expect(await settled(world, filed.body.registrationId)).toEqual({
      registrationId: filed.body.registrationId,
      status: 'registered',
      registrationNumber: expect.stringMatching(/^Y\d{4}33000001$/),
      registeredAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect((await world.patent(patentA)).body.pledged).toBe(true);
    await world.seed(patentA);
    expect((await world.patent(patentA)).body.pledged).toBe(true);
  });

  it('files one registration for one key, and refuses another body under it', async () => {
    const world = await openWorld();
    await world.seed(patentA);
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.file()));
    expect(new Set(answers.map(({ body }) => body.registrationId)).size).toBe(1);
    expect(await world.file({ ...registration, debtFen: '1' })).toMatchObject({
      status: 409,
      body: { error: 'key-reused' },
    });
  });

  it.each([
    ['PL01', { owners: [{ ...owner, uscc: '91330106MA2J1002XH' }] }],
    ['PL02', { status: 'invalidated' }],
    ['PL02', { status: 'terminated-fee' }],
    ['PL03', { status: 'in-examination' }],
    ['PL03', { status: 'deemed-withdrawn' }],
    ['PL04', { annuityPaidThroughYear: 8 }],
    ['PL05', { preserved: true }],
    ['PL05', { suspended: true }],
    ['PL08', { owners: [owner, { ...owner, uscc: '91330106MA2J1002XH' }] }],
    ['PL09', { pledged: true }],
    ['PL12', { bars: ['a licence forbids it'] }],
  ] as const)('refuses on %s', async (ground, fault) => {
    const world = await openWorld();
    await world.seed(patentA);
    await world.seed(patentB, fault as object);
    const filed = await world.file({ ...registration, patents: [patentA, patentB] });
    const state = await settled(world, filed.body.registrationId);
    expect(state).toMatchObject({ status: 'refused', cause: expect.stringContaining(patentB) });
    expect(state.cause.slice(0, 4)).toBe(ground);
    expect((await world.patent(patentA)).body.pledged).toBe(false);
  });

  it.each([
    ['2026-11-27', 'registered'],
    ['2026-11-28', 'refused'],
  ])('on %s, six months after a fee was due, has it %s', async (businessDate, status) => {
    const world = await openWorld({ businessDate });
    await world.seed(patentA, { annuityPaidThroughYear: 10 });
    const filed = await world.file();
    expect((await settled(world, filed.body.registrationId)).status).toBe(status);
  });

  it('refuses a patent that is not in the register', async () => {
    const world = await openWorld();
    const filed = await world.file();
    expect(await settled(world, filed.body.registrationId)).toMatchObject({
      status: 'refused',
      cause: `PL12 ${patentA} is not in the register`,
    });
  });

  it('registers the first of two filings for one patent and refuses the second', async () => {
    const world = await openWorld();
    await world.seed(patentA);
    const first = await world.file(registration, 'filing-1');
    const second = await world.file({ ...registration, lenderId: 'boc-zj' }, 'filing-2');
    expect((await settled(world, first.body.registrationId)).status).toBe('registered');
    expect(await settled(world, second.body.registrationId)).toMatchObject({
      status: 'refused',
      cause: `PL09 ${patentA} is already pledged`,
    });
  });

  it('releases once and for all, and the patent is free for another', async () => {
    const world = await openWorld();
    await world.seed(patentA);
    const { registrationId } = (await world.file()).body;
    await settled(world, registrationId);
    const url = `/pledge-office/registrations/${registrationId}`;
    for (const _ of ['once', 'twice']) {
      expect(await world.call('DELETE', url)).toMatchObject({
        status: 200,
        body: { status: 'released' },
      });
    }
    expect((await world.patent(patentA)).body.pledged).toBe(false);
    const next = await world.file(registration, 'filing-2');
    expect((await settled(world, next.body.registrationId)).status).toBe('registered');
    // The first one's release must not take the second one's pledge away.
    await world.call('DELETE', url);
    expect((await world.patent(patentA)).body.pledged).toBe(true);
  });

  it('never registers what was released while pending', async () => {
    const world = await openWorld({ pledgeOfficeMs: 30 });
    await world.seed(patentA);
    await world.seed(patentB);
    const withdrawn = (await world.file()).body.registrationId;
    await world.call('DELETE', `/pledge-office/registrations/${withdrawn}`);
    const later = await world.file({ ...registration, patents: [patentB] }, 'filing-2');
    await settled(world, later.body.registrationId);
    expect((await settled(world, withdrawn)).status).toBe('released');
    expect((await world.patent(patentA)).body.pledged).toBe(false);
  });

  it('knows only its own registrations, and refuses what it cannot read', async () => {
    const world = await openWorld();
    const url = '/pledge-office/registrations/none';
    expect((await world.call('GET', url)).status).toBe(404);
    expect((await world.call('DELETE', url)).status).toBe(404);
    expect((await world.file({ ...registration, debtFen: 100 })).status).toBe(400);
    expect((await world.file({ ...registration, patents: [] })).status).toBe(400);
    expect((await world.file({ ...registration, note: 'x' })).status).toBe(400);
    const keyless = await world.call('POST', '/pledge-office/registrations', registration);
    expect(keyless).toMatchObject({ status: 400, body: { error: 'FST_ERR_VALIDATION' } });
  });
});

describe('guarantor', () => {
  const confirm = (world: TestWorld, request: object = confirmation, key = 'ask-1') =>
    world.call('POST', '/guarantor/confirmations', request, key);
  const seed = (world: TestWorld, confirms: boolean) =>
    world.call(
      'PUT',
      `/control/guarantor/institutions/${encodeURIComponent(confirmation.institution)}`,
      { confirms },
    );

  it.each([true, false])('confirms: %s', async (confirms) => {
    const world = await openWorld();
    expect(await seed(world, confirms)).toMatchObject({ status: 200, body: { confirms } });
    expect(await confirm(world)).toMatchObject({
      status: 200,
      body: { confirmed: confirms, reference: 'G00000001' },
    });
  });

  it('answers a key as it did the first time, and another body under it with 409', async () => {
    const world = await openWorld();
    await seed(world, true);
    const first = await confirm(world);
    await seed(world, false);
    expect(await confirm(world)).toEqual(first);
    expect((await confirm(world, { ...confirmation, sharePpm: 1 })).status).toBe(409);
    expect((await confirm(world, confirmation, 'ask-2')).body.confirmed).toBe(false);
  });

  it('does not know every institution, and refuses what it cannot read', async () => {
    const world = await openWorld();
    expect((await confirm(world)).status).toBe(404);
    await seed(world, true);
    expect((await confirm(world)).status).toBe(200);
    expect((await confirm(world, { ...confirmation, sharePpm: 0.7 }, 'k')).status).toBe(400);
    expect((await confirm(world, { ...confirmation, amountFen: '-5' }, 'k')).status).toBe(400);
    expect((await confirm(world, { ...confirmation, note: 'x' }, 'k')).status).toBe(400);
  });
});

describe('payout rail', () => {
  it('moves money once for one key, with the same answer ever after', async () => {
    const world = await openWorld();
    const answers = await Promise.all(Array.from({ length: 50 }, () => world.pay()));
    const [first] = answers;
    expect(first).toMatchObject({
      status: 200,
      body: { status: 'paid', railReference: expect.stringMatching(/^R\d{8}00000001$/) },
    });
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const asked = await world.call('GET', `/rail/payouts/${payout.payoutId}`);
    const { lenderId, payee, amountFen, currency } = payout;
    const about = { lenderId, payee, amountFen, currency };
    expect(asked).toMatchObject({ status: 200, body: { ...first?.body, ...about } });
    expect(await world.book()).toEqual({
      payouts: [
        {
          ...payout,
          railReference: first?.body.railReference,
          paidAt: first?.body.paidAt,
        },
      ],
      totalFen: payout.amountFen,
    });
  });

  it('refuses another body under the same key, and moves nothing for it', async () => {
    const world = await openWorld();
    await world.pay();
    for (const change of [{ amountFen: '6200000001' }, { payee: 'x' }, { lenderId: 'x' }]) {
      expect((await world.pay({ ...payout, ...change })).status).toBe(409);
    }
    expect((await world.book()).totalFen).toBe(payout.amountFen);
  });

  it('adds up sums that a float cannot hold', async () => {
    const world = await openWorld();
    await world.pay({ ...payout, payoutId: 'a', amountFen: '9007199254740993' } as never);
    await world.pay({ ...payout, payoutId: 'b', amountFen: '9007199254740994' } as never);
    expect((await world.book()).totalFen).toBe('18014398509481987');
  });

  it.each([
    ['nothing', { amountFen: '0' }],
    ['a negative amount', { amountFen: '-1' }],
    ['a fraction of a fen', { amountFen: '1.5' }],
    ['an amount as a number', { amountFen: 100 }],
    ['an amount beyond all money', { amountFen: '1'.repeat(19) }],
    ['another currency', { currency: 'USD' }],
    ['an unknown field', { note: 'x' }],
  ])('refuses to move %s', async (_, fault) => {
    const world = await openWorld();
    expect((await world.pay({ ...payout, ...fault } as typeof payout)).status).toBe(400);
    expect((await world.book()).payouts).toEqual([]);
  });

  it('pays again under another key, though the payout calls itself the same', async () => {
    const world = await openWorld();
    const first = await world.pay();
    const again = await world.call('POST', '/rail/payouts', payout, 'another-key');
    expect(again.status).toBe(200);
    expect(again.body.railReference).not.toBe(first.body.railReference);
    expect((await world.book()).payouts).toMatchObject([payout, payout]);
    // Whoever looks it up is told of the first, also after a restart.
    const after = await reopened(world);
    const { body } = await after.call('GET', `/rail/payouts/${payout.payoutId}`);
    expect(body.railReference).toBe(first.body.railReference);
    expect(await after.call('POST', '/rail/payouts', payout, 'another-key')).toEqual(again);
    expect((await after.book()).payouts).toHaveLength(2);
  });

  it('knows by its key what an older book holds without one', async () => {
    const dataFolder = await temporaryFolder();
    const entries = [
      { type: 'book-opened', version: 2 },
      { type: 'payout-paid', payout, railReference: 'R2026112000000001', paidAtMs: 0 },
    ];
    const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    await writeFile(join(dataFolder, 'book.jsonl'), text);
    const world = await openWorld({ dataFolder });
    expect((await world.pay()).body.railReference).toBe('R2026112000000001');
    expect((await world.book()).payouts).toHaveLength(1);
  });

  it('refuses what has no key, and has never seen what it has never seen', async () => {
    const world = await openWorld();
    expect((await world.call('POST', '/rail/payouts', payout)).status).toBe(400);
    expect((await world.call('GET', '/rail/payouts/payout-1')).status).toBe(404);
  });
});

describe('control', () => {
  it('empties the world, also for the next start', async () => {
    const world = await openWorld();
    await world.seed(patentA);
    await world.file();
    await world.pay();
    await world.behave({ provider: 'register', mode: 'failing' });
    expect(await world.call('POST', '/control/reset')).toMatchObject({ status: 200 });
    await world.seed(patentB);
    const seen = async ({ patent, book }: TestWorld) => [
      (await patent(patentA)).status,
      (await patent(patentB)).status,
      (await book()).totalFen,
    ];
    expect(await seen(world)).toEqual([404, 200, '0']);
    expect(await seen(await reopened(world))).toEqual([404, 200, '0']);
  });

  it('says that it is well, and what is not here', async () => {
    const world = await openWorld();
    expect(await world.call('GET', '/healthz')).toMatchObject({ status: 200 });
    expect(await world.call('GET', '/nowhere')).toMatchObject({
      status: 404,
      body: { error: 'route-unknown' },
    });
  });

  it('refuses a body with __proto__, one that is no JSON, and one that is too large', async () => {
    const { app } = await openWorld();
    for (const [payload, status] of [
      ['{"__proto__":{"provider":"rail"}}', 400],
      ['{"provider":', 400],
      [`"${'x'.repeat(70_000)}"`, 413],
    ] as const) {
      const response = await app.inject({
        method: 'PUT',
        url: '/control/behaviour',
        headers: { 'content-type': 'application/json' },
        payload,
      });
      expect(response.statusCode).toBe(status);
    }
  });
});

async function reopened(world: TestWorld): Promise<TestWorld> {
  await world.app.close();
  return openWorld({ dataFolder: world.dataFolder });
}

describe('seeding many', () => {
  const { institution } = confirmation;
  const seedOf = (patents: readonly object[]) => ({
    patents,
    institutions: [{ name: institution, confirms: true }],
  });

  it('knows all of them afterwards, also after a restart', async () => {
    const before = await openWorld();
    const patents = [patentA, patentB].map((number) => ({ number, ...grantedPatent }));
    expect(await before.call('POST', '/control/seed', seedOf(patents))).toMatchObject({
      status: 200,
      body: { patents: 2, institutions: 1 },
    });
    const knowsAll = async (world: TestWorld) => {
      expect(await world.patent(patentA)).toMatchObject({ status: 200, body: grantedRecord });
      expect((await world.patent(patentB)).status).toBe(200);
      const asked = await world.call('POST', '/guarantor/confirmations', confirmation, 'ask');
      expect(asked.body.confirmed).toBe(true);
    };
    await knowsAll(before);
    await knowsAll(await reopened(before));
  });

  it('takes none of them where one is wrong, or where they are too many', async () => {
    const world = await openWorld();
    const sound = { number: patentA, ...grantedPatent };
    const many = Array.from({ length: 5_001 }, () => sound);
    for (const patents of [[sound, { ...sound, status: 'sold' }], many]) {
      const refused = await world.call('POST', '/control/seed', seedOf(patents));
      expect(refused).toMatchObject({ status: 400, body: { error: 'FST_ERR_VALIDATION' } });
    }
    expect((await world.patent(patentA)).status).toBe(404);
    const asked = await world.call('POST', '/guarantor/confirmations', confirmation, 'ask');
    expect(asked.status).toBe(404);
  });
});

describe('restart', () => {
  it('remembers patents, pledges, confirmations, payouts and their keys', async () => {
    const before = await openWorld();
    await before.seed(patentA);
    const { registrationId } = (await before.file()).body;
    const registered = await settled(before, registrationId);
    const institution = encodeURIComponent(confirmation.institution);
    await before.call('PUT', `/control/guarantor/institutions/${institution}`, { confirms: true });
    const confirmed = await before.call('POST', '/guarantor/confirmations', confirmation, 'ask');
    const paid = await before.pay();

    const after = await reopened(before);
    expect((await after.patent(patentA)).body.pledged).toBe(true);
    expect(await settled(after, registrationId)).toEqual(registered);
    expect((await after.file()).body).toEqual(registered);
    expect(await after.call('POST', '/guarantor/confirmations', confirmation, 'ask')).toEqual(
      confirmed,
    );
    expect(await after.pay()).toEqual(paid);
    expect((await after.pay({ ...payout, amountFen: '1' } as never)).status).toBe(409);
    const next = await after.pay({ ...payout, payoutId: 'payout-2' });
    expect(next.body.railReference).toMatch(/00000002$/);
    expect((await after.book()).payouts).toHaveLength(2);
  });

  it('takes up a registration that was pending', async () => {
    const before = await openWorld({ pledgeOfficeMs: 2000 });
    await before.seed(patentA);
    const { registrationId } = (await before.file()).body;
    await before.app.close();
    const after = await openWorld({
      dataFolder: before.dataFolder,
      now: () => Date.now() + 2000,
    });
    expect((await settled(after, registrationId)).status).toBe('registered');
  });
});
