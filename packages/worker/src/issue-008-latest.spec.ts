// Issue 8: one that was frozen while it told the latest state told it after a newer one.
import { expect, it } from 'vitest';
import type { Line } from './define.ts';
import { MemoryDatabase } from './memory-database.ts';
import { LANE, toyBroker, toyMember } from './toy-ground.fixture.ts';
import { applicationIds, LENDER, toyLine, turnOf, withdrawn } from './turn.fixture.ts';

const [ONE] = applicationIds(1, LANE) as [string];
const LATEST = `saidao.latest-decisions.${LENDER}.v1`;

it('tells nothing once its lane is another’s, and its turn is not done', async () => {
  const broker = toyBroker(LATEST);
  // After a minute PostgreSQL has let a frozen client's locks go: nobody waits for them.
  const server = new MemoryDatabase({ locks: false });
  let sequence = 0;
  const member = (untilThawed: () => Promise<unknown>) => {
    const line: Line = {
      ...(toyLine() as unknown as Line),
      async presents(_transaction, ids) {
        sequence += 1;
        const state = latest(ids[0]!, sequence);
        await untilThawed();
        return [state];
      },
    };
    return toyMember(broker, server, line);
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
