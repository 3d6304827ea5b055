// Falsifies what the whole line has left behind, one thing after the other: a check has to see each.
import { partitionOf, type IncomingRecord, type OutgoingRecord } from '@saidao/event-log';
import { decode, encode, topicName, topicOf, workerTopics, type EventOf } from '@saidao/schemas';
import { openDatabase } from '@saidao/worker';
import type { System } from './system.ts';

/** What was falsified, and what the check has to say of it. */
export type Falsified = readonly (readonly [what: string, finding: RegExp])[];

/** The workers have to be gone: they would answer to some of it. */
export async function falsify(system: System): Promise<Falsified> {
  const { engines, log, lenders, partitions, worldUrl } = system;
  const find = async (type: EventOf['type']): Promise<IncomingRecord> => {
    const found: IncomingRecord[] = [];
    const topic = topicOf(type);
    const names = topic.perLender
      ? lenders.map((lender) => topicName(topic, lender))
      : [topicName(topic)];
    await log.scan(names, (record) => {
      if (String(record.headers['ce_type']) === type) found.push(record);
    });
    const last = found.at(-1);
    if (last === undefined) throw new Error(`There is no ${type} to falsify.`);
    return last;
  };

  const booked = await find('LoanBooked');
  const scored = await find('EnterpriseScored');
  const approved = await find('LoanApproved');
  const authorised = await find('DisbursementAuthorised');
  const received = await find('ApplicationReceived');
  const submitted = await find('ApplicationSubmitted');
  const stranger = '01900000-0000-7000-8000-00000000dead';
  const letter = workerTopics('book').deadLetter;
  await log.send([
    again(booked, { ce_time: '2026-01-01T00:00:00.000Z' }),
    numbered(scored, 7),
    numbered(approved, 90),
    numbered(authorised, 91),
    unheardOf(received, stranger, partitions),
    again(submitted, { ce_lenderid: 'another' }),
    { ...again(booked, { 'x-dlq-code': 'SAIDAO_TEST' }), topic: letter, partition: 0 },
  ]);

  await fetch(`${worldUrl}/rail/payouts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'nobodys' },
    body: JSON.stringify({
      payoutId: 'nobodys',
      lenderId: 'czb-hz',
      payee: 'p',
      amountFen: '1',
      currency: 'CNY',
      purpose: 'none',
    }),
  });

  const database = openDatabase({ url: engines.databaseUrl, poolMax: 1 });
  try {
    await database.transaction(async ({ query }) => {
      // Without their guards, which hold for their owner too as long as they are there.
      await query('alter table book.postings disable trigger all');
      await query(`update book.postings set amount_fen = amount_fen + 1
        where side = 'debit' and (lender_id, lane, seq) =
          (select lender_id, lane, seq from book.postings limit 1)`);
      await query(`update book.loans set status = 'booked'
        where loan_id = (select min(loan_id) from book.loans)`);
      await query(`update book.payouts set rail_reference = 'another'
        where payout_id = (select min(payout_id) from book.payouts)`);
      await query(`update scoring.applications set blocked_topic = 't', blocked_number = 1
        where application_id = (select min(application_id) from scoring.applications)`);
    });
  } finally {
    await database.close();
  }
  return [
    ['a repeat with another time', /^bytes: .*disbursements.v1.* came again .* with other bytes/],
    ['a number that leaves a gap', /^numbers: .*scores.v1\/7 came after number \d+/],
    ['a second decision', /^transitions: .*decisions.*v1\/90 is LoanApproved and follows/],
    ['a second authorisation', /^outcomes: authorisation .* was authorised 2 times/],
    ['an application that nobody decided', /^outcomes: .*0000dead revision 1 was never decided/],
    [
      'a second application of one reference',
      /^causes: .* is one more application of .*, which is /,
    ],
    ['a door’s message with another lender', /^bytes: .*submissions.v1 .* came again/],
    ['a dead letter', /^dead-letters: book\/.* could not be taken: SAIDAO_TEST/],
    [
      'a payout that nobody authorised',
      /^payouts: payout nobodys was paid .* nobody authorised it/,
    ],
    ['an entry that is not balanced', /^books: entry .* debits \d+ fen and credits \d+/],
    ['a loan that was never paid', /^books: loan .* is booked in book.loans, disbursed by/],
    ['a payout under another reference', /^payouts: .* is paid as another in the books.* has R\d+/],
    // 91 where the last approval and the last authorisation are of one application.
    ['an event that no line has given', /^heads: decisioning .* gave number \d+; .* has 9[01]/],
    [
      'an application that is blocked',
      /^dead-letters: scoring .* is blocked by a dead letter of t/,
    ],
    ['a newest decision that was never told', /^latest-decisions: .*; number 9[01] says/],
  ];
}

function again(record: IncomingRecord, headers: Readonly<Record<string, string>>): OutgoingRecord {
  const { topic, partition, key, value } = record;
  const own = Object.fromEntries(
    Object.entries(record.headers).map(([name, given]) => [name, String(given)]),
  );
  return { topic, partition, key: key ?? Buffer.alloc(0), value, headers: { ...own, ...headers } };
}

function numbered(record: IncomingRecord, number: number): OutgoingRecord {
  const id = `${String(record.key)}/${record.topic}/${number}`;
  return again(record, { ce_id: id, ce_sequence: String(number) });
}

function unheardOf(record: IncomingRecord, id: string, partitions: number): OutgoingRecord {
  const key = Buffer.from(id);
  const { topic } = record;
  const event = decode(record.value, topic);
  if (event.type !== 'ApplicationReceived') throw new Error(`${event.type} is not to be used here`);
  const data = { ...event.data, applicationId: id };
  const headers = { ce_id: `${id}/${topic}/1`, ce_sequence: '1', ce_subject: id };
  const value = encode('ApplicationReceived', data, topic);
  return { ...again(record, headers), key, value, partition: partitionOf(key, partitions) };
}
