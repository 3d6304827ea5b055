// `saidao verify`: checks from the outside that nothing was lost and nothing done twice.
import { checkSystem, textOf, type Report, type SystemToCheck } from '@saidao/checker';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { askDesk } from '../desk.ts';
import { EXIT } from '../exit-codes.ts';
import { plainJson } from '@saidao/values';
import { reachOf } from '../reach.ts';
import { readRunState } from '../run-state.ts';
import { Told } from '../told.ts';

/** What `--json` prints. */
export interface Verdict extends Report {
  /** Latest decisions that were told again. */
  readonly repaired: number;
  readonly seconds: number;
}

interface Options {
  readonly grace: string;
  readonly repair?: true;
  readonly json?: true;
}

const HELP = `
Reads every topic, the lines' tables and, where OUTSIDE_WORLD_URL says where it is, the payout
rail's own book, and knows nothing of the workers: what they say has to be one story. What was not
read, and how much is too old to be judged, it tells. The system may run meanwhile: what is not
done yet is under way while a line has it before it, or while its newest record is younger than the
grace. It changes nothing; with --repair latest decisions that are not the newest, or cannot be
read, are told again, and all is checked once more.

Exit codes:
  0  nothing is lost and nothing was done twice
  1  something is: each finding says where, and what to do; or something does not answer
  2  the command line makes no sense`;

const GRACE_S = 60;
/** So many findings are shown, and as many of what is under way. */
const SHOWN_MAX = 1_000;

export function register(program: Command, context: CommandContext): void {
  program
    .command('verify')
    .description('checks that nothing was lost and nothing done twice')
    .addHelpText('after', HELP)
    .option('--repair', 'tell latest decisions again that are not the newest')
    .option('--grace <seconds>', 'how old what is missing has to be to be lost', String(GRACE_S))
    .option('--json', 'print it as one line of JSON')
    .action(async ({ grace, repair, json }: Options) => {
      const system = systemOf(context, graceMsOf(grace));
      const startedMs = performance.now();
      const secondsNow = () => (performance.now() - startedMs) / 1_000;
      let report = await read(system);
      let repaired = 0;
      const stale = staleIn(report);
      if (repair && stale.length > 0) {
        const { databaseUrl, brokers, login, partitions } = system;
        const question = { ask: 'present', databaseUrl, brokers, login, partitions };
        const answer = await askDesk('decisioning', { ...question, applicationIds: stale });
        repaired = (answer as { readonly told: number }).told;
        report = await read(system);
      }
      const verdict = { ...report, repaired, seconds: secondsNow() };
      if (json) context.print(plainJson(bounded(verdict)));
      else for (const line of verdictLines(verdict)) context.print(line);
      process.exitCode = report.findings.length === 0 ? EXIT.ok : EXIT.failed;
    });
}

/** What does not answer is told in a sentence: it says nothing of the system’s state. */
async function read(system: SystemToCheck): Promise<Report> {
  try {
    return await checkSystem(system);
  } catch (error) {
    const { message } = error as Error;
    throw new Told(`It cannot be checked: ${message}`, EXIT.failed, { cause: error });
  }
}

function graceMsOf(text: string): number {
  const seconds = Number(text);
  if (/^\d{1,6}$/.test(text)) return seconds * 1_000;
  throw new Told('--grace takes whole seconds, as 60.', EXIT.usage);
}

function systemOf(context: CommandContext, graceMs: number): SystemToCheck {
  const { brokers, login, lenders, partitions, outsideWorld } = reachOf(context);
  const databaseUrl =
    readRunState(context.home)?.addresses.databaseUrl ?? context.settings.databaseUrl;
  if (databaseUrl === undefined) {
    throw new Told('Half of it is in the database: set DATABASE_URL to that of the system.');
  }
  return { brokers, login, lenders, partitions, databaseUrl, railUrl: outsideWorld, graceMs };
}

/** Applications whose compacted topic does not say the newest. */
function staleIn({ findings }: Report): string[] {
  return findings.flatMap(({ rule, applicationId }) =>
    rule === 'latest-decisions' && applicationId !== null ? [applicationId] : [],
  );
}

function bounded(verdict: Verdict): object {
  const { findings, underWay } = verdict;
  return {
    ...verdict,
    ...{ findings: findings.slice(0, SHOWN_MAX), underWay: underWay.slice(0, SHOWN_MAX) },
    ...{ found: findings.length, open: underWay.length },
  };
}

/** How each reads where it was not read, and what reads it. */
const unreadSays = {
  tables: 'The lines’ tables were not read: set DATABASE_URL.',
  books: 'The books were not read: the ledger has no tables in DATABASE_URL’s database.',
  rail: 'The rail was not read: set OUTSIDE_WORLD_URL.',
} as const;

export function verdictLines(verdict: Verdict): string[] {
  const { findings, underWay, unread, counts, repaired } = verdict;
  const { unjudged } = counts;
  return [
    countedLine(verdict),
    ...unread.map((one) => unreadSays[one]),
    ...(unjudged === 0
      ? []
      : [`${unjudged} applications were not judged: retention has taken their beginning.`]),
    ...(repaired === 0 ? [] : [`${repaired} latest decisions were told again.`]),
    ...underWay
      .slice(0, SHOWN_MAX)
      .map(
        ({ applicationId, says, because }) => `under way: ${applicationId} ${says} (${because})`,
      ),
    ...more(underWay.length),
    ...findings.slice(0, SHOWN_MAX).map(textOf),
    ...more(findings.length),
    lastLine(verdict),
  ];
}

function countedLine({ waiting, unread, counts, seconds }: Verdict): string {
  const { events, repeats, applications, authorisations, payouts, entries } = counts;
  const waits = waiting.length === 0 ? '' : `, ${waiting.length} wait for officers`;
  const money = [
    `${authorisations} authorisations`,
    ...(unread.includes('rail') ? [] : [`${payouts} payouts of the rail`]),
    ...(unread.includes('books') ? [] : [`${entries} entries`]),
  ];
  return (
    `${applications} applications with ${events} events${waits}; ${money.join(', ')}; ` +
    `${repeats} records came again with the same bytes. Read in ${seconds.toFixed(1)} s.`
  );
}

/** No more is well than was looked at. */
function lastLine({ findings, unread, counts }: Verdict): string {
  if (findings.length > 0) return `${findings.length} findings.`;
  if (counts.applications === 0) return 'There is no application to check.';
  const isAll = unread.length === 0 && counts.unjudged === 0;
  return isAll
    ? 'Nothing is lost, and nothing was done twice.'
    : 'Of what was read and judged nothing is lost, and nothing was done twice.';
}

const more = (count: number): string[] =>
  count > SHOWN_MAX ? [`… and ${count - SHOWN_MAX} more.`] : [];
