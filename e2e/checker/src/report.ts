// What a check comes to: findings with their place and what to do, and what is still on its way.

/** What each rule says has to hold; docs/cli.md has the same list for people. */
export const rules = {
  envelope: 'a record says who it is, on its own topic and partition, written by the topic’s line',
  bytes: 'what has the same identity has the same bytes',
  numbers: 'the numbers of an application on a topic run 1, 2, 3 … in the order of the log',
  order: 'effects come in the order of their causes, and after them',
  causes: 'what led to a record is on the log, led to it once, and leads back to a submission',
  'lost-writes': 'what was acknowledged, or was taken by the log, comes to something',
  outcomes: 'each revision has exactly one outcome',
  transitions: 'an application goes only ways that there are',
  payouts: 'each authorisation moves its money once, to its payees, and no other money moves',
  sums: 'authorised, reserved, paid, given back and booked are the same money',
  books: 'entries balance, and say what events and the rail say',
  heads: 'what a line took or gave last is what the topic holds last',
  'dead-letters': 'nothing waits for a person to take it again or give it up',
  'latest-decisions': 'the compacted topic says what the newest decision says',
} as const;
export type Rule = keyof typeof rules;

export interface Finding {
  readonly rule: Rule;
  /** Where to look: a record’s place or identity, or the name of what is wrong. */
  readonly place: string;
  readonly says: string;
  /** What a person does about it. */
  readonly advice: string;
  readonly applicationId: string | null;
}

/** Something that is not done yet and, of a live system, may still be. */
export interface UnderWay {
  readonly applicationId: string;
  readonly says: string;
  /** What it waits for, as `book: timer unpaid`. */
  readonly because: string;
}

export interface Counts {
  /** Numbered events, each once. */
  readonly events: number;
  /** Records of numbered topics that say again what was said before. */
  readonly repeats: number;
  readonly doorRepeats: number;
  readonly applications: number;
  readonly decided: number;
  readonly withdrawn: number;
  /** Revisions that a later one replaced. */
  readonly superseded: number;
  /** That stand: not cancelled. */
  readonly authorisations: number;
  /** Whose beginning retention has taken: little is said of them. */
  readonly unjudged: number;
  /** In the rail's book. */
  readonly payouts: number;
  readonly entries: number;
}

export type Unread = 'tables' | 'books' | 'rail';

export interface Report {
  /** None: it is one story. */
  readonly findings: readonly Finding[];
  readonly underWay: readonly UnderWay[];
  /** Applications that wait for officers, by id. */
  readonly waiting: readonly string[];
  /** What was not read, so that nothing is said of it. */
  readonly unread: readonly Unread[];
  readonly counts: Counts;
}

/** A finding in one line. */
export function textOf({ rule, place, says, advice }: Finding): string {
  return `${rule}: ${place} ${says}; ${advice}`;
}
