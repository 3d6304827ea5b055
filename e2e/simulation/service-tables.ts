// The services' own tables in the memory database: their inserts as they are written, the rest by hand.
import {
  given,
  nothing,
  refusal,
  rowsOf,
  type Session,
  type Statement,
} from '@saidao/worker/memory-database';

type Row = Record<string, unknown>;

/** Unique keys, as the migrations have them: the first one is what rows are found by. */
const keys: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'intake.claims': [['lender_id', 'channel', 'reference'], ['application_id']],
  'intake.statuses': [['application_id']],
  'intake.provider_calls': [['id']],
  'verify.provider_calls': [['id']],
  'scoring.scores': [['application_id', 'revision', 'round']],
  'decisioning.assessments': [['application_id', 'revision', 'input_hash', 'policy']],
  'decisioning.decisions': [['application_id', 'causation_id', 'type']],
  'decisioning.approvals': [['approval_id']],
  'decisioning.latest': [['application_id']],
  'decisioning.review_queue': [['application_id']],
  'decisioning.review_outcomes': [['action_id']],
  'payout.payouts': [['payout_id']],
};

interface Insert {
  readonly table: string;
  readonly columns: readonly string[];
  /** By column: the place of the value, or the literal that stands there. */
  readonly from: readonly (number | string)[];
  /** Undefined: a taken key is refused; empty: the row that is there stays. */
  readonly updates: readonly string[] | undefined;
}

const inserts = new Map<string, Insert>();
const words = (list: string): string[] => list.split(',').map((one) => one.trim());

/** Splits at commas that stand in no brackets. */
function expressions(list: string): string[] {
  const found = [''];
  let depth = 0;
  for (const character of list) {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character === ',' && depth === 0) found.push('');
    else found[found.length - 1] += character;
  }
  return found.map((one) => one.trim());
}

/** Reads `insert into t (…) select … from unnest(…) as w (…) [on conflict (…) do …]`. */
function insertIn(text: string): Insert {
  const known = inserts.get(text);
  if (known !== undefined) return known;
  const flat = text.replaceAll(/\s+/g, ' ');
  const head =
    /insert into ([\w.]+) \(([^)]*)\) select (?:distinct on \([^)]*\) )?(.*?) from unnest\(/;
  const [, table = '', listed = '', selected = ''] = head.exec(flat) ?? [];
  const columns = words(listed);
  const named = words(/ as w \(([^)]*)\)/.exec(flat)?.[1] ?? listed);
  const from =
    selected === '*'
      ? columns.map((_column, at) => at)
      : expressions(selected).map((one) => {
          const literal = /^'(.*)'$/.exec(one)?.[1];
          if (literal !== undefined) return literal;
          const place = named.findIndex((name) => new RegExp(`\\b${name}\\b`).test(one));
          if (place < 0) throw new Error(`The memory database cannot read ${one} of ${table}.`);
          return place;
        });
  const conflict = / on conflict(?: \([^)]*\))? do (nothing|update set .*)/.exec(flat)?.[1];
  const updates =
    conflict === undefined
      ? undefined
      : [...conflict.matchAll(/(\w+) = excluded\./g)].map(([, name = '']) => name);
  if (keys[table] === undefined || from.length !== columns.length) {
    throw new Error(`The memory database cannot read the insert into ${table}.`);
  }
  const read = { table, columns, from, updates };
  inserts.set(text, read);
  return read;
}

const keyOf = (names: readonly string[], row: Row): string =>
  names.map((name) => String(row[name])).join('\u0001');

const insert: Statement = async (session, values, _schema, text) => {
  const { table: name, columns, from, updates } = insertIn(text);
  const [primary = [], ...others] = keys[name]!;
  const table = session.table<Row>(name);
  for (const given of rowsOf(values)) {
    const entries = columns.map((column, at) => {
      const source = from[at]!;
      return [column, typeof source === 'number' ? given[source] : source] as const;
    });
    const row: Row = Object.fromEntries(entries);
    const key = keyOf(primary, row);
    for (const other of others) {
      const taken = session.all(table).some((one) => keyOf(other, one) === keyOf(other, row));
      if (taken && keyOf(primary, row) === key && updates === undefined) refuse(name, other);
    }
    if (await session.insert(table, key, row)) continue;
    if (updates === undefined) refuse(name, primary);
    if (updates.length === 0) continue;
    const before = await session.lock(table, key);
    const changed = Object.fromEntries(updates.map((column) => [column, row[column]]));
    await session.write(table, key, { ...before, ...changed });
  }
  return nothing;
};

function refuse(table: string, key: readonly string[]): never {
  const constraint = `${table.replace(/.*\./, '')}_${key.join('_')}_key`;
  throw refusal(
    '23505',
    `duplicate key value violates unique constraint "${constraint}"`,
    constraint,
  );
}

/** An application has one live approval at most. */
const writeApprovals: Statement = async (session, ...asked) => {
  await insert(session, ...asked);
  const live = session
    .all(session.table<Row>('decisioning.approvals'))
    .filter((one) => one['live']);
  const owners = live.map((one) => one['application_id']);
  if (new Set(owners).size !== owners.length) refuse('decisioning.approvals', ['one_live']);
  return nothing;
};

const find =
  (table: string): Statement =>
  async (session, [ids = []]) => {
    const wanted = new Set(Array.isArray(ids) ? ids : [ids]);
    return given(
      session.all(session.table<Row>(table)).filter((one) => wanted.has(one['application_id'])),
    );
  };

interface LivePledge {
  readonly number: string;
  readonly applicationId: string;
  readonly revision: number;
}

const pledgesOf = (session: Session) => session.table<LivePledge>('pledge.live_pledges');

/** One balanced entry for each id, one loan for each authorisation; see writeBook for the SQL. */
const recordBook: Statement = async (session, [rows = []]) => {
  for (const row of rows as readonly BookRow[]) {
    if (row.kind === 'loan') {
      const { loanId } = row.loan;
      await session.write(session.table('book.loans'), loanId, row.loan);
      const loans = session.all(session.table<BookRow['loan']>('book.loans'));
      const authorised = loans.map(({ authorisationId }) => authorisationId);
      if (new Set(authorised).size !== authorised.length)
        refuse('book.loans', ['authorisation_id']);
    }
    if (row.kind === 'entry') {
      const { id, postings } = row.entry;
      const sums = new Map<string, bigint>();
      for (const { side, amountFen, currency } of postings) {
        const signedFen = side === 'debit' ? amountFen : -amountFen;
        sums.set(currency, (sums.get(currency) ?? 0n) + signedFen);
      }
      const isOff = [...sums.values()].some((sum) => sum !== 0n) || postings.length === 0;
      if (isOff) throw refusal('SD001', `The entry ${id} does not balance.`);
      if (!(await session.insert(session.table('book.entries'), id, row.entry))) {
        refuse('book.entries', ['id']);
      }
    }
  }
  return nothing;
};

/** As the book line decides them; the readings of a run sum them up. */
export interface BookedEntry {
  readonly id: string;
  readonly movement: string;
  readonly eventId: string;
  readonly lenderId: string;
  readonly applicationId: string;
  readonly postings: readonly {
    readonly side: 'debit' | 'credit';
    readonly amountFen: bigint;
    readonly currency: string;
  }[];
}

export interface BookedLoan {
  readonly loanId: string;
  readonly authorisationId: string;
  readonly status: string;
  readonly principalFen: bigint;
  readonly payouts: readonly {
    readonly payoutId: string;
    readonly status: string;
    readonly amountFen: bigint;
    readonly railReference: string | null;
  }[];
}

interface BookRow {
  readonly kind: string;
  readonly loan: BookedLoan;
  readonly entry: BookedEntry;
}

/** By the whole name of the statement. */
export const serviceStatements: Readonly<Record<string, Statement>> = {
  'intake.claim': insert,
  async 'intake.find-claims'(session, values) {
    const table = session.table<Row>('intake.claims');
    const wanted = rowsOf(values).map((name) => name.map(String).join('\u0001'));
    return given(wanted.flatMap((key) => session.read(table, key) ?? []));
  },
  'intake.former-views': find('intake.statuses'),
  'intake.write-statuses': insert,
  'intake.note-calls': insert,
  'verify.note-calls': insert,
  'scoring.write-scores': insert,
  'decisioning.write-assessments': insert,
  'decisioning.write-evidence': insert,
  'decisioning.write-approvals': writeApprovals,
  'decisioning.write-latest': insert,
  'decisioning.write-queue': insert,
  'decisioning.write-outcomes': insert,
  async 'decisioning.delete-queued'(session, [ids = []]) {
    const table = session.table<Row>('decisioning.review_queue');
    for (const id of ids) {
      if (table.rows.has(String(id))) await session.write(table, String(id), undefined);
    }
    return nothing;
  },
  async 'decisioning.lock-latest'(session, [ids = []]) {
    const rows: Row[] = [];
    for (const id of [...(ids as string[])].sort()) {
      const latest = await session.lock(session.table<Row>('decisioning.latest'), id);
      const owner = session.read(session.table<{ heads: string }>('decisioning.applications'), id);
      if (latest === undefined || owner === undefined) continue;
      const { decided_at_ms: decided, offer_expires_at_ms: expires } = latest;
      rows.push({
        ...latest,
        heads: JSON.parse(owner.heads),
        decided_at_ms: BigInt(decided as number),
        offer_expires_at_ms: expires === null ? null : BigInt(expires as number),
      });
    }
    return given(rows);
  },
  async 'pledge.move-to-past'(session, values) {
    for (const [number, applicationId] of rowsOf(values) as string[][]) {
      const live = await session.lock(pledgesOf(session), number!);
      if (live?.applicationId !== applicationId) continue;
      await session.write(pledgesOf(session), number!, undefined);
    }
    return nothing;
  },
  async 'pledge.write-kept'(session, values) {
    for (const [number, applicationId, , revision] of rowsOf(values)) {
      const row = { number, applicationId, revision } as LivePledge;
      if (await session.insert(pledgesOf(session), row.number, row)) continue;
      const live = await session.lock(pledgesOf(session), row.number);
      if (live !== undefined && live.applicationId !== applicationId) {
        refuse('pledge.live_pledges', ['patent_number']);
      }
      await session.write(pledgesOf(session), row.number, row);
    }
    return nothing;
  },
  'pledge.write-registered': async () => nothing,
  'payout.write-payouts': insert,
  'book.record': recordBook,
  async 'book.find-halt'(session, [lenderId]) {
    const halt = session.read(session.table('book.halts'), String(lenderId));
    return given(halt === undefined ? [] : [halt]);
  },
};

/** Of those without a name, by what stands in them. */
export const serviceTexts: readonly (readonly [part: string, statement: Statement])[] = [
  [
    'insert into book.halts',
    async (session, [lenders = [], reason]) => {
      for (const lender of lenders) {
        await session.insert(session.table('book.halts'), String(lender), { lender, reason });
      }
      return nothing;
    },
  ],
  // Old journal rows: no run lasts long enough for one to be old.
  ['.journal where (key, topic, identity) in', async () => nothing],
];
