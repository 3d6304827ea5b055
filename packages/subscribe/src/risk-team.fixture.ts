// A risk team’s process: writes each decision down in its own database, and says when it runs.
import pg from 'pg';
import { connectKafka, postgresHeads, subscribe, topics } from './index.ts';

const [brokers = '', databaseUrl = '', lender = '', group = ''] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: databaseUrl });
const quiet = { debug: () => undefined, warn: () => undefined };
const log = connectKafka({ brokers: brokers.split(','), clientId: group, logger: quiet });
const heads = postgresHeads(pool, group);
const subscription = await subscribe({
  ...{ log, heads, group, lenders: [lender], topics: [topics.decisions] },
  // A member that was killed is soon given up.
  sessionTimeoutMs: 6_000,
  handle: async ({ applicationId, number }, tx) => {
    await tx.query('insert into effects (application_id, number) values ($1, $2)', [
      applicationId,
      number,
    ]);
  },
  onTrouble: ({ kind, message }) => process.stdout.write(`${kind}: ${message}\n`),
});
process.once('SIGTERM', () => void subscription.stop());
process.stdout.write('runs\n');
await subscription.ended;
await log.close();
await pool.end();
