// Issue 8: one that was frozen while it told the latest state told it after a newer one.
import { MemoryBroker } from '@saidao/event-log';
import { workerTopics } from '@saidao/schemas';
import { expect, it } from 'vitest';
import type { Line } from './define.ts';
import { createEnvelopeReader } from './envelope.ts';
import { inputsOf } from './line-runner.ts';
import { MemoryDatabase } from './memory-database.ts';
import { Observer } from './observe.ts';
import { createTurnRunner } from './turn.ts';
import {
  applicationIds,
  LENDER,
  PARTITIONS,
  PLEDGES,
  toyLine,
  turnOf,
  withdrawn,
} from './turn.fixture.ts';

const LANE = 2;
const [ONE] = applicationIds(1, LANE) as [string];
const LATEST = `saidao.latest-decisions.${LENDER}.v1`;

it('tells nothing once its lane is another’s, and its turn is not done', async () => {
  const broker = new MemoryBroker();
  // After a minute PostgreSQL has let a frozen client's locks go: nobody waits for them.
  const server = new MemoryDatabase({ locks: false });
  const toy = toyLine() as unknown as Line;
  const inputs = inputsOf(toy, [LENDER]);
  const names = [...inputs.keys(), PLEDGES, LATEST, workerTopics('toy').deadLetter];
  broker.create(names.map((name) => ({ name, partitions: PARTITIONS })));
  let sequence = 0;
  const member = (untilThawed: () => Promise<unknown>) => {
    const line: Line = {
      ...toy,
      async presents(_transaction, ids) {
        sequence += 1;
        const state = latest(ids[0]!, sequence);
        await untilThawed();
        return [state];
      },
    };
    const client = { line, database: server.connect(), log: broker.connect() };
    return createTurnRunner({
      ...{ ...client, inputs, partitions: PARTITIONS, observer: new Observer() },
      reader: createEnvelopeReader({ inputs, partitions: PARTITIONS, lenders: [LENDER] }),
      ...{ clock: () => 1_000, gatherBudgetMs: 1_000, publishBudgetMs: 1_000, onTimers: () => {} },
    });
  };
  const frozen = Promise.withResolvers<void>();
  const thawed = Promise.withResolvers<void>();
  let isOwned = true;
  const zombie = member(() => {
    frozen.resolve();
    return thawed.promise;
  }).run(turnOf(LANE, [withdrawn(ONE, 1, 'a')], () => isOwned));
  await frozen.promise;
  isOwned = false;
  const next = member(() => Promise.resolve());
  await next.run(turnOf(LANE, [withdrawn(ONE, 1, 'a'), withdrawn(ONE, 2, 'b')]));
  thawed.resolve();
  expect(await zombie).toEqual({ taken: 0 });
  const told = broker.partition(LATEST, LANE).records;
  expect(told.map(({ headers }) => String(headers['ce_sequence']))).toEqual(['2']);
});

function latest(applicationId: string, sequence: number) {
  const [correlationId, causationId] = ['journey', 'cause'];
  const data = {
    ...{ applicationId, revision: 1, lenderId: LENDER, status: 'APPROVED', productId: 'p' },
    ...{ sequence: BigInt(sequence), decidedAt: 0n, reasons: [], amount: null, ratePpm: null },
    ...{ about: null, terms: null, tier: null, policy: null, offerExpiresAt: null },
  };
  const event = { type: 'LatestDecision' as const, data: data as never };
  return { ...{ applicationId, sequence, correlationId, causationId }, event };
}
