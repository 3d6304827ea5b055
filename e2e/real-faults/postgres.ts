// PostgreSQL is restarted and killed, and connections to it break just before and after a commit.
import { startTcpProxy, type Verdict } from '@saidao/testkit';
import type { Case } from '../torture/case.ts';
import { underFire } from './under-fire.ts';

const COUNT = 100;
const RATE = 4;
/** PostgreSQL goes away each time so many more are submitted. */
const BETWEEN = 20;
const ways = ['restart', 'kill', 'restart', 'kill'] as const;

/** Commits from one loss of a connection to the next; odd, so that no line is spared. */
const COMMITS_BETWEEN = 23;

export function postgresCases(environment: NodeJS.ProcessEnv): Case[] {
  return [
    {
      group: 'real-faults',
      name: 'PostgreSQL is restarted and killed',
      run: () =>
        underFire({ environment, count: COUNT, rate: RATE }, async (fire) => {
          const { postgres } = fire.system.engines;
          for (const [index, way] of ways.entries()) {
            await fire.untilSubmitted((index + 1) * BETWEEN);
            await postgres.stop(way === 'kill' ? 'kill' : undefined);
            await postgres.start();
          }
          return { runs: ways.length };
        }),
    },
    {
      group: 'real-faults',
      name: 'the connection is lost at a commit, before it arrives or before its answer does',
      async run() {
        let target = '';
        await using proxy = await startTcpProxy({ target: () => target });
        let commits = 0;
        const lost = { lose: 0, last: 0 };
        const verdictOf = (piece: Buffer): Verdict => {
          if (!isCommit(piece)) return 'pass';
          commits += 1;
          if (commits % COMMITS_BETWEEN !== 0) return 'pass';
          const verdict = (commits / COMMITS_BETWEEN) % 2 === 0 ? 'lose' : 'last';
          lost[verdict] += 1;
          return verdict;
        };
        return await underFire(
          {
            ...{ environment, count: COUNT, rate: RATE },
            extrasOf(_, { databaseUrl }) {
              const url = new URL(databaseUrl);
              target = url.host;
              url.host = `${proxy.host}:${proxy.port}`;
              return { DATABASE_URL: url.href };
            },
          },
          async (fire) => {
            proxy.judge(verdictOf);
            await fire.untilSubmitted(COUNT);
            proxy.judge(null);
            const notes = [`${commits} commits, ${lost.lose} lost, ${lost.last} unanswered`];
            const findings = Object.values(lost).includes(0) ? ['no commit was hit'] : [];
            return { runs: lost.lose + lost.last, findings, notes };
          },
        );
      },
    },
  ];
}

/** The statement alone, as PostgreSQL's protocol ends it. */
function isCommit(piece: Buffer): boolean {
  return /\bcommit\0/i.test(piece.toString('latin1'));
}
