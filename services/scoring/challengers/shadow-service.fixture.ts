// The scoring service with challengers: a real database, a log in memory, and a clock that stands still.
import { MemoryBroker, type IncomingRecord } from '@saidao/event-log';
import { allTopicNames, decode, topics, type EventMap, type ShadowScored } from '@saidao/schemas';
import { eventually, numbering, testDatabase } from '@saidao/testkit';
import { createLogger, startWorker, type AnyLine } from '@saidao/worker';
import { inject } from 'vitest';
import { cases, patentsVerified } from '../cases.fixture.ts';
import { composeScoring } from '../compose.ts';
import { scoringSettings } from '../config.ts';

const PARTITIONS = 3;
const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const NOW_MS = Date.parse('2026-11-20T02:00:00Z');

const applicationIdOf = (at: number): string =>
  `01919d2c-1a00-7000-8000-${String(at).padStart(12, '0')}`;

export interface Said {
  /** What the champion's topic holds of each application: all but the trace, which is chance. */
  readonly scores: readonly object[];
  readonly shadow: readonly ShadowScored[];
}

/**
 * Has the service score every sample case, some of them twice, and resolves with all that it said.
 * `challengers` is the setting; `extra` makes lines that no setting makes.
 */
export async function scoreAll(
  challengers: string | undefined,
  extra: { readonly deadline?: string; readonly lines?: readonly AnyLine[] } = {},
): Promise<Said> {
  const tables = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: async () => undefined,
  });
  const broker = new MemoryBroker();
  const log = broker.connect();
  await log.createTopics(allTopicNames(LENDERS).map((name) => ({ name, partitions: PARTITIONS })));
  const worker = await startWorker({
    service: 'scoring',
    env: {
      KAFKA_BROKERS: 'localhost:1',
      DATABASE_URL: tables.url,
      LENDERS: LENDERS.join(','),
      PARTITIONS: String(PARTITIONS),
      HTTP_PORT: '0',
      CHALLENGERS: challengers,
      CHALLENGER_DEADLINE_MS: extra.deadline ?? '2s',
    },
    settings: scoringSettings,
    migrations: new URL('../migrations/', import.meta.url),
    build(context) {
      const { lines } = composeScoring(context);
      return { lines: [...lines, ...(extra.lines ?? [])] };
    },
    openLog: () => broker.connect(),
    logger: createLogger({ service: 'scoring', level: 'silent' }),
    clock: { nowMs: () => NOW_MS, steadyMs: () => performance.now() },
  });
  try {
    const wanted = await sendAll(log);
    const scores = await untilAll(log, topics.scores.name, wanted);
    const withShadow = challengers !== undefined || extra.lines !== undefined;
    const shadow = await untilAll(log, topics.shadowScores.name, withShadow ? wanted : 0);
    return {
      scores: scores.map(withoutTrace),
      shadow: shadow.map(
        ({ value, topic }) => decode(value ?? Buffer.of(), topic).data as ShadowScored,
      ),
    };
  } finally {
    await worker.stop();
    await log.close();
    await tables.close();
  }
}

type Log = ReturnType<MemoryBroker['connect']>;

/** Resolves with how many scores have to come of what it sends. */
async function sendAll(log: Log): Promise<number> {
  const numbered = numbering();
  let sent = 0;
  const send = async <N extends 'PatentsVerified'>(type: N, data: EventMap[N]): Promise<void> => {
    await log.send([numbered(type, data, { partitions: PARTITIONS, timeMs: NOW_MS })]);
    sent += 1;
  };
  for (const [at, sample] of cases.entries()) {
    const verified = patentsVerified(sample, { applicationId: applicationIdOf(at) });
    await send('PatentsVerified', verified);
    if (at % 2 === 0) await send('PatentsVerified', { ...verified, round: 2 });
  }
  return sent;
}

async function untilAll(log: Log, topic: string, wanted: number): Promise<IncomingRecord[]> {
  return eventually(`${wanted} records of ${topic}`, async () => {
    const records: IncomingRecord[] = [];
    await log.scan([topic], (record) => records.push(record));
    return records.length >= wanted && records;
  });
}

function withoutTrace({ partition, key, value, headers }: IncomingRecord): object {
  const { traceparent: _traceparent, ...others } = headers;
  const texts = Object.entries(others).map(([name, text]) => [name, String(text)]);
  return { partition, key: String(key), value: value?.toString('hex'), headers: texts };
}
