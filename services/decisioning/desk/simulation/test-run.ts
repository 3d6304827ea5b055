// A finished test of a policy or card: what was tried on what, what came of it, and its digest.
import { toJson } from '@saidao/values';
import type { ComparisonFigures } from './figures.ts';

export interface Tried {
  readonly ref: string;
  /** SHA-256, hex. */
  readonly digest: string;
}

/** The form of the document, should it ever change. */
export const TEST_RUN_FORM = 1;

export interface TestRunContent {
  readonly form: typeof TEST_RUN_FORM;
  /** Null: each application by the version that judged it. */
  readonly policy: Tried | null;
  /** Null: on the score as it was. */
  readonly card: Tried | null;
  readonly since: string;
  readonly until: string;
  readonly lenders: readonly string[];
  readonly figures: ComparisonFigures;
}

/** The same test of the same past has the same id, whenever it is run. */
export interface TestRun extends TestRunContent {
  readonly id: string;
  readonly digest: string;
  /** Business date on which it was run. */
  readonly at: string;
}

const ID_DIGITS = 12;

export function testRunOf(
  content: TestRunContent,
  at: string,
  digest: (text: string) => string,
): TestRun {
  const of = digest(toJson(content));
  return { ...content, id: of.slice(0, ID_DIGITS), digest: of, at };
}

/** Whether the document is as it was written: no figure of it was put in by hand. */
export function isWhole(run: TestRun, digest: (text: string) => string): boolean {
  const { id, digest: said, at: _at, ...content } = run;
  const of = digest(toJson(content));
  return run.form === TEST_RUN_FORM && said === of && id === of.slice(0, ID_DIGITS);
}
