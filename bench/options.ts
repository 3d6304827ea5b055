// What the command line of the bench may say.
import { parseArgs } from 'node:util';

export const PARTS = [
  'throughput',
  'latency',
  'catch-up',
  'evidence',
  'decisions',
  'simulation',
  'ledger',
  'day',
  'hledger',
  'traces',
] as const;
export type Part = (typeof PARTS)[number];

/** The two forms that are compared: A and B of the pairs. */
export const FORMS = ['naive', 'saidao'] as const;
export type Form = (typeof FORMS)[number];

export interface BenchOptions {
  readonly parts: readonly Part[];
  readonly forms: readonly Form[];
  readonly applications: number;
  readonly pairs: number;
  readonly seed: number;
  readonly catchUpApplications: number;
  readonly evidenceApplications: number;
  readonly simulationApplications: number;
  readonly decisionsApplications: number;
  readonly ledgerLoans: number;
  readonly ledgerEntries: number;
  readonly dayLoans: number;
  readonly hledgerLoans: number;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly profile: boolean;
  readonly json: string | null;
  readonly help: boolean;
}

export const USAGE = `npm run bench -- [options]

  --only PART          throughput, latency, catch-up, evidence, decisions, simulation, ledger,
                       day, hledger or traces; may be given more than once
  --form FORM          saidao or naive alone: nothing is compared then
  --applications N     of each run of throughput and traces (20000)
  --pairs N            naive and Saidao, or without and with traces, in turn so often (2)
  --catch-up N         preloaded applications of the catch-up (100000)
  --evidence N         applications of the cold run of the evidence stages (6000)
  --decisions N        applications that one worker decides (20000)
  --simulation N       past applications that a policy is tried on (100000)
  --ledger N           loans of each run of the ledger line (10000)
  --entries N          how full its books are where a posting's cost is compared (1000000)
  --day N              live loans that a day is closed over (100000)
  --hledger N          loans whose books hledger adds up (20000)
  --rate N             applications a second of the latency runs (100)
  --seconds N          how long each latency run lasts (60)
  --seed N             of the generated applications (1)
  --profile            keeps a CPU profile of each worker and prints where the time went
  --json FILE          writes all figures to a file
  --help               prints this`;

/** A wrong command line: what it says goes to a person as it is. */
export class UsageError extends Error {}

export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parsed(args);
  return {
    parts: chosen('--only', values.only, PARTS),
    forms: chosen('--form', values.form, FORMS),
    applications: count('--applications', values.applications),
    pairs: count('--pairs', values.pairs),
    seed: count('--seed', values.seed),
    catchUpApplications: count('--catch-up', values['catch-up']),
    evidenceApplications: count('--evidence', values.evidence),
    simulationApplications: count('--simulation', values.simulation),
    decisionsApplications: count('--decisions', values.decisions),
    ledgerLoans: count('--ledger', values.ledger),
    ledgerEntries: count('--entries', values.entries),
    dayLoans: count('--day', values.day),
    hledgerLoans: count('--hledger', values.hledger),
    ratePerSecond: count('--rate', values.rate),
    seconds: count('--seconds', values.seconds),
    profile: values.profile,
    json: values.json ?? null,
    help: values.help,
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        only: { type: 'string', multiple: true },
        form: { type: 'string', multiple: true },
        applications: { type: 'string', default: '20000' },
        pairs: { type: 'string', default: '2' },
        'catch-up': { type: 'string', default: '100000' },
        evidence: { type: 'string', default: '6000' },
        simulation: { type: 'string', default: '100000' },
        decisions: { type: 'string', default: '20000' },
        ledger: { type: 'string', default: '10000' },
        day: { type: 'string', default: '100000' },
        hledger: { type: 'string', default: '20000' },
        entries: { type: 'string', default: '1000000' },
        rate: { type: 'string', default: '100' },
        seconds: { type: 'string', default: '60' },
        seed: { type: 'string', default: '1' },
        profile: { type: 'boolean', default: false },
        json: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function chosen<T extends string>(
  name: string,
  given: readonly string[] | undefined,
  known: readonly T[],
): readonly T[] {
  for (const one of given ?? []) {
    if (!known.includes(one as T)) {
      throw new UsageError(`${name} ${one}: has to be one of ${known.join(', ')}.`);
    }
  }
  return given === undefined ? known : known.filter((one) => given.includes(one));
}

function count(name: string, text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) {
    throw new UsageError(`${name} ${text}: has to be a whole number from 1 to 9999999.`);
  }
  return Number(text);
}
