// Evidence, approvals and latest decisions in PostgreSQL, one statement for each table.
import { topicName, topics, type LatestDecision, type Reason } from '@saidao/schemas';
import { cny, fromJson, toJson } from '@saidao/values';
import type { Database, Presented, Transaction } from '@saidao/worker';
import type { DecisionRow } from '../draft.ts';
import type { AnsweredKeys, DecisionStore, LatestDecisions } from '../ports.ts';

type Of<K extends DecisionRow['kind']> = Extract<DecisionRow, { readonly kind: K }>;

export const decisionStore: DecisionStore = { record, presents };

/** Sent together, in this order. */
async function record(transaction: Transaction, rows: readonly DecisionRow[]): Promise<void> {
  const written: Promise<unknown>[] = [];
  const evidence = rows.filter((row) => row.kind === 'evidence');
  if (evidence.length > 0) written.push(writeEvidence(transaction, evidence));
  const approvals = lastOf(
    rows.filter((row) => row.kind === 'approval'),
    ({ approvalId }) => approvalId,
  );
  // Those that end come first: an application never has two live ones, not even for a moment.
  for (const live of [false, true]) {
    const some = approvals.filter((row) => row.live === live);
    if (some.length > 0) written.push(writeApprovals(transaction, some));
  }
  const latest = lastOf(
    rows.filter((row) => row.kind === 'latest'),
    ({ applicationId }) => applicationId,
  );
  if (latest.length > 0) written.push(writeLatest(transaction, latest));
  await Promise.all(written);
}

/** The last row of each name; a turn may hold several. */
function lastOf<Row>(rows: readonly Row[], nameOf: (row: Row) => string): Row[] {
  return [...new Map(rows.map((row) => [nameOf(row), row])).values()];
}

async function writeEvidence(transaction: Transaction, rows: readonly Of<'evidence'>[]) {
  await transaction.prepared(
    'decisioning.write-evidence',
    `insert into decisioning.decisions
       (application_id, lender_id, revision, type, causation_id, decided_at, content, digest)
     select application_id, lender_id, revision, type, causation_id,
       to_timestamp(at_ms / 1000.0), content, digest
     from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[], $6::bigint[],
       $7::text[], $8::text[]) with ordinality
       as w (application_id, lender_id, revision, type, causation_id, at_ms, content, digest, place)
     order by place`,
    [
      rows.map(({ applicationId }) => applicationId),
      rows.map(({ lenderId }) => lenderId),
      rows.map(({ revision }) => revision),
      rows.map(({ type }) => type),
      rows.map(({ causationId }) => causationId),
      rows.map(({ atMs }) => atMs),
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
       amount_fen, rate_ppm, reasons, decided_at_ms, correlation_id, causation_id)
     select * from unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::text[], $6::bigint[],
       $7::int[], $8::text[], $9::bigint[], $10::text[], $11::text[])
     on conflict (application_id) do update set lender_id = excluded.lender_id,
       product_id = excluded.product_id, revision = excluded.revision, status = excluded.status,
       amount_fen = excluded.amount_fen, rate_ppm = excluded.rate_ppm, reasons = excluded.reasons,
       decided_at_ms = excluded.decided_at_ms, correlation_id = excluded.correlation_id,
       causation_id = excluded.causation_id`,
    [
      rows.map(({ applicationId }) => applicationId),
      rows.map(({ lenderId }) => lenderId),
      rows.map(({ productId }) => productId),
      rows.map(({ revision }) => revision),
      rows.map(({ status }) => status),
      rows.map(({ amountFen }) => amountFen),
      rows.map(({ ratePpm }) => ratePpm),
      rows.map(({ reasons }) => toJson(reasons)),
      rows.map(({ atMs }) => atMs),
      rows.map(({ correlationId }) => correlationId),
      rows.map(({ causationId }) => causationId),
    ],
  );
}

interface LatestRow {
  readonly application_id: string;
  readonly lender_id: string;
  readonly product_id: string;
  readonly revision: number;
  readonly status: string;
  readonly amount_fen: bigint | null;
  readonly rate_ppm: number | null;
  readonly reasons: string;
  readonly decided_at_ms: bigint;
  readonly correlation_id: string;
  readonly causation_id: string;
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
    const data: LatestDecision = {
      applicationId: row.application_id,
      revision: row.revision,
      lenderId: row.lender_id,
      productId: row.product_id,
      status: row.status,
      amount: row.amount_fen === null ? null : cny(row.amount_fen),
      ratePpm: row.rate_ppm,
      reasons: fromJson(row.reasons) as Reason[],
      sequence: BigInt(sequence),
      decidedAt: row.decided_at_ms,
      about: null,
      terms: null,
      tier: null,
      policy: null,
      offerExpiresAt: null,
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

export function answeredKeysIn(database: Database): AnsweredKeys {
  return {
    async askedOf(messageId) {
      const { rows } = await database.prepared<{ asked: string }>(
        'decisioning.answered',
        'select asked from decisioning.answered_keys where message_id = $1',
        [messageId],
      );
      return rows[0]?.asked;
    },
    async keep(messageId, asked) {
      await database.prepared(
        'decisioning.keep-answered',
        `insert into decisioning.answered_keys (message_id, asked) values ($1, $2)
         on conflict do nothing`,
        [messageId, asked],
      );
    },
  };
}
