// `saidao reviews …`: the officers' queue and what they do with it, by decisioning's door.
import { Option } from 'commander';
import type { Command } from 'commander';
import { PRINCIPALS, type LocalPrincipal } from '../access.ts';
import { attachmentOf } from '../attachment.ts';
import type { CommandContext } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { openReviews, type Acted, type QueuedReview } from '../review-door.ts';
import { table } from '../table.ts';

const HELP = `
  npx saidao reviews list --as officer-a
  npx saidao reviews claim ID --as officer-a
  npx saidao reviews approve ID --as officer-a --reason "Facts checked on site."
  npx saidao reviews approve ID --as officer-b --reason "The terms fit the need."
  npx saidao reviews note ID --as officer-a --text "Seen on site." --attach visit.pdf

Exit codes:
  0  done
  1  nothing came of it (the line says why), or the door does not answer
  2  the command line makes no sense`;

interface Common {
  readonly as: LocalPrincipal;
  readonly json?: true;
}

/** What an action takes beside the application: names of options, and how the body calls them. */
interface ActionSpec {
  readonly name: string;
  readonly path: string;
  readonly says: string;
  readonly fixed?: Readonly<Record<string, string>>;
  readonly options: readonly (readonly [flags: string, says: string, field: string])[];
  readonly needed?: readonly string[];
  /** With files, of which the hashes are told. */
  readonly attaches?: true;
}

const reason = ['--reason <text>', 'for the file; no personal data', 'reason'] as const;
const code = ['--code <code>', 'a reason code of the policy, as F02', 'reasonCode'] as const;
const override = [
  '--override <code>',
  'why you decide otherwise than policy would',
  'overrideCode',
] as const;

const actions: readonly ActionSpec[] = [
  { name: 'claim', path: 'claim', says: 'claim an application', options: [] },
  { name: 'return', path: 'return', says: 'give your claim back', options: [reason] },
  {
    name: 'approve',
    path: 'verdict',
    says: 'approve: first whoever holds the claim, then another officer',
    fixed: { verdict: 'APPROVE' },
    options: [
      reason,
      override,
      ['--amount <yuan>', 'as you looked at it: nothing comes of it where it is another', 'amount'],
      ['--term-months <months>', 'as you looked at it', 'termMonths'],
    ],
  },
  {
    name: 'decline',
    path: 'verdict',
    says: 'decline, with a reason code',
    fixed: { verdict: 'DECLINE' },
    options: [reason, code, override],
    needed: ['reason', 'reasonCode'],
  },
  {
    name: 'note',
    path: 'notes',
    says: 'add a note to the file',
    options: [['--text <text>', 'no personal data', 'text']],
    needed: ['text'],
    attaches: true,
  },
  {
    name: 'amend',
    path: 'amend',
    says: 'propose other terms',
    options: [
      ['--amount <yuan>', 'as 1000000.00', 'amount'],
      ['--term-months <months>', 'as 12', 'termMonths'],
      reason,
      code,
    ],
    needed: ['amount', 'termMonths', 'reason', 'reasonCode'],
  },
  {
    name: 'reassign',
    path: 'reassign',
    says: 'give the claim to another officer',
    options: [
      ['--to <officer>', 'who is to hold it', 'to'],
      ['--to-role <role>', 'officer, senior-officer or committee', 'toRole'],
      reason,
    ],
    needed: ['to', 'toRole', 'reason'],
  },
  {
    name: 'undo',
    path: 'undo',
    says: 'undo an approval before money is paid',
    options: [reason, code],
    needed: ['reason', 'reasonCode'],
  },
];

export function register(program: Command, context: CommandContext): void {
  const group = program
    .command('reviews')
    .description('referred applications and what officers do with them')
    .addHelpText('after', HELP);
  const asOne = () =>
    new Option('--as <principal>', 'who you are')
      .choices(PRINCIPALS.map(({ principal }) => principal))
      .makeOptionMandatory();
  const { print } = context;

  group
    .command('list')
    .description('the queue, the oldest first')
    .addOption(asOne())
    .option('--lender <lender>', 'of this lender only')
    .option('--product <product>', 'of this product only')
    .option('--tier <tier>', 'whose last approval has to come from this tier')
    .option('--claimed-by <officer>', 'an officer, `me`, or `nobody`')
    .option('--json', 'print it as one line of JSON')
    .action(async (given: Common & Readonly<Record<string, string>>) => {
      const { as, json, ...question } = given;
      const reviews = await openReviews(context, as);
      const queue = await reviews.list(question);
      if (json) print(JSON.stringify(queue));
      else for (const line of queueLines(queue)) print(line);
    });

  group
    .command('show')
    .description('an application in full: what policy judged by, and what officers did')
    .argument('<id>', 'its application id')
    .addOption(asOne())
    .option('--json', 'print it as one line of JSON')
    .action(async (id: string, { as, json }: Common) => {
      const shown = await (await openReviews(context, as)).show(id);
      print(json ? JSON.stringify(shown) : JSON.stringify(shown, null, 2));
    });

  group
    .command('outcome')
    .description('what came of an action that was not known in time')
    .argument('<action>', 'its action id')
    .addOption(asOne())
    .option('--json', 'print it as one line of JSON')
    .action(async (actionId: string, { as, json }: Common) => {
      const outcome = await (await openReviews(context, as)).outcome(actionId);
      tell({ actionId, outcome }, json);
    });

  for (const action of actions) addAction(group, action);

  function tell(acted: Acted, json: true | undefined): void {
    print(json ? JSON.stringify(acted) : actedLine(acted));
    process.exitCode = acted.outcome?.outcome === 'REFUSED' ? EXIT.failed : EXIT.ok;
  }

  function addAction(to: Command, action: ActionSpec): void {
    const { name, path, says, fixed, options, needed, attaches } = action;
    const command = to
      .command(name)
      .description(says)
      .argument('<id>', 'its application id')
      .addOption(asOne())
      .option('--json', 'print what came of it as one line of JSON');
    const fields = needed ?? options.map(([, , field]) => field).filter((one) => one === 'reason');
    for (const [flags, doc, field] of options) {
      const option = new Option(flags, doc);
      command.addOption(fields.includes(field) ? option.makeOptionMandatory() : option);
    }
    if (attaches) {
      command.addOption(
        new Option('--attach <file...>', 'files whose hashes go with it; they stay where they are'),
      );
    }
    command.action(async (id: string, given: Common & Readonly<Record<string, string>>) => {
      const body: Record<string, unknown> = { ...fixed };
      for (const [flags, , field] of options) {
        const value = given[new Option(flags).attributeName()];
        if (value !== undefined) body[field] = field === 'termMonths' ? Number(value) : value;
      }
      const { attach } = given as { readonly attach?: readonly string[] };
      if (attach !== undefined) body['attachments'] = attach.map(attachmentOf);
      tell(await (await openReviews(context, given.as)).act(id, path, body), given.json);
    });
  }
}

function actedLine({ outcome, actionId }: Acted): string {
  if (outcome === null) {
    return `The log has it; ask again: npx saidao reviews outcome ${actionId}`;
  }
  const cause = outcome.cause === null ? '' : `${outcome.cause}: `;
  return `${cause}${outcome.en} / ${outcome.zh}`;
}

function queueLines(queue: readonly QueuedReview[]): string[] {
  if (queue.length === 0) return ['Nothing waits for officers.'];
  return table(
    queue.map((one) => [
      one.applicationId,
      one.product,
      one.amount ?? 'nothing to approve',
      one.tier,
      one.claimedBy === null ? 'free' : `held by ${one.claimedBy}`,
      one.approvers.length === 0 ? '' : `approved by ${one.approvers.join(', ')}`,
      one.reasons.map(({ code: given }) => given).join(' '),
      one.enterprise.name,
    ]),
  );
}
