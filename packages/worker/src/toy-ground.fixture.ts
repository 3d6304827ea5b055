// One member of the toy line on a log and a database in memory, and what comes of what it is given.
import { MemoryBroker, type IncomingRecord } from '@saidao/event-log';
import { topics, workerTopics } from '@saidao/schemas';
import type { Line } from './define.ts';
import { createEnvelopeReader } from './envelope.ts';
import { inputsOf } from './line-runner.ts';
import { MemoryDatabase } from './memory-database.ts';
import { Observer, type Alarm } from './observe.ts';
import { incomingHeaders } from './stored-records.ts';
import type { Tracing } from './tracing.ts';
import { createTurnRunner, type TurnRunner } from './turn.ts';
import {
  door,
  LENDER,
  PARTITIONS,
  PLEDGES,
  recordOf,
  toyLine,
  turnOf,
  type RecordOptions,
} from './turn.fixture.ts';

export const LANE = 2;
export const NOW_MS = Date.UTC(2026, 10, 20, 1);
const { replay: REPLAY, deadLetter: DEAD_LETTER } = workerTopics('toy');

/** A broker with the toy line's topics, and these. */
export function toyBroker(...more: readonly string[]): MemoryBroker {
  const broker = new MemoryBroker({ now: () => NOW_MS });
  const inputs = inputsOf(toyLine() as unknown as Line, [LENDER]);
  const names = [...inputs.keys(), PLEDGES, DEAD_LETTER, ...more];
  broker.create(names.map((name) => ({ name, partitions: PARTITIONS })));
  return broker;
}

/** One of as many as are asked for, after one another or beside each other. */
export function toyMember(
  broker: MemoryBroker,
  server: MemoryDatabase,
  line: Line = toyLine() as unknown as Line,
  observer: Observer = new Observer(),
  tracing?: Tracing,
): TurnRunner {
  const samples = tracing?.samples;
  const inputs = inputsOf(line, [LENDER]);
  return createTurnRunner({
    ...{ line, database: server.connect(), log: broker.connect(), inputs, observer, tracing },
    ...{ partitions: PARTITIONS, gatherBudgetMs: 1_000, publishBudgetMs: 1_000 },
    reader: createEnvelopeReader({ inputs, partitions: PARTITIONS, lenders: [LENDER], samples }),
    clock: () => NOW_MS,
    onTimers: () => {},
  });
}

export function toyGround(line?: Line, tracing?: Tracing) {
  const broker = toyBroker();
  const server = new MemoryDatabase();
  const alarms: Alarm[] = [];
  const observer = new Observer();
  observer.on('alarm', (alarm) => alarms.push(alarm));
  const runner = toyMember(broker, server, line, observer, tracing);
  const on = (topic: string) => broker.partition(topic, LANE).records;
  return {
    ...{ broker, alarms, runner },
    run: (...records: IncomingRecord[]) => runner.run(turnOf(LANE, records)),
    /** The inputs that led to something, in the order of what they led to. */
    causes: () => on(PLEDGES).map(({ headers }) => String(headers['ce_causationid'])),
    deadLetters: () => on(DEAD_LETTER).map(({ headers }) => String(headers['x-dlq-code'])),
    outcomes: () =>
      server
        .table<{ outcome: string }>('toy.replays')
        .all()
        .map((row) => row.outcome),
    parked: () => server.table('toy.parked').all().length,
    timers: () => server.table<{ traceparent: string }>('toy.timers').all(),
  };
}

let requests = 0;

/** What `saidao replay` and `saidao dead-letters` send, each time another message. */
export function asked(
  action: 'REPLAY' | 'DISCARD' | 'REDELIVER',
  record: IncomingRecord,
  who: { readonly actor?: string; readonly reason?: string } = {},
): IncomingRecord {
  requests += 1;
  const { topic, partition, offset, key, timestampMs } = record;
  // What is given up is not copied once more.
  const value = action === 'DISCARD' ? null : record.value;
  const data = {
    ...{ action, actor: 'sre', reason: 'to be sure', ...who, topic, partition, offset, key, value },
    ...{ number: null, messageId: null, timestamp: BigInt(timestampMs) },
    headers: incomingHeaders(record.headers),
  };
  const id = `asked-${requests}`;
  return recordOf(REPLAY, String(key), id, 'ReplayRequested', data, { partition: LANE });
}

export function reviewed(
  applicationId: string,
  id: string,
  reason: string,
  options: RecordOptions = {},
): IncomingRecord {
  const data = {
    ...{ applicationId, revision: 1, lenderId: LENDER, officer: 'officer-a', role: 'officer' },
    ...{ verdict: 'APPROVE', reason, reasonCode: null, overrideCode: null },
    ...{ amount: null, termMonths: null },
  };
  return door(topics.reviewActions, id, 'ReviewSubmitted', data as never, options);
}
