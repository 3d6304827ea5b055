// Tries a policy or a scorecard on past applications: one test run, and a page of it where asked.
import { businessDateOf } from '@saidao/values';
import {
  faultsOfVersion,
  policyFolder,
  readPolicy,
  readRegister,
  sha256,
} from '../adapters/policy-files.ts';
import { candidateOf } from './candidate.ts';
import { DeskFault } from './fault.ts';
import { methodOf } from './page/method.ts';
import { pageOf, type Texts } from './page/page.ts';
import { comparisonFigures } from './simulation/figures.ts';
import type { GivenScore } from './simulation/messages.ts';
import { simulate } from './simulation/simulate.ts';
import { testRunOf, TEST_RUN_FORM, type TestRun, type Tried } from './simulation/test-run.ts';
import { assertSpan } from './span.ts';

export interface TestQuestion {
  readonly databaseUrl: string;
  /** A reference or a manifest's file; null: each application by the version that judged it. */
  readonly policy: string | null;
  /** Whose scores are to be put in the place of those given; null: none. */
  readonly card: Tried | null;
  readonly since: string;
  readonly until: string;
  /** Null: the policy's own, whether anybody has applied to it yet or not. */
  readonly lenders: readonly string[] | null;
  readonly threads: number;
  /** Whether a page of the run is wanted too. */
  readonly isPageWanted?: boolean;
  readonly policyFolder?: string;
}

/** With whoever asked: lines of JSON both ways. */
export interface Conversation {
  readonly lines: AsyncIterator<string, unknown>;
  say(said: unknown): void;
}

export interface TestAnswer {
  readonly run: TestRun;
  /** HTML; null: not wanted. */
  readonly page: string | null;
  /** What the figures mean, in sentences. */
  readonly method: readonly string[];
  /** Of the reasons that came or went, by code. */
  readonly texts: Texts;
  readonly seconds: number;
  readonly peakBytes: number;
}

const KIB = 1024;

export async function testOf(
  question: TestQuestion,
  conversation: Conversation,
): Promise<TestAnswer> {
  const { databaseUrl, policy, card, since, until, threads } = question;
  const folder = question.policyFolder ?? policyFolder;
  assertSpan(since, until);
  if (policy === null && card === null) throw new DeskFault('Say a policy or a scorecard to try.');
  const candidate = policy === null ? null : candidateOf(policy, folder);
  const tried = candidate === null ? null : candidate.assessor.policy;
  // What a draft leaves out or says twice: it can be tried, and is not what it will be.
  const faults = candidate === null ? [] : faultsOfVersion(candidate.document);
  // A reason that went may be none of the candidate's.
  const texts = { ...textsIn(folder), ...tried?.reasons.reasons };
  const lenders = lendersOf(question, tried?.lenderId);
  const begunMs = performance.now();
  const comparison = await simulate({
    databaseUrl,
    policy,
    policyFolder: folder,
    span: { since, until, lenders },
    threads,
    rescore: card === null ? null : rescoring(conversation),
  });
  const content = {
    form: TEST_RUN_FORM,
    policy: tried && { ref: tried.ref, digest: tried.digest },
    card,
    since,
    until,
    lenders,
    figures: comparisonFigures(comparison),
  } as const;
  const run = testRunOf(content, businessDateOf(Date.now()), sha256);
  return {
    run,
    page: question.isPageWanted === true ? pageOf(run, texts, faults) : null,
    method: methodOf(run, faults),
    texts,
    seconds: (performance.now() - begunMs) / 1000,
    peakBytes: process.resourceUsage().maxRSS * KIB,
  };
}

/** Of all versions but drafts, which need not be whole. */
function textsIn(folder: string): Texts {
  const { policies } = readRegister(folder);
  return Object.values(policies)
    .filter(({ status }) => status !== 'draft')
    .reduce<Texts>(
      (texts, { file }) => ({ ...texts, ...readPolicy(folder, file).reasons.reasons }),
      {},
    );
}

/** A policy is one lender's: no other lender's applications are judged by it. */
function lendersOf({ lenders }: TestQuestion, own: string | undefined): readonly string[] {
  if (own === undefined) return [...(lenders ?? [])].sort();
  if (lenders === null || lenders.includes(own)) return [own];
  throw new DeskFault(`The policy is ${own}'s, which is none of ${lenders.join(', ')}.`);
}

/** Asked one after another, and answered in this order. */
function rescoring({
  lines,
  say,
}: Conversation): (given: readonly GivenScore[]) => Promise<string> {
  let id = 0;
  return async (given) => {
    id += 1;
    say({ rescore: { id, given } });
    const { value, done } = await lines.next();
    if (done === true) throw new Error('Nobody scores any more.');
    return value;
  };
}
