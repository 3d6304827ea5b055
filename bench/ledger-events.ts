// What the lines around the book say of loans in a bench: authorisations, and the rail's confirmations.
import { createHash } from 'node:crypto';
import { partitionOf, type KafkaEventLog, type OutgoingRecord } from '@saidao/event-log';
import {
  encode,
  topicName,
  topicOf,
  type DisbursementAuthorised,
  type EventMap,
  type PayoutConfirmed,
} from '@saidao/schemas';
import { cny, uuidV7 } from '@saidao/values';
import { writeRecord } from '@saidao/worker';
import { LENDERS, PARTITIONS } from './place.ts';

const AUTHORISED_MS = Date.parse('2026-11-20T01:00:00Z');
const PAID_MS = AUTHORISED_MS + 60_000;
/** Below the amount above which a payment is entrusted: one payout for each loan. */
const AMOUNT_FEN = 50_000_000n;
const RECORDS_AT_ONCE = 2_000;
const BORROWER = '浙江示例智能锁科技有限公司';
const USCC = '91330100MA2H000142';

/** Those of a run: `from` on, `count` of them; no two runs of a ground share one. */
export interface Loans {
  readonly from: number;
  readonly count: number;
}

export interface BenchLoan {
  readonly applicationId: string;
  readonly authorisationId: string;
  readonly loanId: string;
  readonly payoutId: string;
  readonly lenderId: string;
  readonly amountFen: bigint;
}

export function* loansOf({ from, count }: Loans): Generator<BenchLoan> {
  for (let index = from; index < from + count; index += 1) {
    const random = createHash('sha256').update(`ledger/${index}`).digest().subarray(0, 10);
    const applicationId = uuidV7(AUTHORISED_MS + index, random);
    const authorisationId = `${applicationId}/authorisation/1`;
    yield {
      applicationId,
      authorisationId,
      loanId: `${applicationId}-L1`,
      payoutId: `${authorisationId}/1`,
      lenderId: LENDERS[index % LENDERS.length] ?? LENDERS[0],
      amountFen: AMOUNT_FEN + BigInt(index),
    };
  }
}

export function sendAuthorisations(log: KafkaEventLog, loans: Loans): Promise<void> {
  return sendAll(log, loans, authorisedRecord);
}

export function sendConfirmations(log: KafkaEventLog, loans: Loans): Promise<void> {
  return sendAll(log, loans, confirmedRecord);
}

async function sendAll(
  log: KafkaEventLog,
  loans: Loans,
  recordOf: (loan: BenchLoan) => OutgoingRecord,
): Promise<void> {
  let records: OutgoingRecord[] = [];
  for (const loan of loansOf(loans)) {
    records.push(recordOf(loan));
    if (records.length < RECORDS_AT_ONCE) continue;
    await log.send(records);
    records = [];
  }
  if (records.length > 0) await log.send(records);
}

function authorisedRecord(loan: BenchLoan): OutgoingRecord {
  const { applicationId, authorisationId, lenderId, amountFen } = loan;
  const amount = cny(amountFen);
  const data: DisbursementAuthorised = {
    applicationId,
    revision: 1,
    lenderId,
    authorisationId,
    approvalId: `${applicationId}/approval/1`,
    terms: {
      amount,
      termMonths: 24,
      ratePpm: 34_500,
      lprPpm: 30_000,
      lprDate: '2026-11-20',
      addOnPpm: 4_500,
      repayment: 'EQUAL_INSTALMENT',
      purpose: 'motors and chips for smart locks',
      payees: [],
      beneficiary: BORROWER,
      beneficiaryUscc: USCC,
      entrusted: false,
      pledgeRequired: false,
      pledgedPatents: [],
      guarantee: null,
      conditions: [],
    },
    businessDate: '2026-11-20',
    about: null,
    approved: amount,
    verifiedUntil: null,
    guaranteed: null,
    inclusive: [],
  };
  return recordOf('DisbursementAuthorised', data, 'decisioning', AUTHORISED_MS);
}

function confirmedRecord({ applicationId, loanId, payoutId, lenderId, amountFen }: BenchLoan) {
  const data: PayoutConfirmed = {
    applicationId,
    revision: 1,
    lenderId,
    loanId,
    payoutId,
    amount: cny(amountFen),
    railReference: `R20261120${applicationId.slice(-12)}`,
    paidAt: BigInt(PAID_MS),
  };
  return recordOf('PayoutConfirmed', data, 'payout', PAID_MS);
}

/** As the line itself would have appended it: the first of its application on its topic. */
function recordOf<N extends 'DisbursementAuthorised' | 'PayoutConfirmed'>(
  type: N,
  data: EventMap[N],
  line: string,
  timeMs: number,
): OutgoingRecord {
  const { applicationId, lenderId } = data as DisbursementAuthorised | PayoutConfirmed;
  const topic = topicName(topicOf(type), lenderId);
  return writeRecord(
    {
      line,
      topic,
      partition: partitionOf(Buffer.from(applicationId), PARTITIONS),
      applicationId,
      number: 1,
      type,
      lenderId,
      time: new Date(timeMs).toISOString(),
      correlationId: applicationId,
      causationId: `${applicationId}/bench`,
      traceparent: undefined,
    },
    encode(type, data, topic),
  );
}
