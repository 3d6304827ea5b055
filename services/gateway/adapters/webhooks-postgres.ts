// Webhooks in PostgreSQL, and their deliveries: who tries what, when, and what came of it.
import type { Database, Transaction } from '@saidao/worker';
import type {
  Changed,
  ClaimedDelivery,
  Created,
  DeliveryQueue,
  DeliveryQuestion,
  DeliveryRecord,
  Disabled,
  ReplayQuestion,
  Settling,
  Webhook,
  WebhookFigures,
  WebhookFilter,
  Webhooks,
} from '../webhooks/ports.ts';

type Addressed = WebhookFilter & Pick<Webhook, 'id' | 'lenderId' | 'url'>;

interface WebhookRow extends Record<string, unknown> {
  readonly id: string;
  readonly lender_id: string;
  readonly url: string;
  readonly types: string[] | null;
  readonly product_id: string | null;
  readonly application_id: string | null;
  readonly disabled: Disabled | null;
  readonly generation: number;
  readonly previous_until_ms: bigint | null;
  readonly failing_since_ms: bigint | null;
  readonly created_by: string;
  readonly created_at_ms: bigint;
}

const msOf = (column: string) => `(extract(epoch from ${column}) * 1000)::bigint`;
const at = (parameter: string) => `to_timestamp(${parameter}::bigint / 1000.0)`;

const COLUMNS = `w.id, w.lender_id, w.url, w.types, w.product_id, w.application_id, w.disabled,
  w.generation, ${msOf('w.previous_until')} as previous_until_ms,
  ${msOf('w.failing_since')} as failing_since_ms, w.created_by,
  ${msOf('w.created_at')} as created_at_ms`;

/** What a webhook is told of; `f` is an event of the feed, `w` the webhook. */
const MATCHES = `w.lender_id = f.lender_id
  and (w.types is null or f.type = any(w.types))
  and (w.product_id is null or w.product_id = f.product_id)
  and (w.application_id is null or w.application_id = f.application_id)`;

/**
 * A delivery for each webhook that is told of an event: for a disabled one too, which goes on where
 * it stood. `places`: which numbers of which lenders the turn has recorded.
 */
export async function recordDeliveries(
  transaction: Transaction,
  places: readonly { readonly lenderId: string; readonly first: bigint; readonly last: bigint }[],
): Promise<void> {
  await transaction.prepared(
    'gateway.deliveries',
    `insert into gateway.deliveries (webhook_id, lender_id, number, application_id, status, due_at)
     select w.id, f.lender_id, f.number, f.application_id, 'pending', f.recorded_at
     from unnest($1::text[], $2::bigint[], $3::bigint[]) as places (lender_id, first, last)
     join gateway.feed f on f.lender_id = places.lender_id
       and f.number between places.first and places.last
     join gateway.webhooks w on ${MATCHES}
     -- One that is being removed is waited for, and then has none: a turn never fails for it.
     for key share of w`,
    [
      places.map(({ lenderId }) => lenderId),
      places.map(({ first }) => first),
      places.map(({ last }) => last),
    ],
  );
}

/** `leaseMs`: for how long at most a delivery is taken by who sends it. */
export function webhooksIn(database: Database, leaseMs: number): Webhooks {
  return {
    create: (webhook, max) => create(database, webhook, max),
    async ofLenders(lenderIds) {
      const { rows } = await database.query<WebhookRow>(
        `select ${COLUMNS} from gateway.webhooks w where w.lender_id = any($1::text[])
         order by w.id`,
        [lenderIds],
      );
      return rows.map(webhookOf);
    },
    async find(id) {
      const { rows } = await database.query<WebhookRow>(
        `select ${COLUMNS} from gateway.webhooks w where w.id = $1`,
        [id],
      );
      return rows[0] && webhookOf(rows[0]);
    },
    async change(id, to, nowMs) {
      return await database.transaction(async (transaction): Promise<Changed> => {
        const { rows } = await transaction.query<Pick<WebhookRow, 'lender_id' | 'disabled'>>(
          'select lender_id, disabled from gateway.webhooks where id = $1 for update',
          [id],
        );
        const [old] = rows;
        if (old === undefined) return { kind: 'gone' };
        // One of two that are alike may always be disabled.
        const enabled = { ...to, lenderId: old.lender_id, id };
        const alike = to.disabled === null ? await alikeOf(transaction, enabled) : undefined;
        if (alike !== undefined) return { kind: 'alike', id: alike };
        await transaction.query(
          `update gateway.webhooks set url = $2, types = $3, product_id = $4, application_id = $5,
             disabled = $6,
             failing_since = case when $6::text is null then null else failing_since end
           where id = $1`,
          [id, to.url, to.types, to.productId, to.applicationId, to.disabled],
        );
        if (to.disabled !== null || old.disabled === null) return { kind: 'changed' };
        // What is due within the time of a request may be on its way: it would go twice at once.
        await transaction.query(
          `update gateway.deliveries set status = 'pending', due_at = ${at('$2')},
             attempts = case status when 'failed' then 0 else attempts end,
             first_attempted_at = case status when 'failed' then null else first_attempted_at end
           where webhook_id = $1 and status <> 'delivered' and due_at > ${at('$3')}`,
          [id, nowMs, nowMs + leaseMs],
        );
        return { kind: 'changed' };
      });
    },
    async rotate(id, previousUntilMs) {
      const { rows } = await database.query<WebhookRow>(
        `update gateway.webhooks w set generation = generation + 1, previous_until = ${at('$2')}
         where w.id = $1 returning ${COLUMNS}`,
        [id, previousUntilMs],
      );
      return rows[0] && webhookOf(rows[0]);
    },
    async remove(id) {
      // Its deliveries go with it; who notes one just now locks the two the other way round, and
      // whoever of them is told of a deadlock begins anew.
      await database.transaction((transaction) =>
        transaction.query('delete from gateway.webhooks where id = $1', [id]),
      );
    },
    deliveries: (question) => deliveries(database, question),
    replay: (webhook, question, nowMs) => replay(database, webhook, question, nowMs, leaseMs),
  };
}

async function create(database: Database, webhook: Webhook, max: number): Promise<Created> {
  return database.transaction(async (transaction) => {
    const alike = await alikeOf(transaction, webhook);
    if (alike !== undefined) return { kind: 'alike', id: alike };
    const { rowCount } = await transaction.query(
      `insert into gateway.webhooks
         (id, lender_id, url, types, product_id, application_id, created_by, created_at)
       select $1, $2, $3, $4, $5, $6, $7, ${at('$8')}
       where (select count(*) from gateway.webhooks where lender_id = $2) < $9`,
      [
        webhook.id,
        webhook.lenderId,
        webhook.url,
        webhook.types,
        webhook.productId,
        webhook.applicationId,
        webhook.createdBy,
        webhook.createdAtMs,
        max,
      ],
    );
    return { kind: rowCount === 1 ? 'created' : 'full' };
  });
}

/**
 * Another webhook of the lender that has this address and is told of the same. From now on no other
 * transaction looks, so that two at once do not both find none, or the last place.
 */
async function alikeOf(
  transaction: Transaction,
  { id, lenderId, url, types, productId, applicationId }: Addressed,
): Promise<string | undefined> {
  await transaction.query('select pg_advisory_xact_lock(hashtext($1))', [
    `saidao webhooks of ${lenderId}`,
  ]);
  const { rows } = await transaction.query<{ id: string }>(
    `select id from gateway.webhooks
     where lender_id = $1 and url = $2
       and coalesce(types @> $3 and types <@ $3, types is null and $3::text[] is null)
       and product_id is not distinct from $4 and application_id is not distinct from $5
       and id <> $6
     order by id limit 1`,
    [lenderId, url, types, productId, applicationId, id],
  );
  return rows[0]?.id;
}

function webhookOf(row: WebhookRow): Webhook {
  return {
    id: row.id,
    lenderId: row.lender_id,
    url: row.url,
    types: row.types,
    productId: row.product_id,
    applicationId: row.application_id,
    disabled: row.disabled,
    generation: row.generation,
    previousUntilMs: numberOf(row.previous_until_ms),
    failingSinceMs: numberOf(row.failing_since_ms),
    createdBy: row.created_by,
    createdAtMs: Number(row.created_at_ms),
  };
}

const numberOf = (ms: bigint | null) => (ms === null ? null : Number(ms));

async function deliveries(
  database: Database,
  { webhookId, status, after, limit }: DeliveryQuestion,
): Promise<readonly DeliveryRecord[]> {
  const { rows } = await database.query<{
    number: bigint;
    event_id: string;
    type: string;
    application_id: string;
    status: DeliveryRecord['status'];
    attempts: number;
    attempted_at_ms: bigint | null;
    code: number | null;
    answer: string | null;
    fault: string | null;
    next_try_at_ms: bigint | null;
  }>(
    `select d.number, f.event_id, f.type, d.application_id, d.status, d.attempts,
       ${msOf('d.attempted_at')} as attempted_at_ms, d.code, d.answer, d.fault,
       case when d.status = 'pending' and d.due_at < 'infinity'
         then ${msOf('d.due_at')} end as next_try_at_ms
     from gateway.deliveries d join gateway.feed f using (lender_id, number)
     where d.webhook_id = $1 and d.number > $2 and ($3::text is null or d.status = $3)
     order by d.number limit $4`,
    [webhookId, after, status ?? null, limit],
  );
  return rows.map((row) => ({
    number: row.number,
    eventId: row.event_id,
    type: row.type,
    applicationId: row.application_id,
    status: row.status,
    attempts: row.attempts,
    attemptedAtMs: numberOf(row.attempted_at_ms),
    code: row.code,
    answer: row.answer,
    fault: row.fault,
    nextTryAtMs: numberOf(row.next_try_at_ms),
  }));
}

/**
 * What is on its way stays as it is, and what is asked for of its application waits for it: else it
 * would be due, and go twice at once, as soon as that is taken. What was held back behind a failed
 * one is due again too: what is asked for, and the others of its application.
 */
async function replay(
  database: Database,
  webhook: Webhook,
  { from, fromMs, only, failed, limit }: ReplayQuestion,
  nowMs: number,
  leaseMs: number,
): Promise<{ readonly count: number; readonly next: bigint | null }> {
  const { rows } = await database.query<{ count: bigint; next: bigint | null }>(
    `with wanted as (
       select w.id, f.lender_id, f.number, f.application_id
       from gateway.webhooks w join gateway.feed f on ${MATCHES}
       where w.id = $1
         and ($2::bigint is null or f.number >= $2)
         and ($3::bigint is null or f.recorded_at >= ${at('$3')})
         and ($4::bigint is null or f.number = $4)
         and (not $5::boolean or exists (select from gateway.deliveries d
           where d.webhook_id = w.id and d.number = f.number and d.status = 'failed'))
       order by f.number limit $6 for key share
     ), given as (
       insert into gateway.deliveries as d
         (webhook_id, lender_id, number, application_id, status, due_at)
       select id, lender_id, number, application_id, 'pending',
         -- One that was tried and is due within the time of a request may be on its way.
         greatest(${at('$7')}, (select max(o.due_at) from gateway.deliveries o
           where o.webhook_id = wanted.id and o.application_id = wanted.application_id
             and o.status = 'pending' and o.attempts > 0 and o.due_at <= ${at('$8')}))
       from wanted
       on conflict (webhook_id, number)
         do update set status = 'pending', attempts = 0, first_attempted_at = null,
           due_at = excluded.due_at
         where d.status <> 'pending' or d.due_at = 'infinity'
       returning application_id, number
     ), released as (
       update gateway.deliveries set due_at = ${at('$7')}
       where webhook_id = $1 and status = 'pending' and due_at = 'infinity'
         and application_id in (select application_id from given)
         and number not in (select number from given)
     )
     select (select count(*) from given) as count,
       -- What had failed is pending now: who asks again is told of the others.
       case when count(*) = $6 and not $5 then max(number) + 1 end as next from wanted`,
    [
      ...[webhook.id, from ?? null, fromMs ?? null, only ?? null, failed === true, limit],
      ...[nowMs, nowMs + leaseMs],
    ],
  );
  const { count = 0n, next = null } = rows[0] ?? {};
  return { count: Number(count), next };
}

/**
 * Makes due again what was held back behind a failed one that is kept no more; nothing else would.
 * At most so many of the lender's, those that another has in hand the next time.
 */
export async function releaseDeliveries(
  database: Database,
  lenderId: string,
  nowMs: number,
  limit: number,
): Promise<void> {
  await database.query(
    `with held as (
       select d.webhook_id, d.number from gateway.webhooks w
       join gateway.deliveries d on d.webhook_id = w.id
       where w.lender_id = $1 and d.status = 'pending' and d.due_at = 'infinity'
         and not exists (select from gateway.deliveries f
           where f.webhook_id = d.webhook_id and f.application_id = d.application_id
             and f.number < d.number and f.status = 'failed')
       order by d.webhook_id, d.number limit $3 for update of d skip locked
     )
     update gateway.deliveries d set due_at = ${at('$2')} from held
     where d.webhook_id = held.webhook_id and d.number = held.number`,
    [lenderId, nowMs, limit],
  );
}

export function deliveryQueueIn(database: Database): DeliveryQueue {
  return {
    async due(nowMs) {
      const { rows } = await database.prepared<WebhookRow>(
        'gateway.due',
        `select ${COLUMNS} from gateway.webhooks w
         where w.disabled is null and exists (select from gateway.deliveries d
           where d.webhook_id = w.id and d.status = 'pending' and d.due_at <= ${at('$1')})`,
        [nowMs],
      );
      return rows.map(webhookOf);
    },
    claim: (...asked) => claim(database, ...asked),
    settle: (settling) => settle(database, settling),
    figures: () => figures(database),
  };
}

async function figures(database: Database): Promise<WebhookFigures> {
  const waiting = `filter (where d.status = 'pending' and d.due_at < 'infinity')`;
  const { rows } = await database.query<{
    pending: bigint;
    oldest: bigint | null;
    failed: bigint;
  }>(
    `select count(*) ${waiting} as pending, ${msOf(`min(d.due_at) ${waiting}`)} as oldest,
       count(*) filter (where d.status = 'failed') as failed
     from gateway.deliveries d join gateway.webhooks w on w.id = d.webhook_id
     where d.status <> 'delivered' and w.disabled is null`,
  );
  const { rows: states } = await database.query<{ state: string; count: bigint }>(
    `select coalesce(disabled, 'enabled') as state, count(*) as count
     from gateway.webhooks group by 1`,
  );
  const { pending = 0n, oldest = null, failed = 0n } = rows[0] ?? {};
  return {
    pending: Number(pending),
    failed: Number(failed),
    oldestDueAtMs: numberOf(oldest),
    states: states.map(({ state, count }) => ({ state, count: Number(count) })),
  };
}

/** Of what is due, when some of it is to be taken: there may be much that is not first. */
const LOOKED_AT_MAX = 200;

/**
 * The first of an application is the one with the least number that is not delivered. What is not
 * the first is put off: behind a failed one for good, behind another until that is tried next. So a
 * round never looks at the same ones in vain.
 */
async function claim(
  database: Database,
  webhookId: string,
  limit: number,
  nowMs: number,
  untilMs: number,
): Promise<readonly ClaimedDelivery[]> {
  const rows = await database.transaction(async (transaction) => {
    const { rows: due } = await transaction.prepared<{ number: bigint }>(
      'gateway.lock-due',
      `select number from gateway.deliveries
       where webhook_id = $1 and status = 'pending' and due_at <= ${at('$2')}
       order by due_at, number limit ${LOOKED_AT_MAX} for update skip locked`,
      [webhookId, nowMs],
    );
    if (due.length === 0) return [];
    // A statement of its own sees what was settled before the locks were there; who settles later
    // waits for them. Else one that has just become the first could be put off.
    const numbers = due.map(({ number }) => number);
    const values = [webhookId, limit, numbers, untilMs];
    return (await transaction.prepared<ClaimedRow>('gateway.claim', CLAIM, values)).rows;
  });
  return rows.map((row) => ({
    number: row.number,
    applicationId: row.application_id,
    attempt: row.attempts,
    content: row.content,
  }));
}

interface ClaimedRow extends Record<string, unknown> {
  readonly number: bigint;
  readonly application_id: string;
  readonly attempts: number;
  readonly content: string;
}

const CLAIM = `with placed as materialized (
    select due.number, head.number as head, head.status, head.due_at
    from gateway.deliveries due
    cross join lateral (
      select o.number, o.status, o.due_at from gateway.deliveries o
      where o.webhook_id = due.webhook_id and o.application_id = due.application_id
        and o.status <> 'delivered'
      order by o.number limit 1
    ) head
    where due.webhook_id = $1 and due.number = any($3::bigint[])
  ), chosen as materialized (
    select number from placed where number = head order by number limit $2
  ), put_off as (
    update gateway.deliveries d set due_at = case
        when placed.status = 'failed' then 'infinity'
        else greatest(placed.due_at, ${at('$4')}) end
    from placed
    where d.webhook_id = $1 and d.number = placed.number and placed.number <> placed.head
  ), taken as (
    update gateway.deliveries d set attempts = d.attempts + 1, due_at = ${at('$4')}
    from chosen
    where d.webhook_id = $1 and d.number = chosen.number
    returning d.lender_id, d.number, d.application_id, d.attempts
  )
  select taken.number, taken.application_id, taken.attempts, f.content
  from taken join gateway.feed f using (lender_id, number) order by taken.number`;

async function settle(database: Database, settling: Settling): Promise<void> {
  const { webhookId, delivery, settled, answered, beganAtMs, nowMs } = settling;
  const [code, answer, fault] =
    answered.kind === 'answered'
      ? [answered.code, answered.answer, null]
      : [null, null, answered.fault];
  await database.transaction(async (transaction) => {
    const { rowCount } = await transaction.query(
      `update gateway.deliveries set status = $4, code = $5, answer = $6, fault = $7,
         due_at = case $4 when 'pending' then ${at('$8')} when 'failed' then 'infinity'
           else due_at end,
         attempted_at = ${at('$9')},
         -- Of the first that is noted: who made the first of all may have been killed.
         first_attempted_at = coalesce(first_attempted_at, ${at('$9')})
       where webhook_id = $1 and number = $2 and attempts = $3 and status = 'pending'`,
      [
        webhookId,
        delivery.number,
        delivery.attempt,
        settled.status,
        code,
        answer,
        fault,
        settled.status === 'pending' ? settled.dueAtMs : null,
        beganAtMs,
      ],
    );
    if (rowCount === 0) return;
    if (settled.status === 'delivered') {
      await transaction.query(
        `update gateway.deliveries set due_at = ${at('$4')}
         where webhook_id = $1 and number = (
           select min(number) from gateway.deliveries
           where webhook_id = $1 and application_id = $2 and number > $3 and status = 'pending')`,
        [webhookId, delivery.applicationId, delivery.number, nowMs],
      );
      await transaction.query(
        `update gateway.webhooks set failing_since = null
         where id = $1 and failing_since is not null`,
        [webhookId],
      );
      return;
    }
    await transaction.query(
      `update gateway.webhooks w set failing_since = coalesce(failing_since, ${at('$3')}),
         disabled = case
           when $4::boolean then 'GONE'
           when $5::boolean and failing_since <= (select first_attempted_at
             from gateway.deliveries where webhook_id = $1 and number = $2) then 'FAILING'
           else disabled end
       where w.id = $1`,
      [
        webhookId,
        delivery.number,
        beganAtMs,
        settled.status === 'pending' && settled.gone,
        settled.status === 'failed',
      ],
    );
  });
}
