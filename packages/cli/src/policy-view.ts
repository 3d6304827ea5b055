// Policies, test runs and trials as lines for a person's eyes.
import type {
  BoundedPpm,
  Figures,
  PolicyReport,
  PolicyShown,
  PolicySummary,
  PolicyTrial,
  Published,
  Rate,
  SampleFigures,
  Tested,
} from './desk-of-policies.ts';
import { table } from './table.ts';

const NOTHING = '–';
const PPM_PER_PERCENT = 10_000;
const FEN_PER_MILLION_YUAN = 100_000_000;
const GROUPS_SHOWN_MAX = 12;
const CODES_SHOWN_MAX = 4;

export function listLines(policies: readonly PolicySummary[]): string[] {
  return table(
    [
      ['policy', 'status', 'role', 'valid', 'owner', 'approved by', 'test run', 'digest'],
      ...policies.map((policy) => [
        policy.ref,
        policy.status,
        roleText(policy),
        validText(policy),
        policy.owner,
        policy.approvals.map(({ by }) => by).join(', ') || 'nobody',
        policy.testRun?.id ?? 'none',
        policy.digest,
      ]),
    ],
    '',
  );
}

function roleText({ role, sharePpm }: PolicySummary): string {
  return sharePpm === null ? role : `${role} ${percent(sharePpm)}`;
}

function validText({ status, validFrom, validTo }: PolicySummary): string {
  if (validFrom === null) return status === 'retired' ? 'never' : 'not yet';
  if (validTo !== null && validTo < validFrom) return 'never';
  return validTo === null ? `from ${validFrom}` : `${validFrom} – ${validTo}`;
}

export function shownLines(policy: PolicyShown): string[] {
  const { ref, status, owner, source, digest, files, products, approvals, testRun } = policy;
  return [
    `${ref}: ${roleText(policy)}, ${status}`,
    `valid: ${validText(policy)}; owner: ${owner}`,
    `source: ${source}`,
    `digest: ${digest}`,
    ...approvals.map(({ by, at }) => `approved by ${by} on ${at}`),
    ...(testRun === null ? [] : [runLine(testRun)]),
    '',
    ...products.map(({ id, version, name }) => `product ${id} v${version}: ${name.zh}, ${name.en}`),
    ...Object.entries(files.tables).map(([name, file]) => `table ${name}: ${file}`),
    `reasons: ${files.reasons}`,
    '',
    'rules:',
    ...JSON.stringify(policy.rules, null, 2).split('\n'),
  ];
}

function runLine(run: NonNullable<PolicySummary['testRun']>): string {
  const { id, since, until, applications, flips, by } = run;
  return (
    `test run ${id}, attached by ${by}: ${since} to ${until}, ` +
    `${applications} applications, ${flips} flips`
  );
}

export function publishedLines(by: string, published: Published): string[] {
  const { ref, outcome, retired, from, testRun } = published;
  const run = testRun === null ? [] : [runLine(testRun)];
  if (outcome === 'approved') {
    return [`${by} has approved ${ref}; another person still has to.`, ...run];
  }
  const place = retired === null ? '' : `, in the place of ${retired}`;
  return [
    `${ref} judges applications that enter from ${from} on${place}; those in flight keep theirs.`,
    `Start the workers of decisioning anew before ${from}: they read the register when they start.`,
    ...run,
  ];
}

export function testedLines({ run, method, texts, seconds }: Tested): string[] {
  const { policy, card, since, until, lenders, figures } = run;
  const { total, flips, flipped, groups } = figures;
  const tried = [policy?.ref, card?.ref].filter((ref) => ref !== undefined).join(' with ');
  return [
    `${tried} over ${total.applications} applications of ${lenders.join(', ')}, ` +
      `${since} to ${until}: run ${run.id}, ${seconds.toFixed(1)} s`,
    ...wholeLines(total),
    '',
    `${flipped} outcomes flip; of the others ${figures.otherTerms} have other terms, ` +
      `${figures.otherTier} another tier, ${figures.otherReasons} other reasons.`,
    ...(flips.length === 0
      ? []
      : table([['flip', '', 'of all', 'came', 'went'], ...flips.map(flipCells)])),
    ...codesIn(run).flatMap((code) => {
      const text = texts[code];
      return text === undefined ? [] : [`  ${code}: ${text.zh} / ${text.en}`];
    }),
    ...Object.entries(groups).flatMap(([name, of]) => ['', ...groupLines(name, of)]),
    '',
    ...method,
  ];
}

function wholeLines({ before, after, ...total }: Figures): string[] {
  const { proposedDifference: sum } = total;
  const span = `${millions(sum.fen)} (${millions(sum.lowFen)} – ${millions(sum.highFen)})`;
  return table([
    ['', 'before', 'after', 'difference'],
    ['approved', rate(before.approved), rate(after.approved), change(total.approvedDifference)],
    ['to officers', rate(before.referred), rate(after.referred), change(total.referredDifference)],
    ['declined', rate(before.declined), rate(after.declined), change(total.declinedDifference)],
    ['approved, million yuan', millions(before.approvedFen), millions(after.approvedFen), ''],
    ['proposed, million yuan', millions(before.proposedFen), millions(after.proposedFen), span],
    ['median, million yuan', millions(before.medianFen), millions(after.medianFen), ''],
    ['price', price(before.price), price(after.price), change(total.priceDifference, 3)],
  ]);
}

type Flip = Tested['run']['figures']['flips'][number];

function flipCells({ from, to, count, share, came, went }: Flip): string[] {
  return [`${from} → ${to}`, String(count), rate(share), codesText(came), codesText(went)];
}

function codesText(codes: Flip['came']): string {
  const shown = codes.slice(0, CODES_SHOWN_MAX).map(({ code, count }) => `${code} × ${count}`);
  return shown.join(', ') || NOTHING;
}

function codesIn({ figures }: Tested['run']): string[] {
  const codes = figures.flips.flatMap(({ came, went }) =>
    [...came.slice(0, CODES_SHOWN_MAX), ...went.slice(0, CODES_SHOWN_MAX)].map(({ code }) => code),
  );
  return [...new Set(codes)].sort();
}

function groupLines(
  name: string,
  groups: readonly (Figures & { readonly group: string })[],
): string[] {
  const shown = [...groups]
    .sort((a, b) => b.applications - a.applications)
    .slice(0, GROUPS_SHOWN_MAX);
  const rest = groups.length - shown.length;
  return [
    ...table([
      [`by ${name}`, '', 'approved', 'after', 'difference', 'proposed', 'after', 'price', 'after'],
      ...shown.map(({ group, applications, before, after, approvedDifference }) => [
        group,
        String(applications),
        rate(before.approved),
        rate(after.approved),
        change(approvedDifference),
        millions(before.proposedFen),
        millions(after.proposedFen),
        price(before.price),
        price(after.price),
      ]),
    ]),
    ...(rest > 0 ? [`  and ${rest} smaller ones, in the run's JSON`] : []),
  ];
}

export function reportLines(reports: readonly PolicyReport[]): string[] {
  return reports.flatMap(({ lenderId, policies, trials }, at) => [
    ...(at === 0 ? [] : ['']),
    ...(policies.length === 0 ? [`${lenderId}: nothing is judged yet.`] : [`${lenderId}:`]),
    ...(policies.length === 0 ? [] : table([sampleHead, ...policies.map(sampleCells)])),
    ...trials.flatMap(trialLines),
  ]);
}

const sampleHead = [
  'policy',
  'role',
  'sample',
  'approved',
  'to officers',
  'declined',
  'mean, million yuan',
  'price',
  'overridden',
];

function sampleCells(sample: SampleFigures): string[] {
  const { policy, role, applications, mean } = sample;
  return [
    policy,
    role,
    String(applications),
    rate(sample.approved),
    rate(sample.referred),
    rate(sample.declined),
    mean === null ? NOTHING : millions(mean.fen),
    price(sample.price),
    rate(sample.overridden),
  ];
}

function trialLines(trial: PolicyTrial): string[] {
  const { since, until, champion, challenger } = trial;
  return [
    '',
    `  ${challenger.policy} beside ${champion.policy}, entered ${since} to ${until}:`,
    ...table([
      sampleHead,
      sampleCells(champion),
      sampleCells(challenger),
      [
        'difference',
        '',
        '',
        change(trial.approvedDifference),
        '',
        change(trial.declinedDifference),
        '',
        change(trial.priceDifference, 3),
        change(trial.overriddenDifference),
      ],
    ]),
    `  ${trial.says}`,
  ];
}

function percent(ppm: number, digits = 1): string {
  return `${(ppm / PPM_PER_PERCENT).toFixed(digits)} %`;
}

function rate(of: Rate | null): string {
  return of === null ? NOTHING : `${percent(of.ppm)} (${span(of, 1)})`;
}

function price(of: BoundedPpm | null): string {
  return of === null ? NOTHING : percent(of.ppm, 3);
}

function change(of: BoundedPpm | null, digits = 1): string {
  if (of === null) return NOTHING;
  return `${of.ppm > 0 ? '+' : ''}${percent(of.ppm, digits)} (${span(of, digits)})`;
}

function span({ lowPpm, highPpm }: BoundedPpm, digits: number): string {
  const low = (lowPpm / PPM_PER_PERCENT).toFixed(digits);
  return `${low} – ${(highPpm / PPM_PER_PERCENT).toFixed(digits)}`;
}

/** In millions of yuan: figures of many loans are read, not paid. */
function millions(fen: string | null): string {
  return fen === null ? NOTHING : (Number(fen) / FEN_PER_MILLION_YUAN).toFixed(2);
}
