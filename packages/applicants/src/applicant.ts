// One applicant of each kind: what is submitted, what the world says, who acts, how it ends.
import { addDays, type Fen } from '@saidao/values';
import {
  accept,
  approvals,
  BUSINESS_DATE,
  declineBy,
  described,
  expired,
  lapsed,
  suppliers,
  yuan,
  type Draft,
} from './draft.ts';
import { withBadCheck } from './identity.ts';
import type { Kind } from './kinds.ts';
import {
  innovation,
  ipPledge,
  newQuality,
  REFUSING,
  talent,
  type Application,
} from './products.ts';
import type { Registered } from './draft.ts';
import type { Sample, Step } from './samples.ts';
import {
  appraisalsOf,
  consentOf,
  knownPersonsOf,
  papersOf,
  recognisedTalentsOf,
  registeredEnterpriseOf,
} from './world.ts';

/** Has the shape of a sample file, and is one when it is written to a file named by its id. */
export type Applicant = Sample;

interface Case extends Application, Pick<Sample, 'script' | 'expect'> {
  /** Changes of the licence. */
  readonly licence?: { readonly validTo: string };
  /** What the list of dishonest debtors says of who runs it. */
  readonly listed?: { readonly reference: string; readonly since: string };
}

interface Told {
  readonly en: string;
  readonly zh: string;
}

export function applicantOf(id: string, kind: Kind, draft: Draft): Applicant {
  const { register, guarantors, script, expect, ...made } = casesOf[kind](draft);
  const { en, zh } = told[kind];
  const { persons, groupHead } = draft.identity;
  const papers = papersOf(id, made.submission, persons);
  const licence = { ...papers.licence, ...made.licence };
  const submission = { ...made.submission, consents: [consentOf(id)], ...papers, licence };
  const listed = made.listed === undefined ? {} : { dishonestDebtor: made.listed };
  return {
    id,
    about: en,
    aboutZh: zh,
    lender: submission.lender,
    channel: submission.channel,
    via: 'both',
    businessDate: BUSINESS_DATE,
    submission,
    world: {
      // Described last: what is drawn before is the same whatever the register says besides.
      register: register.map((patent) => described(draft, patent)),
      appraisals: appraisalsOf(submission),
      enterprises: [
        { ...registeredEnterpriseOf(submission), ...(groupHead !== null && { groupHead }) },
      ],
      persons: knownPersonsOf(submission).map((person, at) =>
        at === 0 ? { ...person, ...listed } : person,
      ),
      talents: recognisedTalentsOf(submission),
      guarantors,
      behaviours: [],
    },
    script,
    expect,
  };
}

/** Within what policy may approve alone; with those above it they average 7.9 million yuan. */
const underAuthority = ({ chance }: Draft): Fen => chance.wan(460, 1_000);
const aboveAuthority = ({ chance }: Draft): Fen => chance.wan(1_010, 1_390);

const casesOf: Readonly<Record<Kind, (draft: Draft) => Case>> = {
  'sound-new-quality': (draft) => paid(newQuality(draft, underAuthority(draft), 'good'), [accept]),
  'sound-talent': (draft) => paid(talent(draft), [accept]),
  'sound-innovation': (draft) => paid(innovation(draft), [accept]),
  'pledged-by-policy': (draft) => paid(smallPledge(draft), [accept]),
  'pledged-by-officers': (draft) => paid(largePledge(draft), [...approvals, accept]),
  'new-quality-by-officers': (draft) => paid(largeNewQuality(draft), [...approvals, accept]),
  'credit-code-fails': (draft) => unpaid('referred', withBadCode(draft), [], ['K01']),
  'credit-code-verified': (draft) => paid(withBadCode(draft), [...approvals, accept]),
  'officers-disagree': (draft) =>
    unpaid(
      'declined',
      largeNewQuality(draft),
      [...approvals.slice(0, 1), declineBy('officer-b', 'The orders are not all confirmed.')],
      ['M01'],
    ),
  'expired-qualification': (draft) => declinedByOfficer(unqualified(draft), 'Nothing was renewed.'),
  'patent-already-pledged': (draft) =>
    declinedByOfficer(
      withFault(draft, () => ({ pledged: true })),
      'Pledged to another lender.',
    ),
  'annuity-unpaid': (draft) =>
    declinedByOfficer(withFault(draft, lapsed), 'The annuity was not paid.'),
  'guarantor-refuses': (draft) => declinedByOfficer(unguaranteed(draft), 'Nobody shares the risk.'),
  'barred-purpose': (draft) => unpaid('declined', barred(draft), [], ['S03']),
  'offer-declined': (draft) => offerDeclined(talent(draft)),
  'pledge-offer-declined': (draft) => offerDeclined(smallPledge(draft)),
  withdrawn: (draft) => withdrawn(talent(draft)),
  'pledge-withdrawn': (draft) => withdrawn(smallPledge(draft)),
  amended: (draft) => paid(underGuaranteed(draft), [amendment(draft), accept]),
  'licence-expired': (draft) => ({
    ...declinedByOfficer(talent(draft), 'The licence was not renewed.'),
    licence: { validTo: addDays(BUSINESS_DATE, -draft.chance.int(1, 300)) },
  }),
  'owner-listed': (draft) => ({
    ...unpaid('referred', talent(draft), []),
    listed: { reference: `(2026)浙01执${draft.chance.int(1, 9_999)}号`, since: '2026-03-02' },
  }),
};

function smallPledge(draft: Draft): Application {
  return ipPledge(draft, draft.chance.wan(150, 1_000));
}

function largePledge(draft: Draft): Application {
  const askedFen = draft.chance.wan(1_010, 4_000);
  return ipPledge(draft, askedFen, { payees: suppliers(draft, askedFen) });
}

function largeNewQuality(draft: Draft): Application {
  const askedFen = aboveAuthority(draft);
  const application = newQuality(draft, askedFen, 'best');
  const { submission } = application;
  const request = { ...submission.request, payees: suppliers(draft, askedFen) };
  return { ...application, submission: { ...submission, request } };
}

function withBadCode(draft: Draft): Application {
  const application = newQuality(draft, underAuthority(draft), 'good');
  const { enterprise } = application.submission;
  const uscc = withBadCheck(enterprise.uscc);
  return {
    ...application,
    submission: { ...application.submission, enterprise: { ...enterprise, uscc } },
    register: application.register.map((patent) => ({
      ...patent,
      owners: [{ name: enterprise.name, uscc }],
    })),
  };
}

function unqualified(draft: Draft): Application {
  const application = newQuality(draft, underAuthority(draft), 'unqualified');
  const { submission } = application;
  const qualifications = expired(draft, ['LITTLE_GIANT', 'HIGH_TECH_ENTERPRISE']);
  const enterprise = { ...submission.enterprise, qualifications };
  return { ...application, submission: { ...submission, enterprise } };
}

/** The first of the patents bears the fault. */
function withFault(
  draft: Draft,
  faultOf: (patent: Registered) => Partial<Registered>,
): Application {
  const application = smallPledge(draft);
  const register = application.register.map((patent, at) =>
    at === 0 ? { ...patent, ...faultOf(patent) } : patent,
  );
  return { ...application, register };
}

function unguaranteed(draft: Draft): Application {
  const application = innovation(draft);
  const { submission } = application;
  const guarantee = { institution: REFUSING, share: submission.guarantee?.share ?? '0.50' };
  return {
    ...application,
    submission: { ...submission, guarantee },
    guarantors: { [REFUSING]: { confirms: false } },
  };
}

function barred(draft: Draft): Application {
  const application = talent(draft);
  const { submission } = application;
  const purpose = draft.chance.pick(['equity investment', '股权投资', 'dividends']);
  const request = { ...submission.request, purpose };
  return { ...application, submission: { ...submission, request } };
}

/** Too small a share of the risk is guaranteed; the amendment mends that. */
function underGuaranteed(draft: Draft): Application {
  const application = innovation(draft);
  const { submission } = application;
  const institution = submission.guarantee?.institution ?? '';
  const guarantee = { institution, share: `0.${draft.chance.int(20, 45)}` };
  return { ...application, submission: { ...submission, guarantee } };
}

function amendment({ chance }: Draft): Step {
  return {
    actor: 'applicant',
    does: 'amend',
    change: { 'guarantee.share': `0.${chance.int(50, 80)}` },
  };
}

function declinedByOfficer(application: Application, reason: string): Case {
  return unpaid('declined', application, [declineBy('officer-a', reason)], ['M01']);
}

function offerDeclined(application: Application): Case {
  const step: Step = {
    actor: 'applicant',
    does: 'decline-offer',
    reason: 'Another bank is faster.',
  };
  return unpaid('offer-declined', application, [step]);
}

function withdrawn(application: Application): Case {
  const step: Step = { actor: 'applicant', does: 'withdraw', reason: 'The order was cancelled.' };
  return unpaid('withdrawn', application, [step]);
}

function paid(application: Application, script: readonly Step[]): Case {
  const { submission, askedFen } = application;
  const { payees } = submission.request;
  const reviewers = script.filter(({ does }) => does === 'approve').map(({ actor }) => actor);
  const isAmended = script.some(({ does }) => does === 'amend');
  return {
    ...application,
    script,
    expect: {
      outcome: 'paid',
      referredFirst: reviewers.length > 0 || isAmended,
      approvers: reviewers,
      amount: yuan(askedFen),
      payees: payees ?? [{ name: submission.enterprise.name, amount: yuan(askedFen) }],
      entrusted: payees !== undefined,
    },
  };
}

function unpaid(
  outcome: Sample['expect']['outcome'],
  application: Application,
  script: readonly Step[],
  reasons?: readonly string[],
): Case {
  return {
    ...application,
    script,
    expect: { outcome, ...(reasons && { reasons }), nothingPaid: true },
  };
}

const told: Readonly<Record<Kind, Told>> = {
  'sound-new-quality': {
    en: 'A sound firm borrows on its soft power, approved by policy.',
    zh: '企业凭科技软实力申请新质贷，系统自动审批。',
  },
  'sound-talent': {
    en: 'A firm of a recognised talent borrows, approved by policy.',
    zh: '认定人才持股的企业申请人才贷，系统自动审批。',
  },
  'sound-innovation': {
    en: 'A firm in its R&D phase borrows; a guarantor shares the risk; approved by policy.',
    zh: '研发阶段企业申请科创贷，担保机构分担风险，系统自动审批。',
  },
  'pledged-by-policy': {
    en: 'A firm pledges its inventions, approved by policy and paid once they are registered.',
    zh: '企业以发明专利质押，系统自动审批，质押登记后放款。',
  },
  'pledged-by-officers': {
    en: 'A firm pledges its inventions for a larger loan; two officers approve, suppliers are paid.',
    zh: '企业以发明专利质押申请大额贷款，两名审批人同意，受托支付给供应商。',
  },
  'new-quality-by-officers': {
    en: 'A strong firm borrows more than policy may approve; two officers approve.',
    zh: '优质企业申请超过自动审批额度的新质贷，两名审批人同意。',
  },
  'credit-code-fails': {
    en: 'The check character of the credit code is wrong: it waits for a person.',
    zh: '统一社会信用代码校验位不符，转人工核实。',
  },
  'credit-code-verified': {
    en: 'The check character of the credit code is wrong; two officers verify the firm and approve.',
    zh: '统一社会信用代码校验位不符，两名审批人核实后同意。',
  },
  'officers-disagree': {
    en: 'Above the authority of policy; one officer approves, the other declines.',
    zh: '超过自动审批额度，一名审批人同意，另一名否决。',
  },
  'expired-qualification': {
    en: 'All qualifications have expired, so the score does not reach; an officer declines.',
    zh: '资质均已过期，评分不足，转人工后否决。',
  },
  'patent-already-pledged': {
    en: 'One of the patents is pledged to another lender; an officer declines.',
    zh: '其中一项专利已质押给他人，转人工后否决。',
  },
  'annuity-unpaid': {
    en: 'The annuity of one of the patents is not paid; an officer declines.',
    zh: '其中一项专利未缴年费，转人工后否决。',
  },
  'guarantor-refuses': {
    en: 'The guarantee institution does not confirm; an officer declines.',
    zh: '担保机构不予确认，转人工后否决。',
  },
  'barred-purpose': {
    en: 'The purpose is barred: policy declines.',
    zh: '贷款用途被禁止，系统自动拒绝。',
  },
  'offer-declined': {
    en: 'Approved, but the applicant declines the offer.',
    zh: '获批后申请人放弃。',
  },
  'pledge-offer-declined': {
    en: 'Approved with its patents kept; the applicant declines the offer and they are let go.',
    zh: '专利质押贷款获批后申请人放弃，专利解除锁定。',
  },
  withdrawn: { en: 'The applicant withdraws.', zh: '申请人撤回申请。' },
  'pledge-withdrawn': {
    en: 'The applicant withdraws while the patents are looked at.',
    zh: '专利核验期间申请人撤回申请。',
  },
  'licence-expired': {
    en: 'The business licence has expired; an officer declines.',
    zh: '营业执照已过期，转人工后否决。',
  },
  'owner-listed': {
    en: 'Its owner is on the list of dishonest debtors: a person decides, never policy alone.',
    zh: '实际控制人被列为失信被执行人，转人工决定。',
  },
  amended: {
    en: 'Too little is guaranteed; the applicant amends the share, and policy approves.',
    zh: '担保比例不足，申请人修改后系统自动审批。',
  },
};
