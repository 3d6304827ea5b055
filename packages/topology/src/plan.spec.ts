// Whose rights a plan takes away, on a broker that says what it has.
import type { Acl, BrokerAdmin } from '@saidao/event-log';
import { expect, it } from 'vitest';
import { textOf } from './differences.ts';
import { planOf, type PlanOptions } from './plan.ts';
import { wantedTopology } from './wanted.ts';

const options: PlanOptions = {
  ...{ lenders: ['exim-zj', 'boc-zj'], channels: ['portal', 'park-desk'], partitions: 2 },
  ...{ replicationFactor: 1, minInSync: 1, rights: true },
};

const brokerWith = (acls: readonly Acl[]) =>
  ({
    topics: () => Promise.resolve(wantedTopology(options).topics),
    acls: () => Promise.resolve(acls),
  }) as unknown as BrokerAdmin;

const mayRead = (principal: string, name: string): Acl => ({
  ...{ principal, resource: 'topic', name, pattern: 'literal', operation: 'read' },
});

it('takes away what a lender and a channel could that are no longer named', async () => {
  const broker = brokerWith(wantedTopology(options).acls);
  expect(await planOf(broker, options)).toEqual([]);
  const left = await planOf(broker, { ...options, lenders: ['exim-zj'], channels: ['portal'] });
  const ofWhoLeft = left.filter((one) => one.kind === 'right-too-many');
  expect(ofWhoLeft.map(textOf)).toEqual(
    expect.arrayContaining([
      '- User:lender-boc-zj may read topic saidao.decisions.boc-zj.v1',
      '- User:lender-boc-zj may read topic saidao.latest-decisions.boc-zj.v1',
      '- User:lender-boc-zj may read groups that begin with lender-boc-zj.',
      '- User:channel-park-desk may write topic saidao.submissions.v1',
    ]),
  );
});

it('leaves the rights of others alone, whatever they are', async () => {
  const { acls } = wantedTopology(options);
  const others = ['User:another-team', 'User:lenders', 'Group:lender-gone', 'User:ANONYMOUS'];
  const broker = brokerWith([
    ...acls,
    ...others.map((principal) => mayRead(principal, 'saidao.submissions.v1')),
  ]);
  expect(await planOf(broker, options)).toEqual([]);
});
