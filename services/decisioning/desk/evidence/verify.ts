// Re-decides all evidence of some days from the database and the policies' files, and nothing else.
import { fromJson } from '@saidao/values';
import { openDatabase } from '@saidao/worker';
import { policyFolder, readPolicies } from '../../adapters/policy-files.ts';
import type { Assessment } from '../../assessment/assess.ts';
import type { Policies } from '../../policies.ts';
import { assertSpan } from '../span.ts';
import {
  keptEvidenceIn,
  type AssessmentKey,
  type Days,
  type KeptAssessment,
  type KeptDecision,
  type KeptEvidence,
} from './kept.ts';
import {
  findingsOfAssessment,
  findingsOfBasis,
  findingsOfDecision,
  saidIn,
  type Finding,
} from './redecide.ts';

export interface VerifyQuestion extends Days {
  readonly databaseUrl: string;
  readonly policyFolder?: string;
}

/** What is wrong with one row of evidence. */
export interface Fault extends Finding {
  readonly table: 'assessments' | 'decisions';
  readonly id: string;
  readonly applicationId: string;
  readonly revision: number;
}

export interface Verified {
  /** Judged again, each with its counterfactuals. */
  readonly assessments: number;
  readonly declined: number;
  readonly counterfactuals: number;
  /** Events whose evidence was read, and those of them that stand on an assessment. */
  readonly decisions: number;
  readonly standing: number;
  /** Rows with a fault, and the first of their faults. */
  readonly faulty: number;
  readonly faults: readonly Fault[];
  readonly seconds: number;
  readonly peakBytes: number;
}

const STATEMENT_MS_MAX = 60_000;
const PAGE = 250;
/** Of more nobody reads each. */
const FAULTS_MAX = 1_000;
const KIB = 1024;

export async function verified(question: VerifyQuestion): Promise<Verified> {
  const { databaseUrl, since, until } = question;
  assertSpan(since ?? FIRST_DAY, until ?? LAST_DAY);
  const policies = readPolicies(question.policyFolder ?? policyFolder);
  const begunMs = performance.now();
  const database = openDatabase({ url: databaseUrl, statementTimeoutMs: STATEMENT_MS_MAX });
  try {
    const verification = new Verification(policies, keptEvidenceIn(database));
    await verification.judgeAll({ since, until });
    await verification.readAll({ since, until });
    return {
      ...verification.result,
      seconds: (performance.now() - begunMs) / 1000,
      peakBytes: process.resourceUsage().maxRSS * KIB,
    };
  } finally {
    await database.close();
  }
}

const FIRST_DAY = '1000-01-01';
const LAST_DAY = '9999-12-31';

class Verification {
  readonly #policies: Policies;
  readonly #kept: KeptEvidence;
  readonly #counts = { assessments: 0, declined: 0, counterfactuals: 0, decisions: 0, standing: 0 };
  readonly #faults: Fault[] = [];
  #faulty = 0;

  constructor(policies: Policies, kept: KeptEvidence) {
    this.#policies = policies;
    this.#kept = kept;
  }

  get result() {
    return { ...this.#counts, faulty: this.#faulty, faults: this.#faults };
  }

  async judgeAll(days: Days): Promise<void> {
    await eachPage(
      (after) => this.#kept.assessmentsAfter(after, days, PAGE),
      (rows) => rows.forEach((row) => this.#judge(row)),
    );
  }

  async readAll(days: Days): Promise<void> {
    await eachPage(
      (after) => this.#kept.decisionsAfter(after, days, PAGE),
      async (rows) => {
        const ids = [...new Set(rows.map(({ applicationId }) => applicationId))];
        const contents = await this.#kept.contentsOf(ids);
        const byKey = new Map(contents.map((one) => [spelled(one), one.content]));
        for (const row of rows) this.#read(row, byKey);
      },
    );
  }

  #judge(row: KeptAssessment): void {
    this.#counts.assessments += 1;
    const { refs } = this.#policies;
    if (!refs.includes(row.policy)) {
      const what = `its policy ${row.policy} is none of ${refs.join(', ')}`;
      return this.#note('assessments', row, [{ what, path: null, kept: null, found: null }]);
    }
    const findings = findingsOfAssessment(this.#policies.of(row.policy), row);
    this.#note('assessments', row, findings);
    if (findings.length > 0) return;
    const { outcome, basis } = fromJson(row.content) as Assessment;
    if (outcome === 'decline') this.#counts.declined += 1;
    this.#counts.counterfactuals += basis.counterfactuals.length;
  }

  #read(row: KeptDecision, contents: ReadonlyMap<string, string>): void {
    const said = saidIn(row);
    const basis = said?.basis;
    const findings = findingsOfDecision(this.#policies.digest, row, said);
    this.#counts.decisions += 1;
    if (basis !== undefined) {
      this.#counts.standing += 1;
      const { applicationId, revision } = row;
      const { inputHash, policyId, policyVersion } = basis;
      const policy = `${policyId}@${policyVersion}`;
      const content = contents.get(spelled({ applicationId, revision, inputHash, policy }));
      findings.push(...findingsOfBasis(basis, content));
    }
    this.#note('decisions', row, findings);
  }

  #note(
    table: Fault['table'],
    { id, applicationId, revision }: KeptAssessment | KeptDecision,
    findings: readonly Finding[],
  ): void {
    if (findings.length === 0) return;
    this.#faulty += 1;
    for (const finding of findings) {
      if (this.#faults.length >= FAULTS_MAX) return;
      this.#faults.push({ table, id: String(id), applicationId, revision, ...finding });
    }
  }
}

const spelled = ({ applicationId, revision, inputHash, policy }: AssessmentKey): string =>
  `${applicationId} ${revision} ${inputHash} ${policy}`;

/** The next page is read while this one is looked at. */
async function eachPage<Row extends { readonly id: bigint }>(
  read: (after: bigint) => Promise<readonly Row[]>,
  meet: (rows: readonly Row[]) => void | Promise<void>,
): Promise<void> {
  let rows = await read(0n);
  for (;;) {
    const last = rows.at(-1);
    if (last === undefined) return;
    const next = read(last.id);
    // What it is told of a page that fails is told when its turn comes.
    next.catch(() => undefined);
    await meet(rows);
    rows = await next;
  }
}
