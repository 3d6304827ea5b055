// Spec that the outside world takes what the project's samples tell it.
import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Behaviour } from './behaviour.ts';
import type { WorldSeed } from './seed.ts';
import { openWorld } from './test-world.ts';

interface SampleWorld {
  readonly register: WorldSeed['patents'];
  readonly appraisals: NonNullable<WorldSeed['appraisals']>;
  readonly enterprises: NonNullable<WorldSeed['enterprises']>;
  readonly persons: NonNullable<WorldSeed['persons']>;
  readonly talents: NonNullable<WorldSeed['talents']>;
  readonly guarantors: Readonly<Record<string, { readonly confirms: boolean }>>;
  readonly behaviours: readonly Behaviour[];
}

const folder = new URL('../../../samples/', import.meta.url);
const files = (await readdir(folder)).filter((file) => file.endsWith('.json'));

it.each(files)('takes the world of %s', async (file) => {
  const sample = JSON.parse(await readFile(new URL(file, folder), 'utf8')) as {
    world: SampleWorld;
  };
  const { register, appraisals, enterprises, persons, talents } = sample.world;
  const { guarantors, behaviours } = sample.world;
  const world = await openWorld();
  const institutions = Object.entries(guarantors).map(([name, { confirms }]) => ({
    name,
    confirms,
  }));
  const seed = { patents: register, appraisals, enterprises, persons, talents, institutions };
  expect((await world.call('POST', '/control/seed', seed)).status).toBe(200);
  for (const { number, annuityPaidThroughYear, ...patent } of register) {
    expect((await world.patent(number)).body).toMatchObject({ number, ...patent });
    const annuity = await world.call('GET', `/annuities/${number}`);
    expect(annuity.body).toMatchObject({ paidThroughYear: annuityPaidThroughYear });
  }
  for (const appraisal of appraisals) {
    const found = await world.call('GET', `/valuation/appraisals/${appraisal.number}`);
    expect(found.body).toMatchObject(appraisal);
  }
  for (const { uscc, name, bureau } of enterprises) {
    const found = await world.call('GET', `/enterprise-registry/enterprises/${uscc}`);
    expect(found.body).toMatchObject({ uscc, name });
    const request = { uscc, consentId: 'consent-1', purpose: 'loan' };
    const report = await world.call('POST', '/credit-bureau/reports', request);
    expect(report.body).toMatchObject({ uscc, ...bureau });
  }
  for (const { name, idNumber, offices } of persons) {
    const { uscc = '' } = offices[0] ?? {};
    const found = await world.call('POST', '/persons/checks', { name, idNumber, uscc });
    expect(found.body).toMatchObject({ identity: 'matches' });
  }
  for (const { certificate, idNumber } of talents) {
    const found = await world.call('POST', '/talents/checks', { certificate, idNumber });
    expect(found.body).toMatchObject({ holder: 'matches' });
  }
  for (const behaviour of behaviours) {
    expect((await world.behave(behaviour)).body).toEqual(behaviour);
  }
});
