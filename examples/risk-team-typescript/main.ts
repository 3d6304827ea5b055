// Prints a lender's decisions as they come, each one once, with its reasons in both languages.
import { parseArgs } from 'node:util';
import {
  connectKafka,
  kafkaLogin,
  memoryHeads,
  postgresHeads,
  rebuild,
  subscribe,
  topics,
  type EventOn,
  type HeadStore,
  type LatestDecision,
} from '@saidao/subscribe';
import pg from 'pg';

const usage = 'usage: node main.ts LENDER... [--brokers HOST:PORT] [--group NAME] [--rebuild]';
const { values, positionals: lenders } = parseArgs({
  allowPositionals: true,
  options: {
    brokers: { type: 'string', default: 'localhost:19092' },
    group: { type: 'string' },
    database: { type: 'string' },
    rebuild: { type: 'boolean', default: false },
    'until-end': { type: 'boolean', default: false },
  },
});
if (lenders.length === 0) throw new Error(usage);
const group = values.group ?? `lender-${lenders[0]}.risk-team-typescript`;

const write = (text: string) => process.stdout.write(`${text}\n`);
const warn = (text: string) => process.stderr.write(`${text}\n`);
const logger = { debug: () => undefined, warn: (_fields: object, text: string) => warn(text) };

type Money = NonNullable<LatestDecision['amount']>;
/** Amounts are whole fen: never floats. */
const yuan = ({ minor, currency }: Money) =>
  ` ${minor / 100n}.${String(minor % 100n).padStart(2, '0')} ${currency}`;

/** What was decided, and a line for each reason, the heaviest first. */
function told({ id, type, data }: EventOn): string {
  const terms = 'terms' in data && data.terms !== null ? yuan(data.terms.amount) : '';
  const reasons = 'reasons' in data ? data.reasons : [];
  const lines = reasons.map(({ code, zh, en }) => `\n  ${code} ${zh} / ${en}`);
  return `${id} ${type}${terms}${lines.join('')}`;
}

const log = connectKafka({
  ...{ brokers: values.brokers.split(','), clientId: group, logger },
  ...kafkaLogin(process.env),
});
const pool =
  values.database === undefined ? null : new pg.Pool({ connectionString: values.database });
pool?.on('error', (error) => warn(error.message));

/** Whatever `handle` writes with its `tx` is kept together with the head, or not at all. */
async function read<Tx>(heads: HeadStore<Tx>): Promise<void> {
  const common = {
    log,
    heads,
    lenders,
    onTrouble: (one: { message: string }) => warn(one.message),
  };
  if (values.rebuild) {
    await rebuild({
      ...common,
      handle: (state) => void write(`${state.applicationId} stands at ${state.status}`),
    });
  }
  const subscription = await subscribe({
    ...{ ...common, group, topics: [topics.decisions] },
    handle: (event) => void write(told(event)),
  });
  process.once('SIGINT', () => void subscription.stop());
  if (values['until-end']) {
    const names = lenders.map((lender) => `saidao.decisions.${lender}.v1`);
    const isBehind = async () => (await log.lag(group, names)).some(({ lag }) => lag > 0n);
    while (await isBehind()) await new Promise((resolve) => setTimeout(resolve, 200));
    await subscription.stop();
  }
  await subscription.ended;
}

if (pool === null) await read(memoryHeads());
else {
  const heads = postgresHeads(pool, group);
  await heads.createTables();
  await read(heads);
}
await log.close();
await pool?.end();
