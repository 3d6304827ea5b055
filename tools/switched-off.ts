// Parts of the line that can be switched off in a copy of its code, to see that a test notices.

export interface SwitchedOff {
  readonly part: string;
  readonly file: string;
  /** Must stand in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The tests that have to fail without the part. */
  readonly spec: string;
  readonly project: 'unit' | 'int';
  /** The names of those tests, as a regular expression. */
  readonly tests: string;
}

const WALK = 'packages/worker/src/walk.ts';
const TURN = 'packages/worker/src/turn.ts';
const STORE = 'packages/worker/src/turn-store.ts';
const TURN_SPEC = 'packages/worker/src/turn.int.spec.ts';
const BOOK_SPEC = 'services/disbursement-ledger/book.worker.int.spec.ts';
const LEDGER_SQL = 'services/disbursement-ledger/migrations';
const LANES_SPEC = 'packages/event-log/src/memory.spec.ts';

export const switchedOff: readonly SwitchedOff[] = [
  {
    part: 'journal: look-up',
    file: WALK,
    find: 'if (known !== undefined) {\n      if (!known.digest',
    replace: 'if (known !== undefined && nowMs < 0) {\n      if (!known.digest',
    spec: TURN_SPEC,
    tests: 'gives a redelivery the same bytes',
    project: 'int',
  },
  {
    part: 'journal: same identity, other bytes',
    file: WALK,
    find: 'if (!known.digest.equals(envelope.digest)) return refuseOtherBytes(envelope);',
    replace: '',
    spec: TURN_SPEC,
    tests: 'lets the first stand',
    project: 'int',
  },
  {
    part: 'head: repeats',
    file: WALK,
    find: "if (number <= head) return 'repeated';",
    replace: '',
    spec: TURN_SPEC,
    tests: 'below the head',
    project: 'int',
  },
  {
    part: 'head: blocked by a dead letter',
    file: WALK,
    find: '      row.blockedTopic = envelope.record.topic;\n',
    replace: '',
    spec: TURN_SPEC,
    tests: 'blocks its application only',
    project: 'int',
  },
  {
    part: 'parking: gaps',
    file: WALK,
    find: 'if (number > head + 1 &&',
    replace: 'if (number > head + 1_000_000 &&',
    spec: TURN_SPEC,
    tests: 'parks what comes early',
    project: 'int',
  },
  {
    part: 'parking: release',
    file: WALK,
    find: 'if (row !== undefined) release(row);',
    replace: '',
    spec: TURN_SPEC,
    tests: 'parks what comes early',
    project: 'int',
  },
  {
    part: 'parking: door messages of unknown applications',
    file: WALK,
    find: 'if (envelope.input.keyedByApplication && isUnknown(row)) return parkUnknown(envelope);',
    replace: '',
    spec: TURN_SPEC,
    tests: 'a door message',
    project: 'int',
  },
  {
    part: 'timer: rows',
    file: STORE,
    find: 'if (changes.timers.length > 0) {',
    replace: 'if (changes.timers.length > 1_000_000) {',
    spec: TURN_SPEC,
    tests: 'a due timer',
    project: 'int',
  },
  {
    part: 'timer: publication',
    file: 'packages/worker/src/timers.ts',
    find: 'if (due.length > 0) await publish(due);',
    replace: '',
    spec: TURN_SPEC,
    tests: 'a due timer',
    project: 'int',
  },
  {
    part: 'turn: a lost lane publishes nothing',
    file: TURN,
    find: 'if (!turn.isOwned()) return undefined;',
    replace: '',
    spec: TURN_SPEC,
    tests: 'once the lane is lost',
    project: 'int',
  },
  {
    part: 'turn: locks on shared rows',
    file: STORE,
    find: 'order by name for update`',
    replace: 'order by name`',
    spec: TURN_SPEC,
    tests: 'a shared row',
    project: 'int',
  },
  {
    part: 'turn: locks on applications',
    file: STORE,
    find: "read(transaction, line, wanted, 'for update')",
    replace: "read(transaction, line, wanted, '')",
    spec: 'packages/worker/src/database.int.spec.ts',
    tests: 'lets one transaction after another',
    project: 'int',
  },
  {
    part: 'redelivery: what was met before',
    file: WALK,
    find: "if (journaled.has(journalKey(read.key, topic, read.identity))) return 'repeated';",
    replace: '',
    spec: 'packages/worker/src/redeliver.int.spec.ts',
    tests: 'shows nothing to others',
    project: 'int',
  },
  {
    part: 'replay: of dead letters alone',
    file: WALK,
    find: "if (given.length > 0 && !given.some((one) => isLetterOf(one, read.record))) return 'repeated';",
    replace: '',
    spec: 'packages/worker/src/issue-008-letters.spec.ts',
    tests: 'no second effect by a replay',
    project: 'unit',
  },
  {
    part: 'turn: halving for a data error',
    file: TURN,
    find: 'if (!isDataError(error)) throw error;\n      if (items.length === 1)',
    replace: 'if (error !== null) throw error;\n      if (items.length === 1)',
    spec: TURN_SPEC,
    tests: 'finds the one message',
    project: 'int',
  },
  {
    part: 'turn: the prefix gathered in time',
    file: TURN,
    find: 'items.slice(0, gathered.complete)',
    replace: 'items.slice(0)',
    spec: TURN_SPEC,
    tests: 'gathered in time',
    project: 'int',
  },
  {
    part: 'lane: given whole to one member',
    file: 'packages/event-log/src/spread.ts',
    find: 'spread.get(sorted[lane % sorted.length]!)!.push(lane);',
    replace: 'for (const member of sorted) spread.get(member)!.push(lane);',
    spec: LANES_SPEC,
    tests: 'keeps lanes whole',
    project: 'unit',
  },
  {
    part: 'lane: one turn at a time',
    file: 'packages/event-log/src/lanes.ts',
    find: '      !lane.busy &&\n      !this.isResting &&',
    replace: '      !this.isResting &&',
    spec: 'packages/event-log/src/lanes.spec.ts',
    tests: 'gives a lane no second turn',
    project: 'unit',
  },
  {
    part: 'generation: a commit ends with its epoch',
    file: 'packages/event-log/src/lanes.ts',
    find: 'for (let failures = 0; epoch === this.#epoch; failures += 1) {',
    replace: 'for (let failures = 0; epoch <= this.#epoch; failures += 1) {',
    spec: 'packages/event-log/src/lanes.spec.ts',
    tests: 'gives up a commit with its epoch',
    project: 'unit',
  },
  {
    part: 'generation: a commit that says which it is of',
    file: 'packages/event-log/src/kafka-member.ts',
    find: 'this.commitOffsets = commitOffsetsIfNecessary;',
    replace: `this.commitOffsets = async (of) => {
      const places = of!.topics.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => ({ topic, partition, offset })),
      );
      await this.#consumer.commitOffsets(places);
    };`,
    spec: 'packages/event-log/src/kafka-traps.int.spec.ts',
    tests: 'gone to another member meanwhile',
    project: 'int',
  },
  {
    part: 'idempotency key: of a submission at the door',
    file: 'services/intake/door.ts',
    find: 'given === undefined ? randomUUID() : idempotencyKeyOf(request)',
    replace: 'randomUUID()',
    spec: 'services/intake/intake.int.spec.ts',
    tests: 'the same key and body give the first answer',
    project: 'int',
  },
  {
    part: 'idempotency key: of a payout at the rail',
    file: 'services/disbursement-ledger/adapters/payout-rail-http.ts',
    find: 'idempotencyKey: payoutId,',
    replace: 'idempotencyKey: crypto.randomUUID(),',
    spec: 'services/disbursement-ledger/faults/faults.int.spec.ts',
    tests: 'payout, instruct: after-ask',
    project: 'int',
  },
  {
    part: 'unique key: one application for a reference',
    file: 'services/intake/migrations/0001_claims-and-statuses.sql',
    find: ',\n  primary key (lender_id, channel, reference)',
    replace: '',
    spec: 'services/intake/adapters/claims-postgres.int.spec.ts',
    tests: 'many who claim the same references at once',
    project: 'int',
  },
  {
    part: 'unique key: one live approval of an application',
    file: 'services/decisioning/migrations/0001_decisions.sql',
    find: 'create unique index approvals_one_live',
    replace: 'create index approvals_one_live',
    spec: 'services/decisioning/decisioning.int.spec.ts',
    tests: 'refuse a second live approval',
    project: 'int',
  },
  {
    part: 'unique key: one loan for an authorisation',
    file: `${LEDGER_SQL}/001_book.sql`,
    find: ' constraint one_loan_for_an_authorisation unique',
    replace: '',
    spec: BOOK_SPEC,
    tests: 'has one loan',
    project: 'int',
  },
  {
    part: 'unique key: one entry for a business key',
    file: `${LEDGER_SQL}/004_books.sql`,
    find: ' constraint saidao_ledger_entry_exists unique',
    replace: '',
    spec: BOOK_SPEC,
    tests: 'at once takes one',
    project: 'int',
  },
  {
    part: 'unique key: one repayment for a reference',
    file: `${LEDGER_SQL}/021_repayments.sql`,
    find: 'constraint saidao_ledger_reference_taken primary key (lender_id, source, reference)',
    replace: 'constraint saidao_ledger_reference_taken check (true)',
    spec: 'services/disbursement-ledger/loan/loan.int.spec.ts',
    tests: 'that got past the line is refused by the table',
    project: 'int',
  },
];
