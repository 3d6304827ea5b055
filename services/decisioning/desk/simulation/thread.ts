// A thread that judges pages of past applications again and keeps nothing but sums.
import { parentPort, workerData } from 'node:worker_threads';
import { fromJson } from '@saidao/values';
import { openDatabase } from '@saidao/worker';
import { readPolicies } from '../../adapters/policy-files.ts';
import { candidateOf } from '../candidate.ts';
import { compare, noComparison } from './comparison.ts';
import type { FromThread, ThreadData, ToThread } from './messages.ts';
import { pastAssessmentsIn } from './past-assessments.ts';
import { applicationOf, rejudge, type OtherScore, type PastAssessment } from './rejudge.ts';

const STATEMENT_MS_MAX = 60_000;

const { databaseUrl, policy, policyFolder, isRescored } = workerData as ThreadData;
const port = parentPort!;
const say = (said: FromThread) => port.postMessage(said);

const database = openDatabase({
  url: databaseUrl,
  poolMax: 2,
  statementTimeoutMs: STATEMENT_MS_MAX,
});
const past = pastAssessmentsIn(database);
const candidate = policy === null ? null : candidateOf(policy, policyFolder).assessor;
const policies = candidate === null ? readPolicies(policyFolder) : null;
const comparison = noComparison();
const waiting = new Map<number, (line: string) => void>();

let work = Promise.resolve();
port.on('message', (told: ToThread) => {
  switch (told.kind) {
    case 'judge': {
      // Read while the page before is still being judged.
      const rows = past.of(told.ids);
      // What it is told of a page that fails is told when its turn comes.
      rows.catch(() => undefined);
      work = work.then(async () => {
        await judge(told.page, await rows);
        say({ kind: 'judged', page: told.page });
      });
      return;
    }
    case 'rescored':
      waiting.get(told.page)?.(told.line);
      waiting.delete(told.page);
      return;
    case 'end':
      void work.then(async () => {
        await database.close();
        say({ kind: 'compared', comparison });
        port.close();
      });
  }
});

async function judge(page: number, rows: readonly PastAssessment[]): Promise<void> {
  const read = rows.map((row) => ({ row, application: applicationOf(row) }));
  const scores = isRescored ? await rescored(page, read) : null;
  read.forEach(({ row, application }, at) => {
    const score = scores?.[at] ?? null;
    if (scores !== null && score === null) {
      comparison.withoutInputs += 1;
      return;
    }
    const assessor = candidate ?? policies!.of(row.policy);
    const { pair, sameBytes } = rejudge(row, application, assessor, score);
    compare(comparison, pair);
    if (sameBytes === null) return;
    comparison.sameVersion += 1;
    if (!sameBytes) comparison.otherBytes += 1;
  });
}

async function rescored(
  page: number,
  read: readonly { readonly application: ReturnType<typeof applicationOf> }[],
): Promise<(OtherScore | null)[]> {
  const line = await new Promise<string>((resolve) => {
    waiting.set(page, resolve);
    const given = read.map(({ application: { score } }) => ({
      applicationId: score.applicationId,
      revision: score.revision,
      round: score.round,
    }));
    say({ kind: 'rescore', page, given });
  });
  return (fromJson(line) as { readonly scores: (OtherScore | null)[] }).scores;
}
