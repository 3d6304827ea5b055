// Checks of persons in the running service: on a database, against the outside world, while it fails.
import {
  generate,
  kindOf,
  loadSamples,
  seedOutsideWorld,
  submissionBody,
} from '@saidao/applicants';
import { decode, type ApplicationReceived, type SubmissionJson } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import { residentIdWithCheck } from '@saidao/values';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { APPLICATIONS, openIntake, type IntakeService } from './service.fixture.ts';
import { sound } from './submission.fixture.ts';

vi.setConfig({ testTimeout: 60_000 });

let service: IntakeService;

beforeEach(async () => {
  service = await openIntake({ PERSONS_DEADLINE_MS: '300ms', PERSONS_BUREAU_DEADLINE_MS: '300ms' });
});
afterEach(() => service.close());

let persons = 0;

/** A sound submission with a person of its own, whom the world knows. */
async function bodyOf(reference: string): Promise<{ body: SubmissionJson; idNumber: string }> {
  persons += 1;
  const idNumber = residentIdWithCheck(`3301991985010${String(persons).padStart(4, '0')}`);
  const body = structuredClone(sound);
  body.reference = reference;
  for (const one of body.persons ?? []) {
    one.idNumber = idNumber;
    if (one.certificate !== undefined) one.certificate = `CERTIFICATE-${persons}`;
  }
  await service.world.vouchFor(body);
  return { body, idNumber };
}

const send = ({ body }: Awaited<ReturnType<typeof bodyOf>>) =>
  service.byKafka(body, body.reference);

async function received(): Promise<Map<string, ApplicationReceived>> {
  const found = new Map<string, ApplicationReceived>();
  await service.log.scan([APPLICATIONS], ({ value }) => {
    const data = decode(value as Buffer, APPLICATIONS).data as ApplicationReceived;
    found.set(data.reference, data);
  });
  return found;
}

const receivedAs = (reference: string, deadlineMs = 20_000) =>
  eventually(`${reference} is received`, async () => (await received()).get(reference), {
    deadlineMs,
  });

const resultsOf = ({ content }: ApplicationReceived) =>
  Object.fromEntries((content.kyc ?? []).map(({ code, result }) => [code, result]));

const allClear = {
  LICENCE: 'CLEAR',
  LEGAL_REPRESENTATIVE: 'CLEAR',
  BENEFICIAL_OWNERS: 'CLEAR',
  AUTHORITY_TO_SIGN: 'CLEAR',
  PERSONS_LISTS: 'CLEAR',
  PERSONS_BUREAU: 'CLEAR',
  TALENTS: 'CLEAR',
};

test('a sound one is clear, on evidence with purpose and consent', async () => {
  await send(await bodyOf('R-sound'));
  const application = await receivedAs('R-sound');
  expect(resultsOf(application)).toEqual(allClear);
  const { rows } = await service.db.database.query(
    `select provider, subject like 'person/%' as hashed, purpose, consent_id, application_id
     from intake.provider_calls order by provider`,
  );
  const { applicationId: application_id } = application;
  const call = { purpose: 'know-your-customer', consent_id: null, application_id };
  expect(rows).toEqual([
    { ...call, provider: 'enterprise-registry', hashed: false },
    { ...call, provider: 'persons', hashed: true },
    { ...call, provider: 'persons-bureau', hashed: true, consent_id: 'consent-person-1' },
    { ...call, provider: 'talents', hashed: true },
  ]);
  const change = service.db.database.query(`update intake.provider_calls set purpose = 'x'`);
  await expect(change).rejects.toThrow('rows are not changed');
});

test('the samples are clear, and of generated applicants those that are not what they should be', async () => {
  const samples = await loadSamples();
  const generated = [...generate({ count: 300, seed: 12 })];
  const all = [...samples, ...generated];
  await seedOutsideWorld(service.world.url, all, new AbortController().signal);
  for (const { id, submission } of all) await service.byKafka(submissionBody(submission, id), id);
  const found = await eventually(
    'all are received',
    async () => {
      const some = await received();
      return some.size === all.length && some;
    },
    { deadlineMs: 45_000 },
  );
  const unsound = new Map<string, Set<string>>();
  for (const { id } of all) {
    const application = found.get(id) as ApplicationReceived;
    for (const [code, result] of Object.entries(resultsOf(application))) {
      if (result === 'CLEAR') continue;
      const kind = kindOf(id) ?? id;
      unsound.set(kind, (unsound.get(kind) ?? new Set()).add(`${code} ${result}`));
    }
  }
  expect(unsound).toEqual(
    new Map([
      ['licence-expired', new Set(['LICENCE ADVERSE'])],
      ['owner-listed', new Set(['PERSONS_LISTS ADVERSE'])],
    ]),
  );
});

test('while all are silent it waits, and is clear when they are back', async () => {
  await service.world.behave({ provider: 'persons', mode: 'silent', forMs: 3_000 });
  await send(await bodyOf('R-late'));
  const { content } = await receivedAs('R-late');
  expect(resultsOf({ content } as ApplicationReceived)).toEqual(allClear);
  const [{ evidence } = { evidence: null }] = (content.kyc ?? []).slice(1);
  expect(evidence?.attempts).toBeGreaterThan(1);
});

test('silence about one person alone holds up nobody else, and is unknown in the end', async () => {
  const silent = await bodyOf('R-silent');
  const { idNumber: subject } = silent;
  await service.world.behave({ provider: 'persons', mode: 'silent', subject });
  await send(silent);
  for (let at = 0; at < 5; at += 1) await send(await bodyOf(`R-other-${at}`));
  for (let at = 0; at < 5; at += 1) {
    expect(resultsOf(await receivedAs(`R-other-${at}`, 5_000))).toEqual(allClear);
  }
  expect((await received()).has('R-silent')).toBe(false);
  expect(resultsOf(await receivedAs('R-silent', 30_000))).toEqual({
    ...allClear,
    LEGAL_REPRESENTATIVE: 'UNKNOWN',
    BENEFICIAL_OWNERS: 'UNKNOWN',
    AUTHORITY_TO_SIGN: 'UNKNOWN',
    PERSONS_LISTS: 'UNKNOWN',
  });
});

test('what is personal is in no state once the application is passed on', async () => {
  const kept = await bodyOf('R-kept');
  await send(kept);
  await receivedAs('R-kept');
  const { rows } = await service.db.database.query<{ tables: string }>(
    `select table_name as tables from information_schema.tables where table_schema = 'intake'`,
  );
  for (const { tables } of rows) {
    const { rows: hits } = await service.db.database.query(
      `select 1 from intake."${tables}" t where t::text like $1`,
      [`%${kept.idNumber}%`],
    );
    expect(hits, tables).toEqual([]);
  }
});
