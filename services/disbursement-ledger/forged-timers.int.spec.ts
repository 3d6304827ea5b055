// Timers that the ledger's lines never set: none stops a line, and none silences a genuine one.
import type { OutgoingRecord } from '@saidao/event-log';
import { encode, workerTopics, type LineName } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import { writeRecord } from '@saidao/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { LENDER, plain } from './book.fixture.ts';
import { AVAILABILITY_END, VERIFICATION_OVER } from './booking/reserve.ts';
import { UNPAID } from './booking/unpaid.ts';
import { STEP } from './days.decide.ts';
import { application, laneOf, openLedger, recordOf, type Ledger } from './ledger.fixture.ts';
import { LOAN_CHANGED } from './loan/loan.decide.ts';
import { ASK_AGAIN } from './payout.decide.ts';

let ledger: Ledger;

beforeAll(async () => {
  ledger = await openLedger(inject('databaseUrl'));
  await ledger.start();
});

afterAll(() => ledger.close());

/** More than would pause a line if they failed alike without a code. */
const BURST = 14;
let serial = 0;

function forged(
  line: LineName,
  applicationId: string,
  said: { readonly name: string; readonly detail: string; readonly revision?: number },
) {
  serial += 1;
  const topic = workerTopics(line).timers;
  const timerId = `forged ${serial}`;
  const identity = { applicationId, revision: 0, lenderId: LENDER, timerId, dueAt: 0n };
  return writeRecord(
    {
      ...{ line, topic, applicationId, number: undefined, id: timerId, type: 'TimerDue' },
      ...{ partition: laneOf(applicationId), lenderId: LENDER, correlationId: applicationId },
      ...{ time: '2026-11-20T01:00:00.000Z', causationId: 'test', traceparent: undefined },
    },
    encode('TimerDue', { ...identity, ...said }, topic),
  );
}

async function deadLetterCodes(line: LineName): Promise<string[]> {
  const codes: string[] = [];
  await ledger.log.scan([workerTopics(line).deadLetter], ({ headers }) =>
    codes.push(String(headers['x-dlq-code'])),
  );
  return codes;
}

/** A loan of the lane of another. */
function neighbourOf(applicationId: string) {
  for (;;) {
    const one = application(plain());
    if (laneOf(one.applicationId) === laneOf(applicationId)) return one;
  }
}

/** Sends timers to the lines, and waits until each has read its own. */
async function sendAll(lines: readonly LineName[], timers: (line: LineName) => OutgoingRecord[]) {
  await ledger.log.send(lines.flatMap(timers));
  await eventually('the timers are read', async () => {
    const lags = await Promise.all(
      lines.map((line) => ledger.log.lag(`saidao.${line}`, [workerTopics(line).timers])),
    );
    return lags.flat().every(({ lag }) => lag === 0n);
  });
}

const disburse = async (one: ReturnType<typeof application>) => {
  await ledger.log.send([recordOf('DisbursementAuthorised', one.authorised)]);
  await ledger.told(one.applicationId, 'LoanDisbursed');
};

test.each([LOAN_CHANGED, UNPAID, AVAILABILITY_END, VERIFICATION_OVER, ASK_AGAIN, STEP])(
  'a burst of timers %s that say nothing stops neither line',
  async (name) => {
    const one = application(plain());
    await disburse(one);
    await sendAll(['book', 'payout', 'days'], (line) =>
      Array.from({ length: BURST }, () =>
        forged(line, one.applicationId, { name, detail: 'null' }),
      ),
    );
    await disburse(neighbourOf(one.applicationId));
    expect(await deadLetterCodes('book')).toEqual([]);
    expect(await deadLetterCodes('payout')).toEqual([]);
  },
);

test('a burst of timers that cannot be read is set aside, and stops neither line', async () => {
  const one = application(plain());
  await disburse(one);
  const details = ['no JSON', '5', '"loan"', '["loan"]'];
  await sendAll(['book', 'payout'], (line) =>
    details.flatMap((detail) =>
      Array.from({ length: BURST }, () =>
        forged(line, one.applicationId, { name: LOAN_CHANGED, detail }),
      ),
    ),
  );
  await disburse(neighbourOf(one.applicationId));
  for (const line of ['book', 'payout'] as const) {
    const expected = Array.from({ length: details.length * BURST }, () => 'SAIDAO_TIMER');
    expect(await deadLetterCodes(line)).toEqual(expected);
  }
});

test('a timer of the last revision there is silences no genuine one', async () => {
  const beneficiary = 'silent until asked again';
  const one = application(plain({ beneficiary }));
  const { applicationId } = one;
  await ledger.world.behave({ provider: 'rail', subject: beneficiary, mode: 'silent' });
  await ledger.log.send([recordOf('DisbursementAuthorised', one.authorised)]);
  await ledger.told(applicationId, 'PayoutUnknown');
  const before = (await deadLetterCodes('payout')).length;
  const said = { name: ASK_AGAIN, detail: 'null', revision: 2 ** 31 - 1 };
  await ledger.log.send([forged('payout', applicationId, said)]);
  await eventually('it is refused', async () => {
    const codes = await deadLetterCodes('payout');
    return codes.length === before + 1 && codes.at(-1) === 'SAIDAO_TIMER';
  });
  await ledger.world.behave({ provider: 'rail', subject: beneficiary, mode: 'normal' });
  await ledger.told(applicationId, 'LoanDisbursed');
  expect(await ledger.moved(applicationId)).toHaveLength(1);
});
