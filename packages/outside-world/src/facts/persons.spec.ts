// Specs of the providers that know persons: who one is, what one owes, which talent is recognised.
import { describe, expect, it } from 'vitest';
import {
  certificate,
  idNumber,
  openWorld,
  owner,
  person,
  talent,
  type TestWorld,
  wholeSeed,
} from '../test-world.ts';

const now = () => Date.parse('2026-11-20T01:02:03Z');
const asOf = '2026-11-20T01:02:03.000Z';
const { uscc } = owner;
const listing = { reference: '(2026)浙01执2号', since: '2026-03-01' };

const check = (world: TestWorld, request: object = {}) =>
  world.call('POST', '/persons/checks', { name: person.name, idNumber, uscc, ...request });
const report = (world: TestWorld, request: object = {}) =>
  world.call('POST', '/persons-bureau/reports', {
    idNumber,
    consentId: 'consent-1',
    purpose: 'kyc',
    ...request,
  });
const recognise = (world: TestWorld, request: object = {}) =>
  world.call('POST', '/talents/checks', { certificate, idNumber, ...request });

describe('persons', () => {
  it('says whether name and number belong together, and what the person is there', async () => {
    const world = await openWorld({ now });
    await world.call('PUT', `/control/persons/${idNumber}`, person);
    expect((await check(world)).body).toEqual({
      uscc,
      identity: 'matches',
      offices: ['LEGAL_REPRESENTATIVE', 'BENEFICIAL_OWNER'],
      dishonestDebtor: null,
      asOf,
    });
    const elsewhere = await check(world, { uscc: '91330106MA2J1002XH' });
    expect(elsewhere.body).toMatchObject({ identity: 'matches', offices: [] });
  });

  it('says nothing more of a stranger, or under another name', async () => {
    const world = await openWorld();
    const told = { ...person, dishonestDebtor: listing };
    await world.call('PUT', `/control/persons/${idNumber}`, told);
    const nothing = { offices: null, dishonestDebtor: null };
    const other = await check(world, { name: '李示例' });
    expect(other.body).toMatchObject({ identity: 'differs', ...nothing });
    const stranger = await check(world, { idNumber: '330199198501010021' });
    expect(stranger.body).toMatchObject({ identity: 'unknown', ...nothing });
    expect((await check(world)).body).toMatchObject({ dishonestDebtor: listing });
  });

  it('repeats neither name nor number nor certificate', async () => {
    const world = await openWorld();
    await world.call('POST', '/control/seed', wholeSeed);
    for (const { text } of [await check(world), await report(world), await recognise(world)]) {
      expect(text).not.toContain(person.name);
      expect(text).not.toContain(idNumber);
      expect(text).not.toContain(certificate);
    }
  });
});

describe('the bureau of persons', () => {
  it('reports on a consent alone, and knows of many nothing', async () => {
    const world = await openWorld({ now });
    await world.call('POST', '/control/seed', wholeSeed);
    expect((await report(world)).body).toEqual({ overdueFen: '0', worstTier: 'normal', asOf });
    expect(await report(world, { consentId: '' })).toMatchObject({
      status: 403,
      body: { error: 'consent-missing' },
    });
    expect(await report(world, { idNumber: '330199198501010021' })).toMatchObject({
      status: 404,
      body: { error: 'file-unknown' },
    });
  });

  it('keeps a file no longer when a later seed says that there is none', async () => {
    const world = await openWorld();
    await world.call('POST', '/control/seed', wholeSeed);
    const persons = [{ idNumber, ...person }];
    await world.call('POST', '/control/seed', { ...wholeSeed, persons });
    expect((await report(world)).status).toBe(404);
  });
});

describe('talents', () => {
  it('says grade, holder and end of a certificate', async () => {
    const world = await openWorld({ now });
    await world.call('PUT', `/control/talents/${certificate}`, talent);
    const { grade, validTo } = talent;
    expect((await recognise(world)).body).toEqual({
      grade,
      holder: 'matches',
      validTo,
      asOf,
    });
    const other = await recognise(world, { idNumber: '330199198501010021' });
    expect(other.body).toMatchObject({ holder: 'differs' });
    expect((await recognise(world, { certificate: 'X' })).body.error).toBe('certificate-unknown');
  });
});

it.each([
  ['persons', '/persons/checks', { name: person.name, idNumber, uscc }, idNumber],
  [
    'persons-bureau',
    '/persons-bureau/reports',
    { idNumber, consentId: 'c', purpose: 'kyc' },
    idNumber,
  ],
  ['talents', '/talents/checks', { certificate, idNumber }, certificate],
] as const)('%s misbehave as told, and refuse what they cannot read', async (...asked) => {
  const [provider, url, request, subject] = asked;
  const world = await openWorld();
  await world.call('POST', '/control/seed', wholeSeed);
  expect((await world.call('POST', url, { ...request, note: 'x' })).status).toBe(400);
  await world.behave({ provider, mode: 'failing', subject });
  expect((await world.call('POST', url, request)).status).toBe(503);
  await world.behave({ provider, mode: 'normal' });
  await world.behave({ provider, mode: 'blocked' });
  expect((await world.call('POST', url, request)).body.error).toBe('account-blocked');
  await world.behave({ provider, mode: 'silent' });
  const { state, leave } = world.open(url, request);
  await world.misbehaved(3);
  expect(state.answered).toBe(false);
  leave();
  await world.behave({ provider, mode: 'normal' });
  expect((await world.call('POST', url, request)).status).toBe(200);
});

it('knows after a restart what it was told', async () => {
  const before = await openWorld();
  await before.call('POST', '/control/seed', wholeSeed);
  await before.app.close();
  const world = await openWorld({ dataFolder: before.dataFolder });
  expect((await check(world)).body).toMatchObject({ identity: 'matches' });
  expect((await report(world)).status).toBe(200);
  expect((await recognise(world)).status).toBe(200);
});
