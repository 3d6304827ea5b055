// What the checker is given: what topics, databases and the rail's book were read to hold, as data.

/** A record as a log hands it out; a record of the event log's port is one. */
export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The broker's append time, in milliseconds since 1970. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** A header given more than once arrives as an array. */
  readonly headers: Readonly<Record<string, Buffer | readonly Buffer[] | undefined>>;
}

/** What a channel was told is taken: by a door's 202, or by the log's own acknowledgement. */
export interface Acknowledged {
  readonly lenderId: string;
  readonly channel: string;
  readonly reference: string;
  /** `ce_id` of the message, where whoever sent it knows it. */
  readonly messageId?: string;
  /** The application that the door named. */
  readonly applicationId?: string;
}

/** Where an application stands in a line: a row of `<line>.applications`. */
export interface Standing {
  readonly line: string;
  readonly applicationId: string;
  /** Topic -> last number: taken of one that the line reads, given on one that it writes. */
  readonly heads: Readonly<Record<string, number>>;
  /** The topic of the dead letter that it waits for here; null: it waits for none. */
  readonly blockedTopic: string | null;
  /** Milliseconds since 1970. */
  readonly changedAtMs: number;
}

/** Work that a line has put off: a record that it keeps, or a timer. */
export interface PutOff {
  readonly line: string;
  readonly applicationId: string;
  /** A timer's: of the submission that began it all, which may have become nothing else yet. */
  readonly correlationId: string | null;
  readonly kind: 'parked' | 'timer';
  /** The timer's name, or the topic of what is parked. */
  readonly what: string;
  /** Milliseconds since 1970; null: it waits for another record. */
  readonly dueAtMs: number | null;
}

/** What a line's group takes next of a partition: all before it has been taken. */
export interface Position {
  readonly line: string;
  readonly topic: string;
  readonly partition: number;
  readonly next: bigint;
}

/** Money that the rail says it has moved, from its own book. */
export interface RailPayout {
  readonly payoutId: string;
  readonly lenderId: string;
  readonly payee: string;
  readonly amountFen: bigint;
  readonly railReference: string;
}

/** An entry of the books, with its postings summed up. */
export interface BookEntry {
  /** The business key, as `payout/<payout>`. */
  readonly id: string;
  readonly movement: string;
  /** Identity of the event that was booked. */
  readonly eventId: string;
  readonly lenderId: string;
  readonly applicationId: string;
  readonly postings: number;
  readonly debitFen: bigint;
  readonly creditFen: bigint;
}

export interface BookLoan {
  readonly loanId: string;
  readonly authorisationId: string;
  /** booked, disbursed or payout-failed. */
  readonly status: string;
  readonly principalFen: bigint;
}

export interface BookPayout {
  readonly payoutId: string;
  /** instructed, unknown, paid or rejected. */
  readonly status: string;
  readonly amountFen: bigint;
  readonly railReference: string | null;
}

/** The ledger's own tables. A reader may leave out balanced entries of what comes after payment. */
export interface Books {
  readonly entries: Iterable<BookEntry>;
  readonly loans: Iterable<BookLoan>;
  readonly payouts: Iterable<BookPayout>;
}

/** What was read beside the log. What is left out was not read: its rules say nothing then. */
export interface Surroundings {
  readonly acknowledged?: Iterable<Acknowledged>;
  readonly standings?: Iterable<Standing>;
  /** Whose tables were read, with rows or without; left out: those that have rows. */
  readonly lines?: Iterable<string>;
  readonly putOff?: Iterable<PutOff>;
  /** Of a system that goes on: where numbers do not tell what a line has before it. */
  readonly positions?: Iterable<Position>;
  readonly rail?: Iterable<RailPayout>;
  readonly books?: Books;
}

/** Where a partition begins: before it, retention has taken what there was. */
export interface Beginning {
  readonly topic: string;
  readonly partition: number;
  /** The first offset that is still there, or the next one where nothing is. */
  readonly offset: bigint;
}

export interface Readings extends Surroundings {
  /** Needed of partitions that retention has emptied; of others the first record says it. */
  readonly beginnings?: Iterable<Beginning>;
  /** Of all topics; those of one partition in its order, partitions and topics in any. */
  readonly records: Iterable<LogRecord>;
}

export interface CheckOptions {
  readonly lenders: readonly string[];
  /** Of every topic. */
  readonly partitions: number;
  /**
   * Of a system that goes on: what is not done yet is under way while something of it is left to do
   * or while its newest record is younger than the grace. Left out: all is at rest, and what is not
   * done is lost. With an infinite grace only what can never come right is found.
   */
  readonly live?: { readonly nowMs: number; readonly graceMs: number };
  /** When all is at rest: left out, nobody asks whether an offer has run out. */
  readonly nowMs?: number;
  /** The system is new: retention has taken nothing yet, and what is missing is lost. */
  readonly isNew?: boolean;
}
