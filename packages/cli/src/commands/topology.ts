// `saidao topology`: topics and rights of a broker as they are, as they should be, and made so.
import { integer } from '@saidao/config';
import { openBroker } from '@saidao/event-log';
import { applyDifferences, isWrong, planOf, textOf, type Difference } from '@saidao/topology';
import { Option, type Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { counted } from '../event-summary.ts';
import { EXIT } from '../exit-codes.ts';
import { plainJson } from '@saidao/values';
import { reachOf } from '../reach.ts';

interface Options {
  readonly channel: readonly string[];
  readonly replication: number;
  readonly minInSync: number;
  readonly rights: boolean;
  readonly json?: true;
}

const HELP = `
Lenders and partitions are those of LENDERS and PARTITIONS. Whoever asks needs the rights of an
administrator: KAFKA_USER and the settings beside it.

  +  is missing and is made            ~  a setting that is changed
  -  a right that nobody should have   !  what no topic with records can change: refused
  ?  a topic of ours in no catalogue, as of a lender who has left: left alone

Where a topic has other partitions than PARTITIONS asks for, \`apply\` changes nothing at all.

Nobody should have the rights of a lender-… or channel-… that is not named: name every channel.

Exit codes:
  0  all is as it should be: was found so, or was made so
  1  it is not; or the broker does not answer
  2  the command line makes no sense`;

const ways = {
  plan: 'say what `apply` would change',
  apply: 'make topics, change settings, grant and withdraw rights',
  check: 'end with 1 where a broker is not as it should be',
} as const;
type Way = keyof typeof ways;

export function register(program: Command, context: CommandContext): void {
  const topology = program
    .command('topology')
    .description('topics and rights on a broker, from one catalogue: plan, apply, check');
  for (const [way, does] of Object.entries(ways)) {
    topology
      .command(way)
      .description(does)
      .addOption(
        new Option('--channel <name...>', 'channels that publish applications themselves').default(
          [],
          'none',
        ),
      )
      .addOption(copies('--replication <n>', 'copies of each partition', 3))
      .addOption(copies('--min-in-sync <n>', 'copies that hold what is acknowledged', 2))
      .option('--no-rights', 'topics alone: of a broker that asks nobody who he is')
      .option('--json', 'print it as one line of JSON')
      .addHelpText('after', HELP)
      .action(async (options: Options) => {
        process.exitCode = await run(context, way as Way, options);
      });
  }
}

function copies(flags: string, what: string, usual: number): Option {
  return new Option(flags, what).default(usual).argParser(integer(1, 32));
}

async function run(context: CommandContext, way: Way, options: Options): Promise<number> {
  const { brokers, login, lenders, partitions } = reachOf(context);
  const { channel: channels, replication: replicationFactor, minInSync, rights } = options;
  const wanted = { lenders, channels, partitions, replicationFactor, minInSync, rights };
  const broker = await openBroker({ brokers, ...login });
  try {
    const plan = await planOf(broker, wanted);
    const isApplied = way === 'apply' && (await applyDifferences(broker, plan));
    const left = isApplied ? await planOf(broker, wanted) : plan;
    print(context, way, plan, isApplied, options);
    return left.some(isWrong) && way !== 'plan' ? EXIT.failed : EXIT.ok;
  } finally {
    await broker.close();
  }
}

function print(
  { print }: CommandContext,
  way: Way,
  plan: readonly Difference[],
  isApplied: boolean,
  { json }: Options,
): void {
  if (json) {
    print(plainJson(plan));
    return;
  }
  for (const one of plan) print(textOf(one));
  const wrong = plan.filter(isWrong);
  if (wrong.length === 0) print('All topics and rights are as they should be.');
  else if (isApplied) print(`${counted(wrong.length, 'difference')} dealt with.`);
  else if (way === 'apply') print('Nothing was changed: PARTITIONS is not what topics here have.');
  else print(`${counted(wrong.length, 'difference')}; \`saidao topology apply\` deals with them.`);
}
