// `saidao ledger close-day`: says that a business day of a lender is over, and waits until it is closed.
import { setTimeout as pause } from 'node:timers/promises';
import { addDays, businessDateOf } from '@saidao/values';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { signToken } from '../issuer.ts';
import { reachOf } from '../reach.ts';
import { Told } from '../told.ts';

const TOKEN_MINUTES = 60;
const REQUEST_MS_MAX = 15_000;
const LOOK_MS = 500;
const WITHIN_S = 600;

const HELP = `
  npx saidao ledger close-day --lender czb-hz
  npx saidao ledger close-day --lender czb-hz --date 2026-11-25

Days that were missed are closed first, in order. Said twice it changes nothing.

Exit codes:
  0  closed by all lanes and signed; with --no-wait: told
  1  not closed in time, or the ledger does not answer
  2  the command line makes no sense`;

interface Options {
  readonly lender: string;
  readonly date?: string;
  readonly within: string;
  readonly wait: boolean;
  readonly json?: true;
}

interface Day {
  readonly lenderId: string;
  readonly businessDate: string;
  readonly lanes: number;
  readonly lanesClosed: number;
  readonly digest: string | null;
}

/** Below `saidao ledger`. */
export function addCloseDay(group: Command, context: CommandContext): void {
  group
    .command('close-day')
    .description('interest, days past due, tiers and allowances of a day, into the books')
    .requiredOption('--lender <id>', 'whose day is over')
    .option('--date <date>', 'YYYY-MM-DD (default: yesterday in Shanghai)')
    .option('--within <seconds>', 'how long to wait until it is closed', String(WITHIN_S))
    .option('--no-wait', 'do not wait')
    .option('--json', 'print it as one line of JSON')
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      process.exitCode = await closeDay(context, options);
    });
}

async function closeDay(context: CommandContext, options: Options): Promise<number> {
  const { lender, within, wait, json } = options;
  const withinMs = Number(within) * 1_000;
  if (!/^\d{1,6}$/.test(within)) throw new Told('--within is a number of seconds.', EXIT.usage);
  const businessDate = options.date ?? addDays(businessDateOf(Date.now()), -1);
  const ask = await openDoor(context);
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ lenderId: lender, businessDate });
  await ask('/v1/business-days', { method: 'POST', headers, body });
  if (!wait) {
    context.print(json ? body : `${lender} ${businessDate}: the ledger has been told.`);
    return EXIT.ok;
  }
  const path = `/v1/business-days/${encodeURIComponent(lender)}/${businessDate}`;
  const untilMs = performance.now() + withinMs;
  let told = -1;
  for (;;) {
    const day = (await ask(path)) as Day;
    const isClosed = day.digest !== null;
    if (isClosed || performance.now() > untilMs) {
      if (json) context.print(JSON.stringify(day));
      else if (isClosed) context.print(`${lender} ${businessDate}: closed, digest ${day.digest}.`);
      else
        context.print(`${lender} ${businessDate}: ${progressOf(day)}, not closed in ${within} s.`);
      return isClosed ? EXIT.ok : EXIT.failed;
    }
    if (day.lanesClosed !== told) context.remark(`${lender} ${businessDate}: ${progressOf(day)}`);
    told = day.lanesClosed;
    await pause(LOOK_MS);
  }
}

function progressOf({ lanesClosed, lanes }: Day): string {
  return `${lanesClosed} of ${lanes} lanes`;
}

interface Refusal {
  readonly error?: {
    readonly message: string;
    readonly faults: readonly { readonly path: string; readonly message: string }[];
  };
}

/** Asks the ledger's door as the operator of the local system. */
async function openDoor(
  context: CommandContext,
): Promise<(path: string, request?: RequestInit) => Promise<unknown>> {
  const { disbursementLedger: base, lenders } = reachOf(context);
  if (base === null) {
    const message = 'The address of the ledger is not known: set DISBURSEMENT_LEDGER_URL, or ';
    throw new Told(`${message}\`npm start\`.`);
  }
  const signing = { as: 'operator', lenders, minutes: TOKEN_MINUTES, nowMs: Date.now() } as const;
  const token = await signToken(context.home, signing);
  if (token === null) {
    throw new Told('Nothing has been started here yet, so no door would know you: `npm start`.');
  }
  return async (path, request = {}) => {
    const url = `${base}${path}`;
    let answer: Response;
    try {
      answer = await fetch(url, {
        ...request,
        headers: { authorization: `Bearer ${token}`, ...request.headers },
        signal: AbortSignal.timeout(REQUEST_MS_MAX),
      });
    } catch (error) {
      const message = `${url} does not answer: see \`npx saidao status\`.`;
      throw new Told(message, EXIT.failed, { cause: error });
    }
    const said = (await answer.json()) as Refusal;
    if (answer.ok) return said;
    const faults = (said.error?.faults ?? []).map(
      ({ path: at, message }) => `\n  ${at} ${message}`,
    );
    const code = answer.status === 422 ? EXIT.usage : EXIT.failed;
    throw new Told(`${answer.status} ${said.error?.message ?? ''}${faults.join('')}`, code);
  };
}
