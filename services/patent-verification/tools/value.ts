// Values the patents of one application by hand: a question on standard input, the values printed.
import { text } from 'node:stream/consumers';
import { submittedOf, type Bundle, type Money, type SubmissionJson } from '@saidao/schemas';
import {
  fenOfMoney,
  formatPpm,
  formatYuan,
  isBusinessDate,
  parsePatentNumber,
  toJson,
} from '@saidao/values';
import { registerApi } from '../adapters/patents/register-http.ts';
import { valuationApi } from '../adapters/patents/valuation-http.ts';
import { readPolicy } from '../adapters/policy-file.ts';
import type { AnnuitySays, AppraisalSays, RegisterSays } from '../facts.ts';
import { bundleOf, type OfferedPatent } from '../patents/bundle.ts';
import type { Known } from '../patents/grounds.ts';
import type { LoadedPolicy } from '../patents/policy.ts';

interface Question {
  readonly businessDate: string;
  readonly submission: SubmissionJson;
  readonly patents: Readonly<
    Record<
      string,
      { readonly register: unknown; readonly annuity: unknown; readonly appraisal: unknown }
    >
  >;
}

const register = registerApi({ url: '', controlNumber: '' });
const valuation = valuationApi({ url: '', controlNumber: '' });

const answered = <Says>(value: Says): Known<Says> => ({
  kind: 'answered',
  value,
  evidence: {
    provider: 'by hand',
    askedAt: 0n,
    answeredAt: 0n,
    answerHash: null,
    keptAt: null,
    fromCache: false,
    attempts: 1,
  },
});

try {
  const question = JSON.parse(await text(process.stdin)) as Question;
  const { businessDate } = question;
  if (!isBusinessDate(businessDate)) {
    throw new RangeError(`${String(businessDate)} is no date of the form YYYY-MM-DD.`);
  }
  const policy = readPolicy();
  const bundle = bundleOfQuestion(question, policy);
  const lines = process.argv.includes('--json') ? [toJson(bundle)] : told(bundle, policy);
  process.stdout.write(`${lines.join('\n')}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

function bundleOfQuestion(question: Question, policy: LoadedPolicy): Bundle {
  const { businessDate, submission, patents } = question;
  const submitted = submittedOf({ ...submission, reference: submission.reference ?? 'by-hand' });
  const claims = submitted.patents.map(({ number, appraised }) => {
    const parsed = parsePatentNumber(number);
    const normal = parsed.ok ? parsed.number : number;
    return { number: normal, numberValid: parsed.ok, appraised };
  });
  const offered = claims.map((claim): OfferedPatent => {
    const found = patents[claim.number];
    return {
      claim,
      register: registerOf(found?.register ?? null),
      annuity: annuityOf(found?.annuity ?? null),
      appraisal: appraisalOf(found?.appraisal ?? null, claim.number),
    };
  });
  const content = {
    ...submitted,
    enterprise: { ...submitted.enterprise, usccValid: true },
    patents: claims,
    kyc: null,
  };
  const lenderId = submission.lender;
  return bundleOf({ lenderId, content, businessDate, patents: offered }, policy);
}

function registerOf(given: unknown): Known<RegisterSays> {
  if (given === null) return answered({ known: false });
  const { number } = given as { number: string };
  return answered(register.read({ status: 200, body: given, text: '' }, number));
}

function appraisalOf(given: unknown, number: string): Known<AppraisalSays> {
  if (given === null) return answered({ known: false });
  return answered(valuation.read({ status: 200, body: given, text: '' }, number));
}

function annuityOf(given: unknown): Known<AnnuitySays> {
  const { paidThroughYear } = (given ?? {}) as { paidThroughYear?: number };
  return paidThroughYear === undefined
    ? answered({ known: false })
    : answered({ known: true, paidThroughYear });
}

function told(bundle: Bundle, policy: LoadedPolicy): string[] {
  const lines = [`By ${policy.id}@${policy.version}, which is nobody's official rule.`];
  for (const finding of bundle.findings) {
    const { number, kind, expires, remainingMonths, appraised, usable, pledgeRatePpm } = finding;
    lines.push(
      `${number} ${kind ?? 'unknown'}, in force until ${expires ?? 'unknown'}` +
        ` (${remainingMonths ?? '?'} months), appraised ${yuan(appraised)},` +
        ` pledge rate ${pledgeRatePpm === null ? 'none' : formatPpm(pledgeRatePpm)}` +
        (finding.scores === null ? '' : `, ${finding.scores.stars} of 5 stars`),
    );
    const faults = finding.grounds.filter(({ result }) => result !== 'CLEAR');
    if (faults.length === 0) lines.push('  usable: every ground is clear');
    for (const { code, result, reason } of faults) {
      lines.push(`  ${code} ${result.toLowerCase()}: ${reason}`);
    }
    if (faults.length > 0) lines.push(`  ${usable ? 'usable' : 'not usable'}`);
  }
  for (const { method, value, reason } of bundle.methods) {
    lines.push(`${method}: ${value === null ? reason : yuan(value)}`);
  }
  const range = bundle.internalRange;
  if (range !== null) {
    lines.push(`internal value ${yuan(range.base)} (${yuan(range.low)} to ${yuan(range.high)})`);
  }
  lines.push(
    `appraised ${yuan(bundle.usableAppraised)} in all`,
    `lent on ${yuan(bundle.lendingValue)} (${bundle.valueBasis ?? 'no value'})`,
  );
  const most = bundle.pledgeable;
  if (most !== null) {
    lines.push(`may be lent ${yuan(most.base)} (${yuan(most.low)} to ${yuan(most.high)})`);
  }
  for (const { code, en, patents } of bundle.notes) {
    lines.push(`note ${code}: ${en} (${patents.join(', ')})`);
  }
  return lines;
}

function yuan(money: Money | null): string {
  return money === null ? 'unknown' : formatYuan(fenOfMoney(money));
}
