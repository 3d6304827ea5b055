// What secures the loan: the value of the patents, grounds against them, a guarantor's share.
import { cny, fenOfMoney } from '@saidao/values';
import type { Bundle, PatentFinding } from '@saidao/schemas';
import type { Application } from '../figures.ts';
import { figureLever, listLever, type Lever } from './lever.ts';
import { farFen, share, yuan } from './units.ts';

const pledge = figureLever({
  kind: 'COLLATERAL',
  subject: 'security.pledge',
  unit: yuan,
  name: { zh: '质押专利的可贷价值', en: 'Lending value of the patents pledged' },
  at: ({ score }) =>
    score.bundle.lendingValue === null ? null : fenOfMoney(score.bundle.lendingValue),
  // Without a patent that is locked and usable no value can be lent on.
  end: ({ score, pledge: result }) =>
    result?.locked.some((number) => score.bundle.usable.includes(number)) ? farFen : null,
  set: (application, to) => withBundle(application, { lendingValue: cny(to) }),
});

const guaranteeShare = figureLever({
  kind: 'COLLATERAL',
  subject: 'security.guaranteeShare',
  unit: share,
  name: { zh: '担保机构确认的担保比例', en: 'Share that a guarantor confirms' },
  at: ({ score }) =>
    score.guarantee?.result === 'CLEAR' ? BigInt(score.guarantee.sharePpm) : null,
  // What a guarantor will say is not for the enterprise to change.
  end: ({ score }) => (score.guarantee?.result === 'UNKNOWN' ? null : 1_000_000n),
  set(application, to) {
    const { content, score } = application;
    const institution = content.guarantee?.institution ?? '';
    const sharePpm = Number(to);
    return {
      ...application,
      content: { ...content, guarantee: { institution, sharePpm } },
      score: {
        ...score,
        guarantee: {
          reference: null,
          evidence: null,
          ...score.guarantee,
          institution,
          sharePpm,
          result: 'CLEAR',
        },
      },
    };
  },
});

/** Grounds that an enterprise can mend: by a transfer, an annuity, a consent, a release … */
const mendable = ['PL01', 'PL04', 'PL07', 'PL08', 'PL09', 'PL10', 'PL11'];

const clearedPatents = listLever({
  kind: 'COLLATERAL',
  subject: 'security.adversePatents',
  members: (application) => [...adverseGrounds(application).keys()],
  movable: (application) =>
    [...adverseGrounds(application)]
      .filter(([, grounds]) => grounds.every((ground) => mendable.includes(ground)))
      .map(([number]) => number),
  texts(gone, application) {
    const named = gone.map((number) => {
      const grounds = adverseGrounds(application).get(number) ?? [];
      return `${number} (${grounds.join(', ')})`;
    });
    return {
      zh: `消除专利的不利情形：${named.join('、')}`,
      en: `Clear what stands against patents ${named.join(', ')}`,
    };
  },
  without: (application, gone) => {
    const { score, pledge: result } = application;
    const findings = score.bundle.findings.map((finding) =>
      gone.includes(finding.number) ? clearedFinding(finding) : finding,
    );
    const usable = findings.filter((finding) => finding.usable).map(({ number }) => number);
    const nowUsable = gone.filter((number) => usable.includes(number));
    return {
      ...withBundle(application, {
        findings,
        usable: [...new Set([...score.bundle.usable, ...nowUsable])],
      }),
      pledge: result && {
        locked: [...new Set([...result.locked, ...nowUsable])],
        refused: result.refused.filter(({ number }) => !gone.includes(number)),
      },
    };
  },
});

/**
 * Only patents on which the score does not stand either: without one of the others it would have to
 * be judged anew.
 */
const unscored = ['PL01', 'PL02', 'PL03'];

const patentsOffered = listLever({
  kind: 'COLLATERAL',
  subject: 'security.patents',
  members: ({ content }) => content.patents.map(({ number }) => number),
  movable: (application) =>
    [...adverseGrounds(application)]
      .filter(([, grounds]) => grounds.some((ground) => unscored.includes(ground)))
      .map(([number]) => number),
  texts: (gone) => ({
    zh: `不再以下列专利出质：${gone.join('、')}`,
    en: `Offer no pledge of patents ${gone.join(', ')}`,
  }),
  without: (application, gone) => {
    const { content, score, pledge: result } = application;
    const stays = ({ number }: { readonly number: string }) => !gone.includes(number);
    const { findings, usable, notes } = score.bundle;
    const changed = withBundle(application, {
      findings: findings.filter(stays),
      usable: usable.filter((number) => !gone.includes(number)),
      notes: notes.filter(({ patents }) => !patents.every((number) => gone.includes(number))),
    });
    return {
      ...changed,
      content: { ...content, patents: content.patents.filter(stays) },
      pledge: result && {
        locked: result.locked.filter((number) => !gone.includes(number)),
        refused: result.refused.filter(stays),
      },
    };
  },
});

export const collateralLevers: readonly Lever[] = [
  pledge,
  guaranteeShare,
  clearedPatents,
  patentsOffered,
];

/** By patent offered the codes of the grounds adverse to its pledge. */
function adverseGrounds({ content, score, pledge: result }: Application): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const offered = new Set(content.patents.map(({ number }) => number));
  const add = (number: string, ground: string) => {
    const grounds = found.get(number) ?? [];
    if (offered.has(number) && !grounds.includes(ground)) found.set(number, [...grounds, ground]);
  };
  for (const { number, grounds } of score.bundle.findings) {
    for (const { code, result } of grounds) if (result === 'ADVERSE') add(number, code);
  }
  for (const { number, ground } of result?.refused ?? []) add(number, ground);
  return found;
}

function clearedFinding(finding: PatentFinding): PatentFinding {
  const grounds = finding.grounds.map((ground) =>
    ground.result === 'ADVERSE' ? { ...ground, result: 'CLEAR' as const } : ground,
  );
  const usable = grounds.every(({ result }) => result === 'CLEAR' || result === 'WAIVED');
  return { ...finding, grounds, usable };
}

function withBundle(application: Application, change: Partial<Bundle>): Application {
  const { score } = application;
  return { ...application, score: { ...score, bundle: { ...score.bundle, ...change } } };
}
