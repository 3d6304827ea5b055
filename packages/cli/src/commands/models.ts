// `saidao models list|show|diff|activate|report`: what scores applications, who let it, and how it does.
import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { askModels } from '../desk-of-models.ts';
import type {
  Activated,
  LenderReport,
  ModelReport,
  ModelShown,
  ModelSummary,
  ParityGroup,
} from '../desk-of-models.ts';
import { EXIT } from '../exit-codes.ts';
import { plainJson } from '@saidao/values';
import { reachOf } from '../reach.ts';
import { readRunState } from '../run-state.ts';
import { table } from '../table.ts';
import { Told } from '../told.ts';

const HELP = `
A model is named by id and version, as soft-power@2. Two different people, neither its owner, have
to activate it; people are named by their ids (small letters, digits, . and -). It scores from a day
to come, which the second of them may say; workers read the register when they start, so start them
anew before that day.

Exit codes:
  0  done
  1  no such model, a refused activation, or the system does not answer`;

export function register(program: Command, context: CommandContext): void {
  const group = program
    .command('models')
    .description('what scores applications: list, show, diff, activate, report')
    .addHelpText('after', HELP);
  const { print } = context;

  group
    .command('list')
    .description('every model with its kind, status, role and approvals')
    .option('--json', 'print it as one line of JSON')
    .action(async ({ json }: { json?: true }) => {
      const models = await askModels({ ask: 'list' });
      if (json) print(plainJson(models));
      else for (const line of listLines(models)) print(line);
      process.exitCode = EXIT.ok;
    });

  group
    .command('show')
    .description('the page of one model: inputs, weights, bands, limits, source')
    .argument('<model>', 'as soft-power@2')
    .option('--json', 'print it as one line of JSON')
    .action(async (ref: string, { json }: { json?: true }) => {
      const model = await askModels({ ask: 'show', ref });
      print(json ? plainJson(model) : `${headOf(model)}\n\n${model.card}`.trimEnd());
      process.exitCode = EXIT.ok;
    });

  group
    .command('diff')
    .description('what changed from one model to another, place by place')
    .argument('<before>', 'as soft-power@1')
    .argument('<after>', 'as soft-power@2')
    .option('--json', 'print it as one line of JSON')
    .action(async (a: string, b: string, { json }: { json?: true }) => {
      const differences = await askModels({ ask: 'diff', a, b });
      if (json) print(plainJson(differences));
      else if (differences.length === 0) print('Nothing differs.');
      else {
        for (const { path, before, after } of differences) {
          print(`${path}: ${before ?? 'nothing'} → ${after ?? 'nothing'}`);
        }
      }
      process.exitCode = EXIT.ok;
    });

  group
    .command('activate')
    .description("one person's approval; the second makes the model score")
    .argument('<model>', 'as soft-power@3')
    .requiredOption('--by <id>', 'who approves')
    .option('--from <date>', 'first business date that it scores (default: tomorrow)')
    .option('--json', 'print it as one line of JSON')
    .action(async (ref: string, options: { by: string; from?: string; json?: true }) => {
      const { by, from, json } = options;
      const done = await askModels({
        ask: 'activate',
        ref,
        by,
        ...(from !== undefined && { from }),
      });
      for (const line of json ? [plainJson(done)] : activatedLines(by, done)) print(line);
      process.exitCode = EXIT.ok;
    });

  group
    .command('report')
    .description('how groups of firms fare, and how far they have moved from the reference')
    .option('--lender <id>', 'of this lender only')
    .option('--json', 'print it as one line of JSON')
    .action(async ({ lender, json }: { lender?: string; json?: true }) => {
      const report = await askReport(context, lender);
      if (json) print(plainJson(report));
      else for (const line of reportLines(report)) print(line);
      process.exitCode = EXIT.ok;
    });
}

async function askReport(context: CommandContext, lender?: string): Promise<ModelReport> {
  const { brokers, login, lenders } = reachOf(context);
  const { databaseUrl } = readRunState(context.home)?.addresses ?? context.settings;
  if (databaseUrl === undefined) {
    throw new Told('Scores are in the database: set DATABASE_URL to reach that of another system.');
  }
  if (lender !== undefined && !lenders.includes(lender)) {
    throw new Told(`${lender} is none of ${lenders.join(', ')}.`, EXIT.usage);
  }
  const asked = lender === undefined ? lenders : [lender];
  return askModels({ ask: 'report', databaseUrl, brokers, login, lenders: asked });
}

export function listLines(models: readonly ModelSummary[]): string[] {
  return table(
    [
      ['model', 'kind', 'status', 'role', 'valid', 'owner', 'approved by', 'digest'],
      ...models.map(({ ref, kind, role, owner, digest, approvals, ...of }) => [
        ref,
        kind,
        of.status,
        role,
        validText(of),
        owner,
        approvals.map(({ by }) => by).join(', ') || 'nobody',
        digest,
      ]),
    ],
    '',
  );
}

export function activatedLines(by: string, { ref, outcome, retired, from }: Activated): string[] {
  if (outcome === 'approved') return [`${by} has approved ${ref}; another person still has to.`];
  const place = retired === null ? '' : `, in the place of ${retired}`;
  return [
    `${ref} scores from ${from} on${place}.`,
    `Start the workers of scoring anew before ${from}: they read the register when they start.`,
  ];
}

type Valid = Pick<ModelSummary, 'status' | 'validFrom' | 'validTo'>;

function validText({ status, validFrom, validTo }: Valid): string {
  if (validFrom === null) return status === 'retired' ? 'never' : 'not yet';
  if (validTo !== null && validTo < validFrom) return 'never';
  return validTo === null ? `from ${validFrom}` : `${validFrom} – ${validTo}`;
}

function headOf({ ref, kind, role, owner, digest, source, ...of }: ModelShown): string {
  return [
    `${ref}: ${kind}, ${role}, ${of.status}`,
    `valid: ${validText(of)}; owner: ${owner}`,
    `source: ${source}`,
    `digest: ${digest}`,
    ...of.approvals.map(({ by, at }) => `approved by ${by} on ${at}`),
  ].join('\n');
}

export function reportLines({ model, casesMin, lenders }: ModelReport): string[] {
  return [
    `${model}: parity beside the best group, and stability.`,
    `A group below four fifths of the best bears a !; of fewer than ${casesMin} nothing is said.`,
    ...lenders.flatMap((lender) => ['', ...lenderLines(lender)]),
  ];
}

function lenderLines({ lenderId, applications, parity, stability }: LenderReport): string[] {
  if (applications === 0) return [`${lenderId}: nothing is scored yet.`];
  return [
    `${lenderId}: ${applications} applications`,
    ...parity.flatMap(({ by, groups }) =>
      table([
        [`by ${by}`, 'scored', 'points', 'of best', 'decided', 'offers', 'of best', ''],
        ...groups.map(cellsOf),
      ]),
    ),
    ...stabilityLines(stability),
  ];
}

function cellsOf(one: ParityGroup): string[] {
  return [
    one.group,
    String(one.scored),
    (one.meanPoints / 100).toFixed(1),
    percent(one.meanRatioPpm),
    String(one.decided),
    percent(one.approvalPpm),
    percent(one.approvalRatioPpm),
    one.belowFourFifths ? '!' : '',
  ];
}

function stabilityLines(stability: LenderReport['stability']): string[] {
  if (stability === null) return ['  no reference to compare with'];
  const { scores, boundPpm, moved } = stability;
  return table([
    [`stability of the last ${scores}`, 'index', ''],
    ...moved.map(({ subject, psiPpm }) => [
      subject,
      (psiPpm / 1_000_000).toFixed(3),
      psiPpm > boundPpm ? `! above ${boundPpm / 1_000_000}` : '',
    ]),
  ]);
}

function percent(ppm: number | null): string {
  return ppm === null ? '–' : `${(ppm / 10_000).toFixed(1)} %`;
}
