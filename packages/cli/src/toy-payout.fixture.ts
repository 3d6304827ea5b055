// A line as the payout line, but that every instruction ends in not knowing, for specs of commands.
import type { EventLog, OutgoingRecord } from '@saidao/event-log';
import { topics } from '@saidao/schemas';
import { defineLine, type Line } from '@saidao/worker';
import { outgoing } from './case-events.fixture.ts';

const RESULTS = 'saidao.payout-results.v1';

/** While `stumbles` says true it cannot decide anything about an amount of one fen. */
export function toyPayout(stumbles: () => boolean): Line {
  return defineLine({
    name: 'payout',
    consumes: [topics.disbursements],
    when: ['PayoutInstructed'],
    initialState: { revision: 1 },
    decide({ event }) {
      if (event.type !== 'PayoutInstructed') return {};
      const { applicationId, revision, lenderId, loanId, payoutId, amount } = event.data;
      if (stumbles() && amount.minor === 1n) throw new Error('a broken release');
      const data = { applicationId, revision, lenderId, loanId, payoutId, attempts: 1 };
      return { events: [{ type: 'PayoutUnknown', data }] };
    },
    produces: [topics.payoutResults],
  }) as unknown as Line;
}

export function instructed(applicationId: string, number: number, minor = 100n): OutgoingRecord {
  const amount = { minor, currency: 'CNY' };
  const change = { applicationId, payoutId: `o${number}`, amount };
  return outgoing('PayoutInstructed', change, { number, key: applicationId });
}

/** The numbers of the instructions that the toy has answered, in the order of its answers. */
export async function answeredOf(log: EventLog, applicationId: string): Promise<string[]> {
  const causes: string[] = [];
  await log.scan([RESULTS], ({ key, headers }) => {
    if (String(key) === applicationId) causes.push(String(headers['ce_causationid']));
  });
  return causes.map((id) => id.split('/').at(-1) ?? '');
}
