// Kills the ledger at every step between authorisation and settlement, before a rail that misbehaves.
import { eventually } from '@saidao/testkit';
import pg from 'pg';
import { authorisation, eventsIn, type Authorised, type LedgerSystem } from './ledger-system.ts';
import { freezeAt, type Commits, type Moment } from './moments.ts';

/** In flight when it is killed: enough that some stand wherever it has to die. */
const AT_ONCE = 6;
/** To come to a step: a killed process keeps its lanes for a while. */
const STEP_MS = 120_000;
const SETTLED_MS = 180_000;

type OwnLine = 'book' | 'payout';
/**
 * `reading`: it has records, and waits for its first look at what it knows of them. `writing`: it
 * waits within the transaction. `asked`: the rail has paid, and nobody has heard it.
 */
type Step = Moment | 'writing' | 'asked';

export const steps: readonly (readonly [OwnLine, Step])[] = [
  ['book', 'reading'],
  ['book', 'writing'],
  ['book', 'written'],
  ['book', 'published'],
  ['payout', 'reading'],
  ['payout', 'asked'],
  ['payout', 'writing'],
  ['payout', 'written'],
  ['payout', 'published'],
];

const railFaults: readonly { readonly answers?: string; readonly calls?: string }[] = [
  ...['silent', 'failing', 'garbage', 'slow', 'rejecting', 'paid-then-silent', 'paid-then-500'].map(
    (answers) => ({ answers, calls: 'silent' }),
  ),
  ...['early', 'twice', 'late', 'out-of-order', 'forged', 'stale'].flatMap((calls) => [
    { calls },
    { calls, answers: 'paid-then-silent' },
  ]),
];

export interface Tried {
  readonly all: readonly Authorised[];
  /** Where it was killed. */
  readonly died: readonly string[];
  /** Why it ended, where nobody killed it. */
  readonly ended: readonly (readonly string[])[];
}

/**
 * Kills it so many times at each step, while the rail meets it with each fault so many times. All
 * that was authorised is settled in the end, or this rejects.
 */
export async function tryFaults(
  system: LedgerSystem,
  commits: Commits,
  runs: number,
): Promise<Tried> {
  const all: Authorised[] = [];
  const died: string[] = [];
  const ended: string[][] = [];
  /** What the rail does to the next ones: each fault so many times, one after the other. */
  const faultsLeft = Array.from({ length: runs }, () => railFaults).flat();

  for (let run = 0; run < runs; run += 1) {
    for (const [line, step] of steps) {
      await killAt(line, step);
      died.push(`${line} ${step}`);
      await system.start();
    }
  }
  while (faultsLeft.length > 0) await authoriseSome();
  await eventually(
    'every authorisation is settled',
    async () => {
      await letItRun();
      const events = await eventsIn(system.log);
      const ids = all.map(({ authorised }) => authorised.applicationId);
      const open = ids.filter((id) => events.get(id)?.includes('LoanDisbursed') !== true);
      if (open.length > 0) throw new Error(open.join(', '));
      return true;
    },
    { deadlineMs: SETTLED_MS, everyMs: 500 },
  );
  return { all, died, ended };

  /** Some at once; the first payee of each meets the next fault, while there is one. */
  async function authoriseSome(): Promise<void> {
    const some: Authorised[] = [];
    for (let index = 0; index < AT_ONCE; index += 1) {
      const one = authorisation();
      const [payee] = one.terms.payees;
      const fault = faultsLeft.shift() ?? {};
      const behave = (provider: string, mode: string | undefined) =>
        mode === undefined
          ? Promise.resolve()
          : system.behave({ provider, subject: payee?.name, mode, times: 1, delayMs: 1_500 });
      await behave('rail', fault.answers);
      await behave('rail-callbacks', fault.calls);
      const isRejected = fault.answers === 'rejecting' && payee !== undefined;
      some.push({ authorised: one, ...(isRejected && { rejected: payee.name }) });
    }
    all.push(...some);
    await system.authorise(some.map(({ authorised }) => authorised));
  }

  async function killAt(line: OwnLine, step: Step): Promise<void> {
    switch (step) {
      case 'reading':
        return killWaiting(`${line}.applications`);
      case 'writing':
        return killWaiting(line === 'book' ? 'book.loans' : 'payout.payouts');
      case 'asked':
        return killAsked();
      default:
        return killFrozen(line, step);
    }
  }

  /** As soon as it stands there: work is given to it until it does. */
  async function killFrozen(line: OwnLine, moment: Moment): Promise<void> {
    let gaveMs = 0;
    await eventually(
      `the ${line} line stands at ${moment}`,
      async () => {
        await letItRun();
        if (performance.now() - gaveMs > 3_000) {
          await authoriseSome();
          gaveMs = performance.now();
        }
        const target = { pid: () => system.worker().pid, lines: [line] };
        return freezeAt(moment, target, system, commits);
      },
      { everyMs: 5, deadlineMs: STEP_MS },
    );
    await kill();
  }

  /** Where somebody else's lock of the table keeps it. */
  async function killWaiting(table: string): Promise<void> {
    const client = new pg.Client({ connectionString: system.engines.databaseUrl });
    await client.connect();
    try {
      await client.query('begin');
      await client.query(`lock table ${table} in access exclusive mode`);
      await authoriseSome();
      const waits = async () => {
        await letItRun();
        const { rows } = await system.database.query<{ waits: boolean }>(
          `select exists (
             select from pg_locks where relation = $1::regclass and not granted) as waits`,
          [table],
        );
        return rows[0]?.waits;
      };
      await eventually(`the ledger waits for ${table}`, waits, {
        deadlineMs: STEP_MS,
      });
      await kill();
      await client.query('rollback');
    } finally {
      await client.end();
    }
  }

  /** The money has moved, and the answer is on its way for ever. */
  async function killAsked(): Promise<void> {
    const one = authorisation();
    const [payee] = one.terms.payees;
    const about = { subject: payee?.name, times: 1 };
    await system.behave({ provider: 'rail', mode: 'paid-then-silent', ...about });
    await system.behave({ provider: 'rail-callbacks', mode: 'silent', ...about });
    all.push({ authorised: one });
    await system.authorise([one]);
    await eventually(
      'the rail has paid',
      async () => {
        await letItRun();
        return (await system.railBook()).some((payout) => payout.payee === payee?.name);
      },
      { everyMs: 5, deadlineMs: STEP_MS },
    );
    await kill();
  }

  /** Starts it again if it has ended by itself, and keeps why it did. */
  async function letItRun(): Promise<void> {
    const worker = system.worker();
    if (worker.isRunning()) return;
    const fatal = worker.lines.filter(({ level }) => level === 'fatal');
    ended.push(
      fatal.map(
        ({ code, msg, err }) => (err as { code?: string } | undefined)?.code ?? code ?? msg,
      ),
    );
    await system.start();
  }

  async function kill(): Promise<void> {
    const worker = system.worker();
    process.kill(worker.pid, 'SIGKILL');
    await worker.exited;
  }
}
