// Decisioning as a process would run it: line, door, a real PostgreSQL, a log in memory.
import { randomBytes } from 'node:crypto';
import { MemoryBroker, partitionOf, type EventLog } from '@saidao/event-log';
import {
  type EventMap,
  type EventName,
  type LatestDecision,
  type LoanApproved,
  type LoanDeclined,
  type LoanReferred,
  decode,
  topicSpecs,
} from '@saidao/schemas';
import {
  type TestDatabase,
  abused,
  answersPromised,
  eventually,
  numbering,
  openIssuer,
  testDatabase,
} from '@saidao/testkit';
import { businessDateOf, fromJson, toJson, uuidV7 } from '@saidao/values';
import { createLogger, startWorker, type RunningWorker } from '@saidao/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { sha256 } from './adapters/policy-files.ts';
import { reviewsIn } from './adapters/reviews-postgres.ts';
import { assess } from './assessment/assess.ts';
import { counterfactualsOf } from './assessment/counterfactual.ts';
import type { Application as AssessedApplication } from './assessment/figures.ts';
import {
  asOf,
  caseNamed,
  locked,
  policies,
  received,
  scoredOf,
  type SampleCase,
} from './cases.fixture.ts';
import { composeDecisioning } from './compose.ts';
import { decisioningSettings } from './config.ts';

const PARTITIONS = 3;
const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const DAY_MS = 86_400_000;
const tokens = {
  'officer-a': 'the-token-of-officer-a',
  'officer-b': 'the-token-of-officer-b',
  'officer-c': 'the-token-of-officer-c',
};

const issuer = openIssuer(['exim-zj']);

let db: TestDatabase;
let broker: MemoryBroker;
let log: EventLog;
let worker: RunningWorker;
let nowMs = Date.UTC(2026, 10, 20, 2);

beforeAll(async () => {
  db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: () => Promise.resolve(),
  });
  broker = new MemoryBroker({ now: () => nowMs });
  log = broker.connect();
  await log.createTopics(topicSpecs(LENDERS, PARTITIONS));
  worker = await startDecisioning();
});

function startDecisioning(): Promise<RunningWorker> {
  const of = (principal: keyof typeof tokens, role: string, lender: string) => ({
    principal,
    role,
    lenders: [lender],
    token: tokens[principal],
  });
  return startWorker({
    service: 'decisioning',
    env: {
      KAFKA_BROKERS: 'localhost:1',
      DATABASE_URL: db.url,
      LENDERS: LENDERS.join(','),
      PARTITIONS: String(PARTITIONS),
      HTTP_PORT: '0',
      REQUESTS_PER_SECOND_MAX: '20',
      OIDC_ISSUERS: JSON.stringify(issuer.setting),
      PRINCIPALS: JSON.stringify([
        of('officer-a', 'officer', 'exim-zj'),
        of('officer-b', 'senior-officer', 'exim-zj'),
        of('officer-c', 'committee', 'exim-zj'),
      ]),
    },
    settings: decisioningSettings,
    migrations: new URL('./migrations/', import.meta.url),
    logger: createLogger({ service: 'decisioning', level: 'silent' }),
    openLog: () => broker.connect(),
    clock: { nowMs: () => nowMs, steadyMs: () => performance.now() },
    build: composeDecisioning,
  });
}

afterAll(async () => {
  await worker.stop();
  await log.close();
  await db.close();
});

const newId = () => uuidV7(Date.now(), randomBytes(10));

/** An enterprise of its own, so that cases do not share a limit. */
function fresh(sample: SampleCase): SampleCase {
  const uscc = `9133${randomBytes(7).toString('hex').toUpperCase()}`;
  return { ...sample, enterprise: { ...sample.enterprise, uscc } };
}

class Application {
  readonly id = newId();
  readonly sample: SampleCase;
  readonly lane: number;
  revision = 1;
  readonly #numbered = numbering();

  get uscc(): string {
    return this.sample.enterprise.uscc;
  }

  constructor(sample: SampleCase) {
    this.sample = sample;
    this.lane = partitionOf(Buffer.from(this.id), PARTITIONS);
  }

  async send<N extends EventName>(type: N, data: EventMap[N]): Promise<void> {
    const { id: applicationId, revision } = this;
    const own = { ...data, applicationId, revision, lenderId: this.sample.lender };
    const place = { partitions: PARTITIONS, timeMs: nowMs };
    await log.send([this.#numbered(type, own, place)]);
  }

  async judged(content = received(this.sample).content): Promise<void> {
    const usccValid = true;
    const enterprise = { ...content.enterprise, usccValid };
    const type = this.revision === 1 ? 'ApplicationReceived' : 'ApplicationAmended';
    await this.send(
      type,
      received(this.sample, { content: { ...content, enterprise }, lenderId: this.sample.lender }),
    );
    await this.send('EnterpriseScored', scoredOf(this.sample));
    if (this.sample.product === 'IP_PLEDGE') await this.send('PledgeLocked', locked(this.sample));
  }

  accept(acceptedAtMs = nowMs): Promise<void> {
    return this.send('OfferAccepted', {
      applicationId: this.id,
      revision: this.revision,
      lenderId: this.sample.lender,
      acceptedAt: BigInt(acceptedAtMs),
      businessDate: businessDateOf(acceptedAtMs),
    });
  }

  async decisions() {
    const topic = `saidao.decisions.${this.sample.lender}.v1`;
    const found: { type: EventName; data: unknown; sequence: number }[] = [];
    await log.scan([topic], ({ key, value, headers }) => {
      if (key?.toString() !== this.id) return;
      const { type, data } = decode(value as Buffer, topic);
      found.push({ type, data, sequence: Number(headers['ce_sequence']) });
    });
    return found;
  }

  decided<T>(type: EventName): Promise<T> {
    return eventually(`${this.sample.id} has ${type}`, async () => {
      const found = (await this.decisions()).find((one) => one.type === type);
      return found && (found.data as T);
    });
  }

  async latest(): Promise<LatestDecision | undefined> {
    const topic = `saidao.latest-decisions.${this.sample.lender}.v1`;
    let last: LatestDecision | undefined;
    await log.scan([topic], ({ key, value }) => {
      if (key?.toString() === this.id) last = decode(value as Buffer, topic).data as LatestDecision;
    });
    return last;
  }

  says(status: string): Promise<LatestDecision> {
    return eventually(`the latest decision of ${this.sample.id} is ${status}`, async () => {
      const latest = await this.latest();
      return latest?.status === status && latest;
    });
  }

  async live(): Promise<{ approval_id: string; live: boolean }[]> {
    const { rows } = await db.database.query<{ approval_id: string; live: boolean }>(
      `select approval_id, live from decisioning.approvals where application_id = $1
       order by approval_id`,
      [this.id],
    );
    return rows;
  }
}

async function acts(
  application: Application,
  who: keyof typeof tokens,
  path: string,
  body: Record<string, unknown> | null = null,
  headers: Readonly<Record<string, string>> = { prefer: 'wait=5' },
) {
  const response = await fetch(`${worker.address}/v1/reviews/${application.id}/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${tokens[who]}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as { outcome?: unknown };
  return { status: response.status, answer, retryAfter: response.headers.get('retry-after') };
}

const approve = { verdict: 'APPROVE', reason: 'sound' };

const sensor = caseNamed('new-quality-8m');
const lock = caseNamed('smart-lock-ip-pledge');

describe('the line', () => {
  test('decides, offers and authorises, and says the latest each time', async () => {
    const application = new Application(fresh(sensor));
    await application.judged();
    const approved = await application.decided<LoanApproved>('LoanApproved');
    expect(approved.approvers).toEqual([]);
    expect(await application.says('APPROVED')).toMatchObject({
      sequence: 1n,
      productId: 'NEW_QUALITY',
      amount: { minor: 800_000_000n, currency: 'CNY' },
      ratePpm: approved.terms.ratePpm,
      decidedAt: BigInt(nowMs),
    });
    await application.accept();
    await application.decided('DisbursementAuthorised');
    expect(await application.says('AUTHORISED')).toMatchObject({ sequence: 2n });
    const { rows } = await db.database.query<{ type: string; content: string; digest: string }>(
      'select type, content, digest from decisioning.decisions where application_id = $1 order by id',
      [application.id],
    );
    expect(rows.map(({ type }) => type)).toEqual(['LoanApproved', 'DisbursementAuthorised']);
    expect(rows[0]?.content).toContain(approved.basis.policyDigest);
    expect(await application.live()).toEqual([{ approval_id: approved.approvalId, live: true }]);
  });

  test('lets an offer expire though it was down then, and honours what was accepted in time', async () => {
    const application = new Application(fresh(sensor));
    await application.judged();
    const { offerExpiresAt } = await application.decided<LoanApproved>('LoanApproved');
    await worker.stop();
    nowMs += 30 * DAY_MS + 1;
    worker = await startDecisioning();
    await application.decided('OfferExpired');
    await application.says('EXPIRED');
    expect((await application.live()).map(({ live }) => live)).toEqual([false]);
    await application.accept(Number(offerExpiresAt));
    await application.decided('DisbursementAuthorised');
    await application.says('AUTHORISED');
    expect((await application.live()).map(({ live }) => live)).toEqual([true]);
    nowMs -= 30 * DAY_MS + 1;
  });

  test('undoes an offer that is amended, and offers anew: one live approval', async () => {
    const application = new Application(fresh(sensor));
    await application.judged();
    await application.decided('LoanApproved');
    application.revision = 2;
    await application.judged();
    await eventually(
      'the second approval',
      async () => (await application.decisions()).length === 3,
    );
    expect((await application.decisions()).map(({ type }) => type)).toEqual([
      'LoanApproved',
      'ApprovalUndone',
      'LoanApproved',
    ]);
    expect(await application.live()).toEqual([
      { approval_id: `${application.id}-1-approval`, live: false },
      { approval_id: `${application.id}-2-approval`, live: true },
    ]);
  });

  test('shares an enterprise’s limit between its applications, whichever lanes they are on', async () => {
    const sample = fresh(sensor);
    const group = `group/boc-zj/${sample.enterprise.uscc}`;
    // All but 12 million of the limit is taken.
    await db.database.query('insert into decisioning.shared_rows (name, content) values ($1, $2)', [
      group,
      JSON.stringify({ entries: { other: { $bigint: String(48_800_000_000n) } } }),
    ]);
    const several = Array.from({ length: 6 }, () => new Application(sample));
    await Promise.all(several.map((application) => application.judged()));
    const amounts = await Promise.all(
      several.map((application) =>
        eventually('a decision', async () => {
          const [first] = await application.decisions();
          if (first === undefined) return undefined;
          const terms = (first.data as Partial<LoanApproved>).terms;
          return { amountFen: terms?.amount.minor ?? 0n };
        }),
      ),
    );
    const given = amounts.map(({ amountFen }) => Number(amountFen)).sort((a, b) => b - a);
    expect(given).toEqual([800_000_000, 400_000_000, 0, 0, 0, 0]);
  });
});

describe('the tables', () => {
  const reviews = () => reviewsIn(db.database);

  test('keep evidence as it was written', async () => {
    const application = new Application(fresh(sensor));
    await application.judged();
    await application.decided('LoanApproved');
    for (const table of ['decisions', 'assessments']) {
      for (const statement of [
        `update decisioning.${table} set content = ''`,
        `delete from decisioning.${table}`,
        `truncate decisioning.${table}`,
      ]) {
        await expect(db.database.query(statement)).rejects.toThrow(/neither changed nor taken out/);
      }
    }
  });

  test('refuse a second live approval of an application', async () => {
    const insert = (id: string) =>
      db.database.query(
        `insert into decisioning.approvals values ($1, 'twice', 'boc-zj', 1, 1, true, now())`,
        [id],
      );
    await insert('one');
    await expect(insert('two')).rejects.toThrow(/approvals_one_live/);
  });

  test.each([
    ['LoanDeclined', [], false],
    ['LoanDeclined', ['F01'], true],
    ['LoanDeclined', ['F01', 'F02', 'T02', 'M01', 'V01'], false],
    ['LoanDeclined', [''], false],
    ['LoanDeclined', ['F01', null], false],
    ['LoanApproved', [], true],
  ])('take a %s with the reasons %j: %s', async (type, codes, taken) => {
    const insert = db.database.query(
      `insert into decisioning.decisions (application_id, lender_id, revision, type, causation_id,
         decided_at, reason_codes, content, digest)
       values ($1, 'boc-zj', 1, $2, 'test', now(), $3, '{}', '')`,
      [newId(), type, codes],
    );
    if (taken) await insert;
    else await expect(insert).rejects.toThrow(/decline_has_reasons/);
  });

  test('keep what each decision was reached from: judged again it is the very same', async () => {
    const referral = new Application(fresh(lock));
    await referral.judged();
    const approval = new Application(fresh(sensor));
    await approval.judged();
    const decline = new Application(fresh(sensor));
    const { content } = received(sensor);
    await decline.judged({ ...content, request: { ...content.request, termMonths: 37 } });
    const told = [
      await referral.decided<LoanReferred>('LoanReferred'),
      await approval.decided<LoanApproved>('LoanApproved'),
      await decline.decided<LoanDeclined>('LoanDeclined'),
    ];
    for (const { applicationId, basis, reasons, about } of told) {
      const kept = await reviews().evidenceOf(applicationId);
      const [row] = kept?.assessments ?? [];
      if (row === undefined) return expect.fail('There is no evidence.');
      expect(row.inputHash).toBe(basis.inputHash);
      expect(sha256(row.input)).toBe(row.inputHash);
      expect(sha256(row.content)).toBe(row.digest);
      const input = fromJson(row.input) as AssessedApplication;
      const assessor = policies.of(row.policy);
      const again = assess(assessor, input, row.policyRole);
      const counterfactuals = counterfactualsOf(assessor, input, again);
      const told = { ...again, basis: { ...again.basis, counterfactuals } };
      expect(toJson(told)).toBe(row.content);
      expect(told.basis).toEqual(basis);
      const [decision] = kept?.decisions ?? [];
      expect(decision?.reasonCodes).toEqual(reasons.map(({ code }) => code));
      expect(sha256(decision?.content ?? '')).toBe(decision?.digest);
      expect(about).toMatchObject({ channel: 'portal', receivedOn: asOf });
    }
  });

  test('have the queue of each lender, oldest first, page by page', async () => {
    const several = Array.from({ length: 3 }, () => new Application(fresh(lock)));
    for (const application of several) {
      nowMs += 1_000;
      await application.judged();
      await application.decided('LoanReferred');
    }
    const mine = { lenders: ['exim-zj'], productId: 'IP_PLEDGE', tier: 'senior-officer' };
    const seen: string[] = [];
    for (let after: string | undefined; ;) {
      const asked = { ...mine, limit: 2, ...(after !== undefined && { after }) };
      const page = await reviews().queue(asked);
      seen.push(...page.reviews.map(({ applicationId }) => applicationId));
      if (page.next === null) break;
      after = page.next;
    }
    expect(seen.slice(-3)).toEqual(several.map(({ id }) => id));
    expect(new Set(seen).size).toBe(seen.length);
    const [first] = several;
    if (first === undefined) return;
    await acts(first, 'officer-a', 'claim');
    const claimed = await reviews().queue({ ...mine, claimedBy: 'officer-a', limit: 50 });
    expect(claimed.reviews).toMatchObject([
      {
        ...{ applicationId: first.id, claimedBy: 'officer-a', approvers: [], overrides: [] },
        ...{ amountFen: 10_000_000_000n, policy: 'exim-zj@1' },
      },
    ]);
    const free = await reviews().queue({ ...mine, claimedBy: null, limit: 50 });
    expect(free.reviews.map(({ applicationId }) => applicationId)).not.toContain(first.id);
    expect((await reviews().queue({ lenders: ['czb-hz'], limit: 50 })).reviews).toEqual([]);
    expect((await reviews().queue({ ...mine, after: 'nowhere', limit: 1 })).reviews).toHaveLength(
      1,
    );
  });
});

describe('the door', () => {
  async function referred(): Promise<Application> {
    const application = new Application(fresh(lock));
    await application.judged();
    await application.decided<LoanReferred>('LoanReferred');
    return application;
  }

  test('takes a claim and the verdicts of two officers, and tells each what came of it', async () => {
    const application = await referred();
    const early = await acts(application, 'officer-a', 'verdict', approve);
    expect(early).toMatchObject({ status: 409, answer: { outcome: { cause: 'NOT_CLAIMED' } } });
    expect((await acts(application, 'officer-a', 'claim')).status).toBe(200);
    const theirs = await acts(application, 'officer-b', 'claim');
    expect(theirs.answer).toMatchObject({ outcome: { cause: 'CLAIMED_BY_OTHER' } });
    expect((await acts(application, 'officer-a', 'verdict', approve)).status).toBe(200);
    const twice = await acts(application, 'officer-a', 'verdict', approve);
    expect(twice.answer).toMatchObject({ outcome: { cause: 'SAME_OFFICER' } });
    const last = await acts(application, 'officer-b', 'verdict', approve);
    expect(last).toMatchObject({ status: 200, answer: { status: 'APPROVED' } });
    const approved = await application.decided<LoanApproved>('LoanApproved');
    expect(approved.approvers).toEqual(['officer-a', 'officer-b']);
    expect(await application.says('APPROVED')).toMatchObject({
      ...{ tier: 'senior-officer', policy: 'exim-zj@1', terms: approved.terms },
      ...{ offerExpiresAt: approved.offerExpiresAt, about: { uscc: application.uscc } },
    });
    expect(await reviewsIn(db.database).reviewOf(application.id)).toBeUndefined();
    const metrics = await (await fetch(`${worker.address}/metrics`)).text();
    expect(metrics).toMatch(/saidao_review_verdicts_total\{[^}]*lender="exim-zj"[^}]*\} 1/);
  });

  test('takes a decline with its reason', async () => {
    const application = await referred();
    await acts(application, 'officer-c', 'claim');
    const decline = { verdict: 'DECLINE', reason: 'no', overrideCode: 'POLICY_TOO_GENEROUS' };
    expect((await acts(application, 'officer-c', 'verdict', decline)).status).toBe(422);
    const coded = { ...decline, reasonCode: 'F01' };
    expect((await acts(application, 'officer-c', 'verdict', coded)).status).toBe(200);
    expect(await application.decided('LoanDeclined')).toMatchObject({
      ...{ decidedBy: ['officer-c'], override: { code: 'POLICY_TOO_GENEROUS' } },
      reasons: [{ code: 'F01', detail: 'no' }, { code: 'M01' }],
    });
    const metrics = await (await fetch(`${worker.address}/metrics`)).text();
    expect(metrics).toMatch(/saidao_review_overrides_total\{[^}]*lender="exim-zj"[^}]*\} 1/);
  });

  test('answers 503 while the log does not acknowledge, and the next try counts', async () => {
    const application = await referred();
    broker.setAvailable(false);
    const refused = await acts(application, 'officer-a', 'claim');
    broker.setAvailable(true);
    expect(refused.status).toBe(503);
    expect(Number(refused.retryAfter)).toBeGreaterThan(0);
    expect((await acts(application, 'officer-a', 'claim')).status).toBe(200);
  });

  test('answers each abuse as docs/doors.md says, serves the others, and stays up', async () => {
    const application = await referred();
    const others = new Application(fresh(sensor));
    await others.judged();
    await others.decided<LoanApproved>('LoanApproved');
    const notesOf = ({ id }: Application) => `/v1/reviews/${id}/notes`;
    const answers = await abused({
      ...{ address: worker.address as string, body: { text: 'Seen on site.' }, issuer },
      ...{ path: notesOf(application), othersPath: notesOf(others), wrongRole: 'auditor' },
      ...{ token: tokens['officer-b'], otherToken: tokens['officer-a'] },
    });
    expect(answers).toEqual(answersPromised());
    expect((await acts(application, 'officer-c', 'claim')).status).toBe(200);
    expect(await application.decided('ReviewRecorded')).toBeDefined();
  });
});
