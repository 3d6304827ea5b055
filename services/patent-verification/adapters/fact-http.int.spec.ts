// Every provider over HTTP, against the outside world.
import { callLogMemory, factConformance, questionFor, type FactCase } from '@saidao/testkit/facts';
import { createProvider, factHttp, factProbe, type FactApi } from '@saidao/worker';
import { expect, it } from 'vitest';
import { creditBureauApi } from './enterprises/credit-bureau-http.ts';
import { enterpriseRegistryApi } from './enterprises/enterprise-registry-http.ts';
import { guarantorApi } from './enterprises/guarantor-http.ts';
import { watchlistsApi } from './enterprises/watchlists-http.ts';
import {
  annuityCase,
  bureauCase,
  controlNumber,
  controlUscc,
  grantedEntry,
  guarantorCase,
  registerCase,
  registryCase,
  valuationCase,
  watchlistsCase,
} from './facts.fixture.ts';
import { openOutsideWorld, type World } from './outside-world.fixture.ts';
import { annuityApi } from './patents/annuity-http.ts';
import { registerApi } from './patents/register-http.ts';
import { valuationApi } from './patents/valuation-http.ts';

const DEADLINE_MS = 1_000;

type Wire = Readonly<Record<string, unknown>>;
type OfWorld = Parameters<World['behave']>[0]['provider'];

/** Facts as the wire spells them: money is text. */
function wireOf(says: object): Wire {
  const { known: _, ...facts } = says as Wire;
  return Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [
      name,
      typeof fact === 'bigint' ? fact.toString() : fact,
    ]),
  );
}

interface Provided<Subject, Says> {
  readonly of: FactCase<Subject, Says>;
  readonly provider: OfWorld;
  readonly api: (url: string) => FactApi<Subject, Says>;
  readonly enter: (world: World, says: Says) => Promise<void>;
}

async function open<Subject, Says>({ of, provider: name, api, enter }: Provided<Subject, Says>) {
  const world = await openOutsideWorld();
  const log = callLogMemory();
  const provider = world.provider(of.provider, DEADLINE_MS);
  const source = factHttp(api(world.url), { provider, log });
  return {
    world,
    source,
    log,
    enter: (says: Says) => enter(world, says),
    behave: (mode: Parameters<World['behave']>[0]['mode'], subject?: string) =>
      world.behave({ provider: name, mode, ...(subject !== undefined && { subject }) }),
  };
}

function conforms<Subject, Says extends object>(provided: Provided<Subject, Says>): void {
  factConformance(`${provided.provider} over HTTP`, provided.of, () => open(provided));
}

const patent = encodeURIComponent(grantedEntry.number);
const bureau: Provided<typeof bureauCase.subject, typeof bureauCase.says> = {
  of: bureauCase,
  provider: 'credit-bureau',
  api: (url) => creditBureauApi({ url: `${url}/credit-bureau`, controlUscc }),
  enter: (world, says) =>
    world.put(`/control/credit-bureau/files/${bureauCase.name}`, wireOf(says)),
};
const guarantor: Provided<typeof guarantorCase.subject, typeof guarantorCase.says> = {
  of: guarantorCase,
  provider: 'guarantor',
  api: (url) => guarantorApi({ url: `${url}/guarantor`, controlUscc }),
  enter: (world, says) => world.institution(guarantorCase.name, says.known && says.confirmed),
};

conforms({
  of: registerCase,
  provider: 'register',
  api: (url) => registerApi({ url: `${url}/register`, controlNumber }),
  enter: (world) => world.enter(grantedEntry),
});
conforms({
  of: annuityCase,
  provider: 'annuity',
  api: (url) => annuityApi({ url: `${url}/annuities`, controlNumber }),
  enter: (world, says) => world.put(`/control/annuity/annuities/${patent}`, wireOf(says)),
});
conforms({
  of: valuationCase,
  provider: 'valuation',
  api: (url) => valuationApi({ url: `${url}/valuation`, controlNumber }),
  enter: (world, says) => world.put(`/control/valuation/appraisals/${patent}`, wireOf(says)),
});
conforms({
  of: registryCase,
  provider: 'enterprise-registry',
  api: (url) => enterpriseRegistryApi({ url: `${url}/enterprise-registry`, controlUscc }),
  enter: (world, says) =>
    world.put(`/control/enterprise-registry/enterprises/${registryCase.name}`, wireOf(says)),
});
conforms({
  of: watchlistsCase,
  provider: 'watchlists',
  api: (url) => watchlistsApi({ url: `${url}/watchlists`, controlUscc }),
  enter: (world, says) =>
    world.put(`/control/watchlists/enterprises/${watchlistsCase.name}`, wireOf(says)),
});
conforms(bureau);
conforms(guarantor);

it('tries a second time what failed at once, and counts both tries', async () => {
  const { source, world, enter, log } = await open(bureau);
  await enter(bureauCase.says);
  await world.behave({ provider: 'credit-bureau', mode: 'failing', times: 1 });
  expect(await source.ask(bureauCase.subject, questionFor())).toMatchObject({
    kind: 'answered',
    evidence: { attempts: 2 },
  });
  expect([...log.calls.values()]).toMatchObject([{ outcome: 'answered', attempts: 2 }]);
});

it('takes it for no answer when the bureau misses a consent: it is not as if there were no file', async () => {
  const { source, enter } = await open(bureau);
  await enter(bureauCase.says);
  const subject = { ...bureauCase.subject, consentId: '' };
  expect(await source.ask(subject, questionFor())).toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('refused the consent'),
  });
});

it('gets the first answer of the guarantor again under the same key', async () => {
  const { source, world } = await open(guarantor);
  await world.institution(guarantorCase.name, true);
  await source.ask(guarantorCase.subject, questionFor());
  await world.institution(guarantorCase.name, false);
  expect(await source.ask(guarantorCase.subject, questionFor())).toMatchObject({
    value: guarantorCase.says,
  });
});

it('says when an institution does not confirm', async () => {
  const { source, world } = await open(guarantor);
  await world.institution(guarantorCase.name, false);
  expect(await source.ask(guarantorCase.subject, questionFor())).toMatchObject({
    value: { known: true, confirmed: false },
  });
});

it('has learnt nothing where the call cannot be written down', async () => {
  const world = await openOutsideWorld();
  await world.enter(grantedEntry);
  const away = { note: () => Promise.reject(new Error('the database is away')) };
  const api = registerApi({ url: `${world.url}/register`, controlNumber });
  const source = factHttp(api, { provider: world.provider('patent-register'), log: away });
  expect(await source.ask(grantedEntry.number, questionFor())).toEqual({
    kind: 'not-asked',
    message: expect.stringContaining('the database is away'),
  });
});

it('is probed with the control question, which is written down too', async () => {
  const world = await openOutsideWorld();
  const api = bureau.api(world.url);
  let laterMs = 0;
  const provider = createProvider({
    name: 'credit-bureau',
    deadlineMs: DEADLINE_MS,
    clock: { nowMs: Date.now, steadyMs: () => performance.now() + laterMs },
    probe: factProbe(api),
  });
  const log = callLogMemory();
  const source = factHttp(api, { provider, log });
  await world.behave({ provider: 'credit-bureau', mode: 'blocked' });
  // Two tries each: the breaker opens.
  for (let asked = 0; asked < 10; asked += 1) await source.ask(bureauCase.subject, questionFor());
  expect(provider.openLenders()).toEqual(['exim-zj']);
  const made = log.calls.size;
  laterMs = 5_000;
  expect(await provider.probe()).toBe(false);
  await world.behave({ provider: 'credit-bureau', mode: 'normal' });
  laterMs = 10_000;
  expect(await provider.probe()).toBe(true);
  expect([...log.calls.values()].slice(made)).toMatchObject([
    { purpose: 'probe', outcome: 'error', applicationId: null, answeredAtMs: null },
    { purpose: 'probe', outcome: 'answered', answer: null },
  ]);
});
