// `saidao decisions verify`: decides all evidence again and says what does not come out the same.
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { askDesk } from '../desk.ts';
import { EXIT } from '../exit-codes.ts';
import { plainJson } from '@saidao/values';
import { readRunState } from '../run-state.ts';
import { Told } from '../told.ts';

export interface VerifyFault {
  readonly table: string;
  readonly id: string;
  readonly applicationId: string;
  readonly revision: number;
  readonly what: string;
  /** The first place that differs; null: there is none to name. */
  readonly path: string | null;
  readonly kept: string | null;
  readonly found: string | null;
}

export interface Verified {
  readonly assessments: number;
  readonly declined: number;
  readonly counterfactuals: number;
  readonly decisions: number;
  readonly standing: number;
  readonly faulty: number;
  readonly faults: readonly VerifyFault[];
  readonly seconds: number;
  readonly peakBytes: number;
}

const HELP = `
Reads the evidence in decisioning's tables and the policies' files, and nothing else: every kept
input is judged again by the version that its application is pinned to, in a process of its own.
The bytes have to be the same, the reasons have to stand on facts of the input, each change that
would flip has to, and each event has to stand on an assessment that is kept. It changes nothing.

Exit codes:
  0  all is as it was decided
  1  something is not, or there is no answer
  2  the command line makes no sense`;

export function register(program: Command, context: CommandContext): void {
  const group = program
    .command('decisions')
    .description('the evidence of decisions: verify')
    .addHelpText('after', HELP);
  const { print } = context;

  group
    .command('verify')
    .description('decides all evidence again and compares it byte by byte')
    .option('--since <date>', 'first day, YYYY-MM-DD (default: the first there is)')
    .option('--until <date>', 'last day (default: the last there is)')
    .option('--json', 'print it as one line of JSON')
    .action(async ({ since, until, json }: { since?: string; until?: string; json?: true }) => {
      const databaseUrl =
        readRunState(context.home)?.addresses.databaseUrl ?? context.settings.databaseUrl;
      if (databaseUrl === undefined) {
        throw new Told(
          'Evidence is in the database: set DATABASE_URL to reach that of another system.',
        );
      }
      const question = { ask: 'verify', databaseUrl, since: since ?? null, until: until ?? null };
      const verified = (await askDesk('decisioning', question)) as Verified;
      for (const line of json ? [plainJson(verified)] : verifiedLines(verified)) print(line);
      process.exitCode = verified.faulty === 0 ? EXIT.ok : EXIT.failed;
    });
}

const TEXT_MAX = 60;

export function verifiedLines(verified: Verified): string[] {
  const { assessments, declined, counterfactuals, decisions, standing, faulty, faults } = verified;
  const seconds = verified.seconds.toFixed(1);
  return [
    `${assessments} assessments judged again in ${seconds} s, ${declined} of them declines, with ` +
      `${counterfactuals} changes that would flip one; ${decisions} events read, ${standing} of ` +
      'them stand on an assessment.',
    ...faults.map(faultLine),
    faulty > 0
      ? `${faulty} rows are not as they were.`
      : assessments === 0
        ? 'Nothing was judged on these days.'
        : 'All came out the same, byte by byte.',
  ];
}

function faultLine({ table, id, applicationId, revision, what, ...of }: VerifyFault): string {
  const where = `${applicationId} revision ${revision} (${table} ${id})`;
  const path = of.path === null ? '' : `, first at ${of.path}`;
  const values =
    of.kept === null && of.found === null ? '' : `: ${shown(of.kept)} → ${shown(of.found)}`;
  return `${where}: ${what}${path}${values}`;
}

function shown(text: string | null): string {
  if (text === null) return 'nothing';
  return text.length > TEXT_MAX ? `${text.slice(0, TEXT_MAX)}…` : text;
}
