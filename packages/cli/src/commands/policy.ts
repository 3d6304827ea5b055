// `saidao policy …`: what applications are judged by, how a change is tried, and who let it judge.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { businessDateOf, plainJson } from '@saidao/values';
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { openRescorer } from '../desk.ts';
import { askModels } from '../desk-of-models.ts';
import { askPolicies, type Tested } from '../desk-of-policies.ts';
import { EXIT } from '../exit-codes.ts';
import { listLines, publishedLines, reportLines, shownLines, testedLines } from '../policy-view.ts';
import { readRunState } from '../run-state.ts';
import { Told } from '../told.ts';

const HELP = `
A policy belongs to one lender and is named by lender and version, as czb-hz@2. It is tried on past
applications, and published by two different people, neither its owner, on that test run. It judges
applications that enter from a day to come; those in flight keep the version they entered under. See
docs/policies.md.

Exit codes:
  0  done
  1  no such policy, a refused publication, or the system does not answer
  2  the command line makes no sense`;

const FIRST_DAY = '2000-01-01';
const THREADS_MAX = 16;

interface TestOptions {
  readonly since: string;
  readonly until: string;
  readonly lender?: readonly string[];
  readonly card?: string;
  readonly workers: string;
  readonly html?: string;
  readonly out?: string;
  readonly json?: true;
}

interface EnterOptions {
  readonly owner: string;
  readonly validated?: true;
  readonly challenger?: string;
  readonly source?: string;
  readonly json?: true;
}

export function register(program: Command, context: CommandContext): void {
  const group = program
    .command('policy')
    .description(
      'what judges applications: list, show, diff, history, enter, test, publish, end, report',
    )
    .addHelpText('after', HELP);
  const { print } = context;
  const tell = (json: true | undefined, answer: unknown, lines: readonly string[]): void => {
    for (const line of json ? [plainJson(answer)] : lines) print(line);
    process.exitCode = EXIT.ok;
  };

  group
    .command('list')
    .description('every version of every lender, with role, days, approvals and test run')
    .option('--json', 'print it as one line of JSON')
    .action(async ({ json }: { json?: true }) => {
      const policies = await askPolicies({ ask: 'list' });
      tell(json, policies, listLines(policies));
    });

  group
    .command('show')
    .description('one version: approvals, test run, products, tables, rules')
    .argument('<policy>', 'as czb-hz@1')
    .option('--json', 'print it as one line of JSON, with all its documents')
    .action(async (ref: string, { json }: { json?: true }) => {
      const policy = await askPolicies({ ask: 'show', ref });
      tell(json, policy, shownLines(policy));
    });

  group
    .command('diff')
    .description('what changed from one version to another, place by place')
    .argument('<before>', 'as czb-hz@1')
    .argument('<after>', 'as czb-hz@2')
    .option('--json', 'print it as one line of JSON')
    .action(async (a: string, b: string, { json }: { json?: true }) => {
      const differences = await askPolicies({ ask: 'diff', a, b });
      const lines = differences.map(
        ({ path, before, after }) => `${path}: ${before ?? 'nothing'} → ${after ?? 'nothing'}`,
      );
      tell(json, differences, lines.length === 0 ? ['Nothing differs.'] : lines);
    });

  group
    .command('history')
    .description("who tried, approved and ended a lender's policies, and when each judged")
    .argument('<lender>', 'as czb-hz')
    .option('--json', 'print it as one line of JSON')
    .action(async (lenderId: string, { json }: { json?: true }) => {
      const history = await askPolicies({ ask: 'history', lenderId });
      const lines = history.map(({ at, ref, what }) => `${at}  ${ref}  ${what}`);
      tell(json, history, lines);
    });

  group
    .command('test')
    .description('tries a policy or a scorecard on past applications, on what was known then')
    .argument('[policy]', 'as czb-hz@2, or the file of a manifest; without it each by its own')
    .requiredOption('--since <date>', 'first business date of judgements to try it on')
    .requiredOption('--until <date>', 'last one')
    .option('--lender <id...>', "of these lenders only; a policy is tried on its own lender's")
    .option('--card <model>', 'on scores by this scorecard, as soft-power@3')
    .option('--workers <n>', 'threads', String(Math.min(availableParallelism(), THREADS_MAX)))
    .option('--html <file>', 'write a page with charts, which opens anywhere')
    .option('--out <file>', 'where the run is kept (default: policy-tests in the home folder)')
    .option('--json', 'print the run as one line of JSON')
    .action(async (policy: string | undefined, options: TestOptions) => {
      const tested = await test(context, policy, options);
      const file = keep(context, tested, options);
      tell(options.json, tested.run, testedLines(tested));
      context.remark(`The run is kept in ${file}.`);
    });

  group
    .command('enter')
    .description('takes a version into the register: as a draft, or validated')
    .argument('<file>', 'its manifest in services/decisioning/policies, as czb-hz.v2.json')
    .requiredOption('--owner <id>', 'who answers for it, and cannot approve it')
    .option('--validated', 'somebody else has validated it; it has to be whole')
    .option('--challenger <share>', 'for a share of new applications, as 0.1, beside the champion')
    .option('--source <text>', 'where it comes from (default: what the manifest says)')
    .option('--json', 'print it as one line of JSON')
    .action(async (file: string, options: EnterOptions) => {
      const { owner, validated = false, challenger = null, source = null, json } = options;
      const entered = await askPolicies({
        ask: 'enter',
        file: file.includes('/') ? resolve(file) : file,
        owner,
        isValidated: validated,
        challengerShare: challenger,
        source,
      });
      tell(json, entered, [`${entered.ref} is entered as ${entered.status}.`, ...entered.faults]);
    });

  group
    .command('publish')
    .description("one person's approval, on a test run; the second makes the version judge")
    .argument('<policy>', 'as czb-hz@2')
    .requiredOption('--by <id>', 'who approves')
    .option('--run <file>', 'the test run, by its file or id (default: the one attached already)')
    .option('--from <date>', 'first business date on which it judges (default: tomorrow)')
    .option('--json', 'print it as one line of JSON')
    .action(
      async (ref: string, options: { by: string; run?: string; from?: string; json?: true }) => {
        const { by, from = null, json } = options;
        const run = options.run === undefined ? null : readRun(context, options.run);
        const published = await askPolicies({ ask: 'publish', ref, by, run, from });
        tell(json, published, publishedLines(by, published));
      },
    );

  group
    .command('end')
    .description('ends a challenger with this day')
    .argument('<policy>', 'as czb-hz@2')
    .requiredOption('--by <id>', 'who ends it')
    .option('--json', 'print it as one line of JSON')
    .action(async (ref: string, { by, json }: { by: string; json?: true }) => {
      const ended = await askPolicies({ ask: 'end', ref, by });
      tell(json, ended, [`${ref} judges nobody who enters after ${ended.lastDay}.`]);
    });

  group
    .command('report')
    .description('how policies in force judge, and each challenger beside its champion')
    .option('--lender <id>', 'of this lender only')
    .option('--since <date>', 'first business date', FIRST_DAY)
    .option('--until <date>', 'last one (default: today)')
    .option('--json', 'print it as one line of JSON')
    .action(async (options: { lender?: string; since: string; until?: string; json?: true }) => {
      const { since, until = businessDateOf(Date.now()) } = options;
      const { databaseUrl, lenders } = placeOf(context, options.lender && [options.lender]);
      const report = await askPolicies({ ask: 'report', databaseUrl, lenders, since, until });
      tell(options.json, report, reportLines(report));
    });
}

async function test(
  context: CommandContext,
  policy: string | undefined,
  options: TestOptions,
): Promise<Tested> {
  const { since, until, card: cardRef, html } = options;
  const { databaseUrl, lenders } = placeOf(context, options.lender);
  const card = cardRef === undefined ? null : await cardOf(cardRef);
  const rescorer = card === null ? null : openRescorer(databaseUrl, card.ref);
  try {
    return await askPolicies(
      {
        ask: 'test',
        databaseUrl,
        policy: policy === undefined ? null : policy.endsWith('.json') ? resolve(policy) : policy,
        card,
        since,
        until,
        // Whose first policy it is need not be served here yet.
        lenders: policy !== undefined && options.lender === undefined ? null : lenders,
        threads: threadsOf(options.workers),
        isPageWanted: html !== undefined,
      },
      rescorer?.askedBack,
    );
  } finally {
    rescorer?.close();
  }
}

async function cardOf(ref: string) {
  const { digest } = await askModels({ ask: 'show', ref });
  return { ref, digest };
}

/** Where a run is kept its id finds it again. */
const runFile = (context: CommandContext, id: string) =>
  join(context.home, 'policy-tests', `${id}.json`);

function keep(context: CommandContext, tested: Tested, { out, html }: TestOptions): string {
  const file = out === undefined ? runFile(context, tested.run.id) : resolve(out);
  if (out === undefined) mkdirSync(join(context.home, 'policy-tests'), { recursive: true });
  write(file, `${JSON.stringify(tested.run, null, 2)}\n`);
  if (html !== undefined && tested.page !== null) write(resolve(html), tested.page);
  return file;
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Told(`${file} cannot be written: ${(error as Error).message}`, EXIT.failed);
  }
}

function readRun(context: CommandContext, given: string): unknown {
  const file = /^[0-9a-f]{12}$/.test(given) ? runFile(context, given) : resolve(given);
  let run: unknown;
  try {
    run = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Told(`${file} cannot be read: ${(error as Error).message}`, EXIT.failed);
  }
  // Null would stand for the run that is attached already.
  if (typeof run === 'object' && run !== null) return run;
  throw new Told(`${file} holds no test run.`, EXIT.failed);
}

function placeOf(context: CommandContext, asked: readonly string[] | '' | undefined) {
  const state = readRunState(context.home);
  const databaseUrl = state?.addresses.databaseUrl ?? context.settings.databaseUrl;
  const all = state?.lenders ?? context.settings.lenders;
  if (databaseUrl === undefined) {
    throw new Told(
      'Nothing runs here: start it with `npm start`, or set DATABASE_URL to reach the database of ' +
        'another system.',
    );
  }
  for (const lender of asked || []) {
    if (!all.includes(lender)) {
      throw new Told(`${lender} is none of ${all.join(', ')}.`, EXIT.usage);
    }
  }
  return { databaseUrl, lenders: asked || all };
}

function threadsOf(text: string): number {
  if (/^[1-9]\d?$/.test(text) && Number(text) <= THREADS_MAX) return Number(text);
  throw new Told(`--workers ${text}: has to be a whole number up to ${THREADS_MAX}.`, EXIT.usage);
}
