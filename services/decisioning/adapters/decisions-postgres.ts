// Evidence, approvals, latest decisions and the officers' queue in PostgreSQL, one statement each.
import {
  topicName,
  topics,
  type DecisionSubject,
  type LatestDecision,
  type LoanTerms,
  type Reason,
} from '@saidao/schemas';
import { fromJson, toJson } from '@saidao/values';
import type { Database, Presented, Transaction } from '@saidao/worker';
import type { DecisionStore, LatestDecisions } from '../ports.ts';
import type { DecisionRow } from '../rows.ts';

type Of<K extends DecisionRow['kind']> = Extract<DecisionRow, { readonly kind: K }>;

export const decisionStore: DecisionStore = { record, presents };

/** Sent together, in this order. */
async function record(transaction: Transaction, rows: readonly DecisionRow[]): Promise<void> {
  const written: Promise<unknown>[] = [];
  const write = <Row>(
    some: readonly Row[],
    statement: (transaction: Transaction, some: readonly Row[]) => Promise<unknown>,
  ) => {
    if (some.length > 0) written.push(statement(transaction, some));
  };
  const of = <K extends DecisionRow['kind']>(kind: K) =>
    rows.filter((row): row is Of<K> => row.kind === kind);

  write(of('assessment'), writeAssessments);
  write(of('evidence'), writeEvidence);
  const approvals = lastOf(of('approval'), ({ approvalId }) => approvalId);
  // Those that end come first: an application never has two live ones, not even for a moment.
  for (const isLive of [false, true]) {
    write(
      approvals.filter(({ live }) => live === isLive),
      writeApprovals,
    );
  }
  write(
    lastOf(of('latest'), ({ applicationId }) => applicationId),
    writeLatest,
  );
  const inQueue = rows.filter((row) => row.kind === 'queue' || row.kind === 'dequeue');
  const lines = lastOf(inQueue, ({ applicationId }) => applicationId);
  write(
    lines.filter((row) => row.kind === 'queue'),
    writeQueue,
  );
  write(
    lines.filter((row) => row.kind === 'dequeue'),
    deleteQueued,
  );
  write(of('outcome'), writeOutcomes);
  await Promise.all(written);
}

/** The last row of each name; a turn may hold several. */
function lastOf<Row>(rows: readonly Row[], nameOf: (row: Row) => string): Row[] {
  return [...new Map(rows.map((row) => [nameOf(row), row])).values()];
}

/** What is judged again with the very same input gives the very same: one row is enough. */
async function writeAssessments(transaction: Transaction, rows: readonly Of<'assessment'>[]) {
  await transaction.prepared(
    'decisioning.write-assessments',
    `insert into decisioning.assessments (application_id, revision, lender_id, product_id, policy,
       policy_role, policy_digest, business_date, judged_at, outcome, tier, amount_fen, rate_ppm,
       size_class, region_code, input_hash, input, content, digest)
     select application_id, revision, lender_id, product_id, policy, policy_role, policy_digest,
       business_date::date, to_timestamp(at_ms / 1000.0), outcome, tier, amount_fen, rate_ppm,
       size_class, region_code, input_hash, input, content, digest
     from unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
       $8::text[], $9::bigint[], $10::text[], $11::text[], $12::bigint[], $13::int[], $14::text[],
       $15::text[], $16::text[], $17::text[], $18::text[], $19::text[]) with ordinality
       as w (application_id, revision, lender_id, product_id, policy, policy_role, policy_digest,
         business_date, at_ms, outcome, tier, amount_fen, rate_ppm, size_class, region_code,
         input_hash, input, content, digest, place)
     order by place
     on conflict (application_id, revision, input_hash, policy) do nothing`,
    [
      rows.map(({ applicationId }) => applicationId),
      rows.map(({ revision }) => revision),
      rows.map(({ lenderId }) => lenderId),
      rows.map(({ productId }) => productId),
      rows.map(({ policy }) => policy),
      rows.map(({ policyRole }) => policyRole),
      rows.map(({ policyDigest }) => policyDigest),
      rows.map(({ businessDate }) => businessDate),
      rows.map(({ atMs }) => atMs),
      rows.map(({ outcome }) => outcome),
      rows.map(({ tier }) => tier),
      rows.map(({ amountFen }) => amountFen),
      rows.map(({ ratePpm }) => ratePpm),
      rows.map(({ sizeClass }) => sizeClass),
      rows.map(({ regionCode }) => regionCode),
      rows.map(({ inputHash }) => inputHash),
      rows.map(({ input }) => input),
      rows.map(({ content }) => content),
      rows.map(({ digest }) => digest),
    ],
  );
}

/** Arrays of arrays do not travel: the codes go as JSON. */
async function writeEvidence(transaction: Transaction, rows: readonly Of<'evidence'>[]) {
  await transaction.prepared(
    'decisioning.write-evidence',
    `insert into decisioning.decisions (application_id, lender_id, revision, type, causation_id,
       decided_at, reason_codes, content, digest)
     select application_id, lender_id, revision, type, causation_id,
       to_timestamp(at_ms / 1000.0),
       array(select jsonb_array_elements_text(reason_codes::jsonb)), content, digest
     from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::bigint[],
       $7::text[], $8::text[], $9::text[]) with ordinality
       as w (application_id, lender_id, revision, type, causation_id, at_ms, reason_codes, content,
         digest, place)
     order by place`,
    [
      rows.map(({ applicationId }) => applicationId),
      rows.map(({ lenderId }) => lenderId),
      rows.map(({ revision }) => revision),
      rows.map(({ type }) => type),
      rows.map(({ causationId }) => causationId),
      rows.map(({ atMs }) => atMs),
      rows.map(({ reasonCodes }) => JSON.stringify(reasonCodes)),
      rows.map(({ content }) => content),
      rows.map(({ digest }) => digest),
    ],
  );
}

async function writeApprovals(transaction: Transaction, rows: readonly Of<'approval'>[]) {
  await transaction.prepared(
    'decisioning.write-approvals',
    `insert into decisioning.approvals
       (approval_id, application_id, lender_id, revision, amount_fen, live, changed_at)
     select approval_id, application_id, lender_id, revision, amount_fen, live,
       to_timestamp(at_ms / 1000.0)
     from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::bigint[], $6::boolean[],
       $7::bigint[])
       as w (approval_id, application_id, lender_id, revision, amount_fen, live, at_ms)
     on conflict (approval_id) do update
       set live = excluded.live, changed_at = excluded.changed_at`,
    [
      rows.map(({ approvalId }) => approvalId),
      rows.map(({ applicationId }) => applicationId),
      rows.map(({ lenderId }) => lenderId),
      rows.map(({ revision }) => revision),
      rows.map(({ amountFen }) => amountFen),
      rows.map(({ live }) => live),
      rows.map(({ atMs }) => atMs),
    ],
  );
}

async function writeLatest(transaction: Transaction, rows: readonly Of<'latest'>[]) {
  await transaction.prepared(
    'decisioning.write-latest',
    `insert into decisioning.latest (application_id, lender_id, product_id, revision, status,
       amount_fen, rate_ppm, reasons, decided_at_ms, correlation_id, causation_id, about, terms,
       tier, policy, offer_expires_at_ms)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::bigint[],
       $7::int[], $8::text[], $9::bigint[], $10::text[], $11::text[], $12::text[], $13::text[],
       $14::text[], $15::text[], $16::bigint[])
     on conflict (application_id) do update set lender_id = excluded.lender_id,
       product_id = excluded.product_id, revision = excluded.revision, status = excluded.status,
       amount_fen = excluded.amount_fen, rate_ppm = excluded.rate_ppm, reasons = excluded.reasons,
       decided_at_ms = excluded.decided_at_ms, correlation_id = excluded.correlation_id,
       causation_id = excluded.causation_id, about = excluded.about, terms = excluded.terms,
       tier = excluded.tier, policy = excluded.policy,
       offer_expires_at_ms = excluded.offer_expires_at_ms`,
    [
      rows.map(({ applicationId }) => applicationId),
      rows.map(({ lenderId }) => lenderId),
      rows.map(({ productId }) => productId),
      rows.map(({ revision }) => revision),
      rows.map(({ status }) => status),
      rows.map(({ terms }) => terms?.amount.minor ?? null),
      rows.map(({ terms }) => terms?.ratePpm ?? null),
      rows.map(({ reasons }) => toJson(reasons)),
      rows.map(({ atMs }) => atMs),
      rows.map(({ correlationId }) => correlationId),
      rows.map(({ causationId }) => causationId),
      rows.map(({ about }) => (about === null ? null : toJson(about))),
      rows.map(({ terms }) => (terms === null ? null : toJson(terms))),
      rows.map(({ tier }) => tier),
      rows.map(({ policy }) => policy),
      rows.map(({ offerExpiresAtMs }) => offerExpiresAtMs),
    ],
  );
}

async function writeQueue(transaction: Transaction, rows: readonly Of<'queue'>[]) {
  await transaction.prepared(
    'decisioning.write-queue',
    `insert into decisioning.review_queue (application_id, lender_id, product_id, revision, tier,
       amount_fen, enterprise, uscc, reasons, referred_at, claimed_by, claimed_until, approvers,
       terms, overrides, policy)
     select application_id, lender_id, product_id, revision, tier, amount_fen, enterprise, uscc,
       reasons, to_timestamp(referred_at_ms / 1000.0), claimed_by,
       to_timestamp(claimed_until_ms / 1000.0),
       array(select jsonb_array_elements_text(approvers::jsonb)), terms,
       array(select jsonb_array_elements_text(overrides::jsonb)), policy
     from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::bigint[],
       $7::text[], $8::text[], $9::text[], $10::bigint[], $11::text[], $12::bigint[], $13::text[],
       $14::text[], $15::text[], $16::text[])
       as w (application_id, lender_id, product_id, revision, tier, amount_fen, enterprise, uscc,
         reasons, referred_at_ms, claimed_by, claimed_until_ms, approvers, terms, overrides, policy)
     on conflict (application_id) do update set revision = excluded.revision,
       product_id = excluded.product_id, tier = excluded.tier, amount_fen = excluded.amount_fen,
       enterprise = excluded.enterprise, uscc = excluded.uscc, reasons = excluded.reasons,
       referred_at = excluded.referred_at, claimed_by = excluded.claimed_by,
       claimed_until = excluded.claimed_until, approvers = excluded.approvers,
       terms = excluded.terms, overrides = excluded.overrides, policy = excluded.policy`,
    [
      rows.map(({ applicationId }) => applicationId),
      rows.map(({ lenderId }) => lenderId),
      rows.map(({ productId }) => productId),
      rows.map(({ revision }) => revision),
      rows.map(({ tier }) => tier),
      rows.map(({ terms }) => terms?.amount.minor ?? null),
      rows.map(({ enterprise }) => enterprise),
      rows.map(({ uscc }) => uscc),
      rows.map(({ reasons }) => toJson(reasons)),
      rows.map(({ referredAtMs }) => referredAtMs),
      rows.map(({ claimedBy }) => claimedBy),
      rows.map(({ claimedUntilMs }) => claimedUntilMs),
      rows.map(({ approvers }) => JSON.stringify(approvers)),
      rows.map(({ terms }) => (terms === null ? null : toJson(terms))),
      rows.map(({ overrides }) => JSON.stringify(overrides)),
      rows.map(({ policy }) => policy),
    ],
  );
}

async function deleteQueued(transaction: Transaction, rows: readonly Of<'dequeue'>[]) {
  await transaction.prepared(
    'decisioning.delete-queued',
    'delete from decisioning.review_queue where application_id = any($1::text[])',
    [rows.map(({ applicationId }) => applicationId)],
  );
}

/** Of two actions under one id, which no door sends, the first is the one that is waited for. */
async function writeOutcomes(transaction: Transaction, rows: readonly Of<'outcome'>[]) {
  await transaction.prepared(
    'decisioning.write-outcomes',
    `insert into decisioning.review_outcomes (action_id, application_id, lender_id, officer, action,
       outcome, cause, text_zh, text_en, status, decided_at)
     select action_id, application_id, lender_id, officer, action, outcome, cause, text_zh, text_en,
       status, to_timestamp(at_ms / 1000.0)
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
       $8::text[], $9::text[], $10::text[], $11::bigint[])
       as w (action_id, application_id, lender_id, officer, action, outcome, cause, text_zh,
         text_en, status, at_ms)
     on conflict (action_id) do nothing`,
    [
      rows.map(({ actionId }) => actionId),
      rows.map(({ applicationId }) => applicationId),
      rows.map(({ lenderId }) => lenderId),
      rows.map(({ officer }) => officer),
      rows.map(({ action }) => action),
      rows.map(({ cause }) => (cause === null ? 'RECORDED' : 'REFUSED')),
      rows.map(({ cause }) => cause),
      rows.map(({ zh }) => zh),
      rows.map(({ en }) => en),
      rows.map(({ status }) => status),
      rows.map(({ atMs }) => atMs),
    ],
  );
}

interface LatestRow {
  readonly application_id: string;
  readonly lender_id: string;
  readonly product_id: string;
  readonly revision: number;
  readonly status: string;
  readonly rate_ppm: number | null;
  readonly reasons: string;
  readonly decided_at_ms: bigint;
  readonly correlation_id: string;
  readonly causation_id: string;
  readonly about: string | null;
  readonly terms: string | null;
  readonly tier: string | null;
  readonly policy: string | null;
  readonly offer_expires_at_ms: bigint | null;
  readonly heads: Readonly<Record<string, number>>;
}

async function presents(
  transaction: Transaction,
  applicationIds: readonly string[],
): Promise<Presented[]> {
  const { rows } = await transaction.prepared<LatestRow & Record<string, unknown>>(
    'decisioning.lock-latest',
    `select l.*, a.heads from decisioning.latest as l
     join decisioning.applications as a using (application_id)
     where l.application_id = any($1) order by l.application_id for update of l`,
    [applicationIds],
  );
  return rows.flatMap((row) => {
    // The head of the topic written to is the number of its last event.
    const sequence = row.heads[topicName(topics.decisions, row.lender_id)];
    if (sequence === undefined) return [];
    const terms = row.terms === null ? null : (fromJson(row.terms) as LoanTerms);
    const data: LatestDecision = {
      applicationId: row.application_id,
      revision: row.revision,
      lenderId: row.lender_id,
      productId: row.product_id,
      status: row.status,
      amount: terms?.amount ?? null,
      ratePpm: row.rate_ppm,
      reasons: fromJson(row.reasons) as Reason[],
      sequence: BigInt(sequence),
      decidedAt: row.decided_at_ms,
      about: row.about === null ? null : (fromJson(row.about) as DecisionSubject),
      terms,
      tier: row.tier,
      policy: row.policy,
      offerExpiresAt: row.offer_expires_at_ms,
    };
    return [
      {
        applicationId: row.application_id,
        event: { type: 'LatestDecision' as const, data },
        sequence,
        correlationId: row.correlation_id,
        causationId: row.causation_id,
      },
    ];
  });
}

export function latestDecisionsIn(database: Database): LatestDecisions {
  return {
    async find(applicationId) {
      const { rows } = await database.prepared<{ lender_id: string; revision: number }>(
        'decisioning.find-latest',
        'select lender_id, revision from decisioning.latest where application_id = $1',
        [applicationId],
      );
      const [row] = rows;
      return row && { lenderId: row.lender_id, revision: row.revision };
    },
  };
}
