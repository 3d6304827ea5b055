// The report on policies in force: each one's figures, and a challenger beside its champion.
import { isInForceSometime } from '@saidao/register';
import { openDatabase, type Database } from '@saidao/worker';
import { policyFolder, readRegister } from '../adapters/policy-files.ts';
import { versionsIn } from '../policies/register.ts';
import { addMoments, noMoments, sumsOf } from './simulation/moments.ts';
import { assertSpan } from './span.ts';
import { sampleFigures, trialOf, type Sample, type SampleFigures, type Trial } from './trial.ts';

export interface ReportQuestion {
  readonly databaseUrl: string;
  readonly lenders: readonly string[];
  readonly since: string;
  readonly until: string;
  readonly policyFolder?: string;
}

export interface LenderReport {
  readonly lenderId: string;
  readonly policies: readonly SampleFigures[];
  /** Each challenger over the days on which it was in force. */
  readonly trials: readonly (Trial & { readonly since: string; readonly until: string })[];
}

const STATEMENT_MS_MAX = 60_000;

export async function reportOf(question: ReportQuestion): Promise<readonly LenderReport[]> {
  const { databaseUrl, lenders, since, until } = question;
  assertSpan(since, until);
  const versions = versionsIn(readRegister(question.policyFolder ?? policyFolder));
  const database = openDatabase({ url: databaseUrl, statementTimeoutMs: STATEMENT_MS_MAX });
  try {
    const reports: LenderReport[] = [];
    for (const lenderId of lenders) {
      const samples = await samplesIn(database, lenderId, since, until);
      const trials: LenderReport['trials'][number][] = [];
      const challengers = versions
        .filter((one) => one.lenderId === lenderId && one.role === 'challenger')
        .filter(isInForceSometime);
      for (const { ref, validFrom, validTo } of challengers) {
        const from = validFrom > since ? validFrom : since;
        const to = validTo !== null && validTo < until ? validTo : until;
        if (from > to) continue;
        const both = await samplesIn(database, lenderId, from, to);
        const challenger = both.find(({ policy }) => policy === ref) ?? noSample(ref, 'challenger');
        // Whoever was champion meanwhile: chance chose between the two, not between champions.
        const champion = together(both.filter(({ role }) => role === 'champion'));
        trials.push({ ...trialOf(champion, challenger), since: from, until: to });
      }
      reports.push({ lenderId, policies: samples.map(sampleFigures), trials });
    }
    return reports;
  } finally {
    await database.close();
  }
}

function together(champions: readonly Sample[]): Sample {
  const [first = noSample('nobody', 'champion'), ...others] = champions;
  return others.reduce((sum, one) => {
    const moments = noMoments();
    for (const part of [sum, one]) addMoments(moments, part.moments);
    return {
      policy: `${sum.policy}, ${one.policy}`,
      role: sum.role,
      approved: sum.approved + one.approved,
      referred: sum.referred + one.referred,
      declined: sum.declined + one.declined,
      moments,
      verdicts: sum.verdicts + one.verdicts,
      overridden: sum.overridden + one.overridden,
    };
  }, first);
}

function noSample(policy: string, role: string): Sample {
  const none = { approved: 0, referred: 0, declined: 0, verdicts: 0, overridden: 0 };
  return { policy, role, ...none, moments: noMoments() };
}

/** Applications that were first judged in the span, each as it was judged last in it. */
async function samplesIn(
  database: Database,
  lenderId: string,
  since: string,
  until: string,
): Promise<Sample[]> {
  const { rows } = await database.query<{
    policy: string;
    policy_role: string;
    applications: bigint;
    approved: bigint;
    referred: bigint;
    declined: bigint;
    amount: string;
    weighed: string;
    amount_squared: string;
    amount_weighed: string;
    weighed_squared: string;
    verdicts: bigint;
    overridden: bigint;
  }>(
    `with judged as (
       select distinct on (application_id) application_id, policy, policy_role, outcome,
         coalesce(amount_fen, 0)::numeric as amount,
         coalesce(amount_fen, 0)::numeric * coalesce(rate_ppm, 0) as weighed,
         min(business_date) over (partition by application_id) as first_judged
       from decisioning.assessments where lender_id = $1 and business_date <= $3::date
       order by application_id, id desc
     ), verdicts as (
       select application_id, count(*) as verdicts,
         count(*) filter (where (content::jsonb ->> 'override')::boolean) as overridden
       from decisioning.decisions
       where lender_id = $1 and type = 'ReviewRecorded'
         and content::jsonb ->> 'action' in ('APPROVED', 'DECLINED')
       group by application_id
     )
     select policy, policy_role, count(*) as applications,
       count(*) filter (where outcome = 'approve') as approved,
       count(*) filter (where outcome = 'refer') as referred,
       count(*) filter (where outcome = 'decline') as declined,
       sum(amount) as amount, sum(weighed) as weighed, sum(amount * amount) as amount_squared,
       sum(amount * weighed) as amount_weighed, sum(weighed * weighed) as weighed_squared,
       coalesce(sum(verdicts), 0)::bigint as verdicts,
       coalesce(sum(overridden), 0)::bigint as overridden
     from judged left join verdicts using (application_id)
     where first_judged >= $2::date
     group by policy, policy_role order by policy_role, policy`,
    [lenderId, since, until],
  );
  return rows.map((row) => {
    const moments = sumsOf(Number(row.applications), {
      amount: BigInt(row.amount),
      weighed: BigInt(row.weighed),
      amountSquared: BigInt(row.amount_squared),
      amountWeighed: BigInt(row.amount_weighed),
      weighedSquared: BigInt(row.weighed_squared),
    });
    return {
      policy: row.policy,
      role: row.policy_role,
      approved: Number(row.approved),
      referred: Number(row.referred),
      declined: Number(row.declined),
      moments,
      verdicts: Number(row.verdicts),
      overridden: Number(row.overridden),
    };
  });
}
