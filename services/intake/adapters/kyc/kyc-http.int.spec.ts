// Those who know of papers and persons, over HTTP, against the outside world.
import { createProvider, factHttp, type FactApi } from '@saidao/worker';
import { callLogMemory, factConformance, questionFor, type FactCase } from '@saidao/testkit/facts';
import { expect, it, onTestFinished } from 'vitest';
import type { FileSays, PersonSays, RegistrySays, TalentSays } from '../../kyc/facts.ts';
import type { FileSubject, PersonSubject, TalentSubject } from '../../ports.ts';
import { openWorld, type World } from '../../world.fixture.ts';
import { aliasesWith } from './alias.ts';
import { personsBureauApi } from './persons-bureau-http.ts';
import { personsApi } from './persons-http.ts';
import { kycRegistryApi } from './registry-http.ts';
import { talentsApi } from './talents-http.ts';

const uscc = '91330106MA2J1002XH';
const controlUscc = '91330200MA2L30049Q';
const idNumber = '330199198501010013';
const strangersId = '330199198501010021';
const name = '李示例';
const certificate = 'ZJ-C-2024-0001';
const { personOf } = aliasesWith('a-key-for-this-spec');

type Behaved = Parameters<World['behave']>[0];

interface Provided<Subject, Says> {
  readonly of: FactCase<Subject, Says>;
  readonly provider: Behaved['provider'];
  /** What the outside world calls the subject. */
  readonly key: string;
  readonly api: (world: string) => FactApi<Subject, Says>;
  readonly enter: (world: World) => Promise<void>;
}

async function open<Subject, Says>({ of, provider, key, api, enter }: Provided<Subject, Says>) {
  const world = await openWorld();
  onTestFinished(() => world.close());
  const log = callLogMemory();
  const asked = createProvider({ name: of.provider, deadlineMs: 1_000 });
  return {
    world,
    log,
    source: factHttp(api(world.url), { provider: asked, log }),
    enter: () => enter(world),
    behave: (mode: Behaved['mode'], subject?: string) =>
      world.behave({
        provider,
        mode,
        ...(subject !== undefined && { subject: subject === of.name ? key : subject }),
      }),
  };
}

function conforms<Subject, Says>(provided: Provided<Subject, Says>): void {
  factConformance(`${provided.provider} over HTTP`, provided.of, () => open(provided));
}

const entry = {
  name: '杭州示例传感科技有限公司',
  status: 'in-business',
  established: '2017-05-02',
  regionCode: '330106',
  industryCode: 'C3983',
  registeredCapitalFen: '2000000000',
  licenceValidTo: '2037-05-01',
  beneficialOwners: 2,
  naturalHoldersOnly: false,
};

conforms<string, RegistrySays>({
  of: {
    provider: 'enterprise-registry',
    subject: uscc,
    name: uscc,
    says: {
      known: true,
      licenceValidTo: '2037-05-01',
      registeredCapitalFen: 2_000_000_000n,
      beneficialOwners: 2,
      naturalHoldersOnly: false,
    },
    stranger: controlUscc,
    saysOfStrangers: { known: false },
  },
  provider: 'enterprise-registry',
  key: uscc,
  api: (world) => kycRegistryApi({ url: `${world}/enterprise-registry`, controlUscc }),
  enter: (world) => world.put(`/control/enterprise-registry/enterprises/${uscc}`, entry),
});

const persons: Provided<PersonSubject, PersonSays> = {
  of: {
    provider: 'persons',
    subject: { name, idNumber, uscc },
    name: personOf(idNumber),
    says: { identity: 'matches', offices: ['BENEFICIAL_OWNER'], isListed: true },
    stranger: { name, idNumber: strangersId, uscc },
    saysOfStrangers: { identity: 'unknown', offices: null, isListed: false },
  },
  provider: 'persons',
  key: idNumber,
  api: (world) => personsApi({ url: `${world}/persons`, controlUscc, personOf }),
  enter: (world) =>
    world.put(`/control/persons/${idNumber}`, {
      name,
      offices: [{ uscc, office: 'BENEFICIAL_OWNER' }],
      dishonestDebtor: { reference: '(2026)浙01执2号', since: '2026-03-01' },
    }),
};
conforms(persons);

const bureau: Provided<FileSubject, FileSays> = {
  of: {
    provider: 'persons-bureau',
    subject: { idNumber, consentId: 'consent-1' },
    name: personOf(idNumber),
    says: { known: true, overdueFen: 120_000n, worstTier: 'special-mention' },
    stranger: { idNumber: strangersId, consentId: 'consent-2' },
    saysOfStrangers: { known: false },
  },
  provider: 'persons-bureau',
  key: idNumber,
  api: (world) => personsBureauApi({ url: `${world}/persons-bureau`, personOf }),
  enter: (world) =>
    world.put(`/control/persons-bureau/files/${idNumber}`, {
      overdueFen: '120000',
      worstTier: 'special-mention',
    }),
};
conforms(bureau);

conforms<TalentSubject, TalentSays>({
  of: {
    provider: 'talents',
    subject: { certificate, idNumber },
    name: personOf(idNumber),
    says: { known: true, grade: 'C', isHolder: true, validTo: '2029-12-31' },
    stranger: { certificate: 'ZJ-C-2024-0002', idNumber: strangersId },
    saysOfStrangers: { known: false },
  },
  provider: 'talents',
  key: certificate,
  api: (world) => talentsApi({ url: `${world}/talents`, personOf }),
  enter: (world) =>
    world.put(`/control/talents/${certificate}`, { grade: 'C', idNumber, validTo: '2029-12-31' }),
});

it('takes it for no answer when the bureau misses a consent', async () => {
  const { source, enter } = await open(bureau);
  await enter();
  expect(await source.ask({ idNumber, consentId: '' }, questionFor())).toMatchObject({
    kind: 'failed',
    message: expect.stringContaining('refused the consent'),
  });
});

it('writes down neither name nor number of a person', async () => {
  const { source, enter, log } = await open(persons);
  await enter();
  const reply = await source.ask(persons.of.subject, questionFor());
  const text = JSON.stringify([...log.calls, reply], (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  expect(text).toContain(personOf(idNumber));
  expect(text).not.toContain(idNumber);
  expect(text).not.toContain(name);
});

it('knows a person again by one key, and by another not', () => {
  expect(personOf(idNumber)).toBe(aliasesWith('a-key-for-this-spec').personOf(idNumber));
  expect(personOf(idNumber)).not.toBe(personOf(strangersId));
  expect(personOf(idNumber)).not.toBe(aliasesWith('another-key').personOf(idNumber));
});
