// Heads in PostgreSQL, written in the transaction in which the effect of an event is written.
import type pg from 'pg';
import type { Envelope } from './envelope.ts';
import { refuseBackward, type HeadStore, type HeldHead, type Place } from './heads.ts';

export interface PostgresHeads extends HeadStore<pg.PoolClient> {
  /** Makes the two tables where they are missing; needs the right to create in the schema. */
  createTables(): Promise<void>;
}

interface HeadRow {
  /** bigint as text; null: nothing taken. */
  readonly number: string | null;
  readonly parked_from: string | null;
}

interface WaitingRow extends HeadRow {
  readonly topic: string;
  readonly application_id: string;
}

/**
 * `subscription` names whose heads these are, so that several keep theirs in one database. An
 * event that is being taken holds one connection of the pool: a `handle` that takes another one of
 * the same pool, instead of the `tx` it is given, can wait for itself.
 */
export function postgresHeads(pool: pg.Pool, subscription: string): PostgresHeads {
  return {
    async createTables() {
      await pool.query(TABLES);
    },
    async read(topic, applicationIds) {
      const { rows } = await pool.query<{ application_id: string; number: string }>(
        `select application_id, number from saidao_heads as heads
         where subscription = $1 and topic = $2 and application_id = any($3)
           and number is not null and not exists (
             select from saidao_parked as parked where parked.subscription = heads.subscription
               and parked.topic = heads.topic and parked.application_id = heads.application_id)`,
        [subscription, topic, applicationIds],
      );
      return new Map(rows.map((row) => [row.application_id, Number(row.number)]));
    },
    async hold(place, work) {
      const client = await pool.connect();
      let broken: Error | undefined;
      const onLost = (error: Error): void => void (broken = error);
      // Said besides to whoever holds it; with nobody to listen Node would end the process.
      client.on('error', onLost);
      try {
        await client.query('begin');
        const result = await work(await heldHead(client, subscription, place));
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch((failure: Error) => (broken = failure));
        throw error;
      } finally {
        client.off('error', onLost);
        client.release(broken);
      }
    },
    async parkedPlaces() {
      const { rows } = await pool.query<WaitingRow>(
        `select topic, application_id, heads.number, min(parked.number) as parked_from
         from saidao_parked as parked
         left join saidao_heads as heads using (subscription, topic, application_id)
         where subscription = $1 group by topic, application_id, heads.number`,
        [subscription],
      );
      return rows.map(({ topic, application_id: applicationId, ...row }) => ({
        ...{ topic, applicationId, head: numberOf(row.number) },
        parkedFrom: Number(row.parked_from),
      }));
    },
  };
}

async function heldHead(
  client: pg.PoolClient,
  subscription: string,
  { topic, applicationId }: Place,
): Promise<HeldHead<pg.PoolClient>> {
  const key = [subscription, topic, applicationId];
  // Holds the row, whether it was there or is made here. What others had parked before that is
  // seen by the statement after it, which begins when they have ended.
  await client.query(
    `insert into saidao_heads (subscription, topic, application_id) values ($1, $2, $3)
     on conflict (subscription, topic, application_id) do update set topic = excluded.topic`,
    key,
  );
  const { rows } = await client.query<HeadRow>(
    `select number, (select min(number) from saidao_parked
       where subscription = $1 and topic = $2 and application_id = $3) as parked_from
     from saidao_heads where subscription = $1 and topic = $2 and application_id = $3`,
    key,
  );
  let head = numberOf(rows[0]?.number);
  const parkedFrom = numberOf(rows[0]?.parked_from);
  return {
    ...{ tx: client, head, parkedFrom },
    async moveTo(number) {
      refuseBackward(head, number);
      head = number;
      await client.query(
        `update saidao_heads set number = $4, moved_at = now()
         where subscription = $1 and topic = $2 and application_id = $3`,
        [...key, number],
      );
      if (parkedFrom === undefined || parkedFrom > number) return;
      await client.query(
        `delete from saidao_parked where subscription = $1 and topic = $2
           and application_id = $3 and number <= $4`,
        [...key, number],
      );
    },
    async park({ envelope, value }) {
      await client.query(
        `insert into saidao_parked (subscription, topic, application_id, number, envelope, value)
         values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
        [...key, envelope.number, JSON.stringify(envelope), value],
      );
    },
    async firstParked() {
      const { rows: parked } = await client.query<{ envelope: Envelope; value: Buffer | null }>(
        `select envelope, value from saidao_parked where subscription = $1 and topic = $2
           and application_id = $3 order by number limit 1`,
        key,
      );
      return parked[0];
    },
  };
}

const numberOf = (text: string | null | undefined): number | undefined =>
  text == null ? undefined : Number(text);

const TABLES = `
create table if not exists saidao_heads (
  subscription text not null,
  topic text not null,
  application_id text not null,
  number bigint,
  moved_at timestamptz not null default now(),
  primary key (subscription, topic, application_id)
);
create table if not exists saidao_parked (
  subscription text not null,
  topic text not null,
  application_id text not null,
  number bigint not null,
  envelope jsonb not null,
  value bytea,
  parked_at timestamptz not null default now(),
  primary key (subscription, topic, application_id, number)
);`;
