// Specs of the providers that only answer: what they say of what they were told, and of the rest.
import { describe, expect, it } from 'vitest';
import {
  appraisal,
  bureauFile,
  enterprise,
  grantedPatent,
  openWorld,
  owner,
  patentA,
  patentB,
  type TestWorld,
  wholeSeed,
} from '../test-world.ts';

const now = () => Date.parse('2026-11-20T01:02:03Z');
const asOf = '2026-11-20T01:02:03.000Z';
const { uscc } = owner;
const strange = '91330106MA2J1002XH';
const report = (world: TestWorld, request: object = {}) =>
  world.call('POST', '/credit-bureau/reports', {
    uscc,
    consentId: 'consent-1',
    purpose: 'loan',
    ...request,
  });

const unregistered = {
  registeredCapitalFen: null,
  insuredStaff: null,
  groupHead: null,
  licenceValidTo: null,
  beneficialOwners: null,
  naturalHoldersOnly: null,
};

/** How each is told of one thing alone, asked about it, and what it then says. */
const alone = [
  [
    'annuity',
    `/control/annuity/annuities/${patentA}`,
    { paidThroughYear: 11 },
    `/annuities/${patentA}`,
    { number: patentA, paidThroughYear: 11 },
  ],
  [
    'valuation',
    `/control/valuation/appraisals/${patentA}`,
    appraisal,
    `/valuation/appraisals/${patentA}`,
    { number: patentA, ...appraisal },
  ],
  [
    'enterprise-registry',
    `/control/enterprise-registry/enterprises/${uscc}`,
    enterprise,
    `/enterprise-registry/enterprises/${uscc}`,
    { uscc, ...enterprise, ...unregistered },
  ],
  [
    'watchlists',
    `/control/watchlists/enterprises/${uscc}`,
    { dishonestDebtor: { reference: '(2026)浙01执1号', since: '2026-03-01' } },
    `/watchlists/enterprises/${uscc}`,
    {
      uscc,
      dishonestDebtor: { reference: '(2026)浙01执1号', since: '2026-03-01' },
      seriousViolation: null,
    },
  ],
] as const;

describe.each(alone)('%s', (_, control, told, url, says) => {
  it('says what it was told, as of now, and forgets it with the world', async () => {
    const world = await openWorld({ now });
    const seeded = await world.call('PUT', control, told);
    expect(seeded).toMatchObject({ status: 200, body: { ...says, asOf } });
    const asked = await world.call('GET', url);
    expect(asked.body).toEqual({ ...says, asOf });
    await world.call('POST', '/control/reset');
    expect((await world.call('GET', url)).body).not.toMatchObject(says);
  });

  it('refuses what it cannot read', async () => {
    const world = await openWorld();
    expect((await world.call('PUT', control, { ...told, note: 'x' })).status).toBe(400);
    expect((await world.call('PUT', control.replace(/[^/]+$/, 'x'), told)).status).toBe(400);
  });
});

it('knows of each thing what a seed of many said, also after a restart', async () => {
  const before = await openWorld({ now });
  expect((await before.call('POST', '/control/seed', wholeSeed)).body).toEqual({
    patents: 1,
    institutions: 1,
    appraisals: 1,
    enterprises: 1,
    persons: 1,
    talents: 1,
  });
  await before.app.close();
  const world = await openWorld({ now, dataFolder: before.dataFolder });
  const [annuity, valuation, registry, lists, bureau] = [
    await world.call('GET', `/annuities/${patentA}`),
    await world.call('GET', `/valuation/appraisals/${patentA}`),
    await world.call('GET', `/enterprise-registry/enterprises/${uscc}`),
    await world.call('GET', `/watchlists/enterprises/${uscc}`),
    await report(world),
  ].map(({ body }) => body);
  expect(annuity).toEqual({ number: patentA, paidThroughYear: 20, asOf });
  expect(valuation).toEqual({ number: patentA, ...appraisal, asOf });
  expect(registry).toMatchObject({ uscc, ...enterprise, asOf });
  expect(lists).toEqual({ uscc, dishonestDebtor: null, seriousViolation: null, asOf });
  expect(bureau).toEqual({ uscc, ...bureauFile, asOf });
});

it('knows nothing of others, and says so in the words of each provider', async () => {
  const world = await openWorld({ now });
  await world.call('POST', '/control/seed', wholeSeed);
  const said = [
    await world.call('GET', `/annuities/${patentB}`),
    await world.call('GET', `/valuation/appraisals/${patentB}`),
    await world.call('GET', `/enterprise-registry/enterprises/${strange}`),
    await report(world, { uscc: strange }),
  ].map(({ status, body }) => `${status} ${body.error}`);
  expect(said).toEqual([
    '404 patent-unknown',
    '404 appraisal-unknown',
    '404 enterprise-unknown',
    '404 file-unknown',
  ]);
  // That it is on no list can be said of anybody.
  expect((await world.call('GET', `/watchlists/enterprises/${strange}`)).body).toEqual({
    uscc: strange,
    dishonestDebtor: null,
    seriousViolation: null,
    asOf,
  });
});

describe('credit bureau', () => {
  it('reports nothing without a consent, whoever is asked about', async () => {
    const world = await openWorld();
    await world.call('PUT', `/control/credit-bureau/files/${uscc}`, bureauFile);
    for (const about of [uscc, strange]) {
      expect(await report(world, { uscc: about, consentId: '' })).toMatchObject({
        status: 403,
        body: { error: 'consent-missing' },
      });
    }
    expect((await report(world)).status).toBe(200);
  });

  it('keeps a file no longer when a later seed says that there is none', async () => {
    const world = await openWorld();
    await world.call('POST', '/control/seed', wholeSeed);
    expect((await report(world)).status).toBe(200);
    const enterprises = [{ uscc, ...enterprise, bureau: null }];
    await world.call('POST', '/control/seed', { ...wholeSeed, enterprises });
    expect((await report(world)).body.error).toBe('file-unknown');
  });

  it('refuses what it cannot read', async () => {
    const world = await openWorld();
    expect((await report(world, { note: 'x' })).status).toBe(400);
    expect((await report(world, { consentId: null })).status).toBe(400);
    for (const fault of [{ creditFen: 5 }, { overdueFen: '-1' }, { worstTier: 'bad' }]) {
      const url = `/control/credit-bureau/files/${uscc}`;
      expect((await world.call('PUT', url, { ...bureauFile, ...fault })).status).toBe(400);
    }
  });
});

it('says what a pledge, a release or a new seed has changed', async () => {
  const world = await openWorld();
  const isPledged = async () => (await world.patent(patentA)).body.pledged;
  await world.seed(patentA);
  expect(await isPledged()).toBe(false);
  const { registrationId } = (await world.file()).body;
  await expect.poll(isPledged).toBe(true);
  await world.call('DELETE', `/pledge-office/registrations/${registrationId}`);
  expect(await isPledged()).toBe(false);
  await world.call('PUT', `/control/annuity/annuities/${patentA}`, { paidThroughYear: 3 });
  await world.seed(patentA, { pledged: true });
  expect(await isPledged()).toBe(true);
  const annuity = await world.call('GET', `/annuities/${patentA}`);
  expect(annuity.body).toMatchObject({ paidThroughYear: grantedPatent.annuityPaidThroughYear });
});
