// Data of natural persons stays in submissions, intake's dead letters and intake's tables, and nowhere else.
import { createHash } from 'node:crypto';
import {
  applicantsOf,
  BUSINESS_DATE,
  seedOutsideWorld,
  submissionBody,
  type Applicant,
  type Doors,
} from '@saidao/applicants';
import { partitionOf } from '@saidao/event-log';
import {
  allTopics,
  decode,
  loanLines as lines,
  topicName,
  topics,
  workerTopics,
  type ApplicationContent,
  type SubmissionJson,
} from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import { residentIdWithCheck } from '@saidao/values';
import { openDatabase, type Database } from '@saidao/worker';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { untilSettled } from './settled.ts';
import { doorsOf, startSystem, type System } from './system.ts';

const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const PARTITIONS = 6;
const SUBMISSIONS = topicName(topics.submissions);
const INTAKES_LETTERS = workerTopics('intake').deadLetter;

vi.setConfig({ testTimeout: 180_000 });

let system: System;
let doors: Doors;
let database: Database;
const stopping = new AbortController();

beforeAll(async () => {
  system = await startSystem({
    environment: { ...process.env },
    lenders: LENDERS,
    partitions: PARTITIONS,
    businessDate: BUSINESS_DATE,
  });
  doors = await doorsOf(system, 30_000, stopping.signal);
  database = openDatabase({ url: system.engines.databaseUrl });
}, 240_000);

afterAll(async () => {
  stopping.abort();
  await database?.close();
  await system?.[Symbol.asyncDispose]();
}, 60_000);

/** A person whom nobody can mistake for anything else that is written anywhere. */
const markedAt = (at: number) => ({
  name: `標記${'甲乙丙丁戊己庚辛'.charAt(at)}某`,
  idNumber: residentIdWithCheck(`33049${at}1977070700${at}`),
  certificate: `MARKED-CERTIFICATE-${at}`,
});
const contact = { name: '標記聯絡人', phone: '13900007777' };

/** The same applicant with other persons, in what it says and in what the world knows. */
function marked(applicant: Applicant, at: number): Applicant {
  const person = markedAt(at);
  const { submission, world } = applicant;
  const renamed = <T extends { readonly idNumber: string; readonly certificate?: string }>(
    one: T,
  ): T => ({
    ...one,
    ...('name' in one && { name: person.name }),
    idNumber: person.idNumber,
    ...(one.certificate !== undefined && { certificate: person.certificate }),
  });
  return {
    ...applicant,
    submission: { ...submission, contact, persons: (submission.persons ?? []).map(renamed) },
    world: {
      ...world,
      persons: world.persons.slice(0, 1).map(renamed),
      talents: world.talents.map(renamed),
    },
  };
}

/** Talent loans of one owner each: sound, listed, and of a licence that has ended. */
function someMarked(): Applicant[] {
  const shares = { 'sound-talent': 2, 'owner-listed': 1, 'licence-expired': 1 };
  const all = [...applicantsOf({ count: 60, seed: 31, shares })];
  return ['sound-talent', 'owner-listed', 'licence-expired']
    .map((kind) => {
      const found = all.find(({ id, world }) => id.endsWith(kind) && world.persons.length === 1);
      if (found === undefined) throw new Error(`there is no ${kind}`);
      return found;
    })
    .map(marked);
}

/** All that could give a person away, hashes that anybody could make among it. */
function marksOf(at: number): string[] {
  const { name, idNumber, certificate } = markedAt(at);
  const hashes = [name, idNumber].map((text) => createHash('sha256').update(text).digest('hex'));
  return [name, idNumber, certificate, ...hashes];
}

test('no name, number or certificate of a person leaves intake', async () => {
  const applicants = someMarked();
  const [sound] = applicants as [Applicant];
  await seedOutsideWorld(system.worldUrl, applicants, stopping.signal);
  for (const [at, applicant] of applicants.entries()) {
    const body = submissionBody(applicant.submission, applicant.id);
    await doors.submit(body, at % 2 === 0 ? 'http' : 'kafka', 'first');
  }
  // Refused for its content, amended, and not to be read at all: each tells of it in its own way.
  await doors.submit(refused(submissionBody(sound.submission, 'marked-refused')), 'kafka', 'first');
  const key = Buffer.from(`czb-hz/talent-office/marked-unreadable`);
  const value = Buffer.from(`{"persons":[{"name":"${markedAt(0).name}"}]}`);
  const partition = partitionOf(key, PARTITIONS);
  const headers = { ce_id: 'marked', ce_type: 'ApplicationSubmitted', ce_specversion: '1.0' };
  await system.log.send([{ topic: SUBMISSIONS, partition, key, value, headers }]);

  const decided = await eventually('all are decided', async () => {
    const found = await outcomes();
    return found.length >= applicants.length && found;
  });
  await untilSettled(system);
  expect(decided.toSorted()).toEqual(['LoanApproved', 'LoanReferred', 'LoanReferred']);

  const marks = [...applicants.keys()].flatMap(marksOf).concat(contact.name, contact.phone);
  const written = await topicsThatSay(marks);
  expect([...(written.get(SUBMISSIONS) ?? [])]).toEqual(
    expect.arrayContaining([markedAt(0).name, markedAt(0).idNumber, markedAt(0).certificate]),
  );
  expect([...written.keys()].filter((name) => name !== INTAKES_LETTERS)).toEqual([SUBMISSIONS]);
  expect(await tablesThatSay(marks, (schema) => schema !== 'intake')).toEqual([]);
  // Of intake's own the log of calls names nobody either.
  const calls = await tablesThatSay(marks, (schema, table) => `${schema}.${table}` === CALLS);
  expect(calls).toEqual([]);
  expect(logLinesThatSay(marks)).toEqual([]);
});

test('what travels is the finding, on evidence that intake keeps', async () => {
  const contents = await contentsOf();
  expect(contents.length).toBeGreaterThanOrEqual(3);
  for (const { kyc } of contents) {
    expect(kyc?.map(({ code }) => code)).toEqual([
      'LICENCE',
      'LEGAL_REPRESENTATIVE',
      'BENEFICIAL_OWNERS',
      'AUTHORITY_TO_SIGN',
      'PERSONS_LISTS',
      'PERSONS_BUREAU',
      'TALENTS',
    ]);
    for (const { evidence, result } of kyc ?? []) {
      if (evidence === null) continue;
      const { rows } = await database.query<{ answer_hash: string; purpose: string }>(
        `select answer_hash, purpose from ${CALLS} where $1 = 'intake.provider_calls/' || id`,
        [evidence.keptAt],
      );
      expect(rows, result).toEqual([
        { answer_hash: evidence.answerHash, purpose: 'know-your-customer' },
      ]);
    }
  }
  const { rows } = await database.query<{ provider: string; consents: boolean }>(
    `select provider, bool_and(consent_id is not null) as consents
     from ${CALLS} where application_id is not null group by provider order by provider`,
  );
  expect(rows).toEqual([
    { provider: 'enterprise-registry', consents: false },
    { provider: 'persons', consents: false },
    { provider: 'persons-bureau', consents: true },
    { provider: 'talents', consents: false },
  ]);
});

const CALLS = 'intake.provider_calls';

const refused = (body: SubmissionJson): SubmissionJson => ({
  ...body,
  request: { ...body.request, termMonths: 0 },
});

async function outcomes(): Promise<string[]> {
  const found: string[] = [];
  const name = topicName(topics.decisions, 'czb-hz');
  await system.log.scan([name], ({ value }) => {
    if (value !== null) found.push(decode(value, name).type);
  });
  return found.filter((type) => /^Loan(?:Approved|Referred|Declined)$/.test(type));
}

async function contentsOf(): Promise<ApplicationContent[]> {
  const found: ApplicationContent[] = [];
  const name = topicName(topics.applications);
  await system.log.scan([name], ({ value }) => {
    const event = value === null ? null : decode(value, name);
    if (event?.type === 'ApplicationReceived') {
      found.push((event.data as { content: ApplicationContent }).content);
    }
  });
  return found;
}

/** By topic the marks that stand in any of its records: key, value or headers. */
async function topicsThatSay(marks: readonly string[]): Promise<Map<string, Set<string>>> {
  const names = [
    ...allTopics(LENDERS).map(({ name }) => name),
    ...lines.flatMap((line) => Object.values(workerTopics(line))),
  ];
  const found = new Map<string, Set<string>>();
  await system.log.scan([...new Set(names)], ({ topic, key, value, headers }) => {
    const parts = [key, value, ...Object.values(headers).flat()];
    for (const mark of marks) {
      if (!parts.some((part) => part?.includes(mark) === true)) continue;
      found.set(topic, (found.get(topic) ?? new Set()).add(mark));
    }
  });
  return found;
}

/** Tables with a row that bears a mark, as text or as bytes. */
async function tablesThatSay(
  marks: readonly string[],
  isMeant: (schema: string, table: string) => boolean,
): Promise<string[]> {
  const { rows } = await database.query<{ schema: string; table: string }>(
    `select table_schema as schema, table_name as table from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  );
  const patterns = marks.flatMap((mark) => [`%${mark}%`, `%${Buffer.from(mark).toString('hex')}%`]);
  const meant = rows.filter(({ schema, table }) => isMeant(schema, table));
  expect(meant.length).toBeGreaterThan(0);
  const found = await Promise.all(
    meant.map(async ({ schema, table }) => {
      const { rows: hits } = await database.query(
        `select 1 from "${schema}"."${table}" t where t::text like any ($1) limit 1`,
        [patterns],
      );
      return hits.length > 0 ? [`${schema}.${table}`] : [];
    }),
  );
  return found.flat();
}

function logLinesThatSay(marks: readonly string[]): string[] {
  return [...system.workers].flatMap(([service, { lines: said, stderr }]) =>
    [...said.map((line) => JSON.stringify(line)), ...stderr]
      .filter((line) => marks.some((mark) => line.includes(mark)))
      .map((line) => `${service}: ${line}`),
  );
}
