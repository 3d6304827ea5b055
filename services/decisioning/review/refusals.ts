// What an officer is told of an action: why nothing came of it, or what did, in both languages.
import type { Text } from '../assessment/policy.ts';
import type { Phase } from '../transitions.ts';

export const refusals = {
  OTHER_LENDER: {
    zh: '该申请属于其他贷款机构。',
    en: 'The application is another lender’s.',
  },
  OTHER_REVISION: {
    zh: '申请已修改，请按最新版本审查。',
    en: 'The application has been amended: the newest revision is to be judged.',
  },
  ROLE_NOT_ALLOWED: {
    zh: '您的角色无权执行此操作。',
    en: 'Your role may not do this.',
  },
  NOT_REFERRED: {
    zh: '该申请尚未转人工审查。',
    en: 'The application has not been referred to officers.',
  },
  ALREADY_DECIDED: {
    zh: '该申请已有结论',
    en: 'The application is decided already',
  },
  CLAIMED_BY_OTHER: {
    zh: '该申请已由其他审查员领取。',
    en: 'Another officer holds the claim.',
  },
  NOT_CLAIMED: {
    zh: '请先领取该申请。',
    en: 'The application has to be claimed first.',
  },
  CLAIM_LAPSED: {
    zh: '您的领取已过期，请重新领取。',
    en: 'Your claim has lapsed: claim it again.',
  },
  SAME_OFFICER: {
    zh: '您已批准过一次，须由另一名审查员复核。',
    en: 'You have approved it already: another officer has to check.',
  },
  SUBMITTER: {
    zh: '提交或修改申请的人不得审批。',
    en: 'Who submitted or amended the application decides nothing on it.',
  },
  AMENDER: {
    zh: '修改贷款条件的人不得审批。',
    en: 'Who amended the terms decides nothing on them.',
  },
  TIER_TOO_LOW: {
    zh: '您的审批权限不足，须由更高级别审批。',
    en: 'It takes a higher tier than yours.',
  },
  UNKNOWN_VERDICT: {
    zh: '无法识别该审查意见。',
    en: 'The verdict cannot be read.',
  },
  NO_REASON_CODE: {
    zh: '须注明政策规定的原因代码；拒绝不得以 M01 为由。',
    en: 'A reason code of the policy has to be given; M01 is none for a decline.',
  },
  OVERRIDE_CODE_NEEDED: {
    zh: '与政策建议不同，须注明例外代码。',
    en: 'It is otherwise than policy would decide: an override code has to be given.',
  },
  OVERRIDE_CODE_UNKNOWN: {
    zh: '政策中没有该例外代码。',
    en: 'The policy has no such override code.',
  },
  NOTHING_TO_APPROVE: {
    zh: '目前没有可批准的贷款条件。',
    en: 'There are no terms that could be approved.',
  },
  EVIDENCE_TOO_OLD: {
    zh: '依据的信息已过期，正在重新查询。',
    en: 'The facts have grown too old and are being asked for again.',
  },
  TERMS_CHANGED: {
    zh: '依据或贷款条件已变化，请重新审查。',
    en: 'What it stands on has changed, or its terms: it is to be looked at again.',
  },
  AMOUNT_OUT_OF_BOUNDS: {
    zh: '金额超出申请金额或低于产品下限。',
    en: 'The amount is above what was asked for, or below the least of the product.',
  },
  TERM_OUT_OF_BOUNDS: {
    zh: '期限不在产品范围内。',
    en: 'The term is not one of the product.',
  },
  EXPOSURE_LIMIT: {
    zh: '金额超出集团授信余额。',
    en: 'The amount is above what is left of the group’s limit.',
  },
  PAYEES_NEEDED: {
    zh: '该金额须受托支付，但未指定收款人。',
    en: 'An amount like this is paid to named payees, and none is named.',
  },
  TERMS_UNCHANGED: {
    zh: '贷款条件没有变化。',
    en: 'These are the terms that stand already.',
  },
  NOTHING_TO_UNDO: {
    zh: '没有可撤销的批准。',
    en: 'There is no approval that could be undone.',
  },
  ALREADY_PAID: {
    zh: '贷款已发放，不能撤销。',
    en: 'The loan has been paid out: nothing can be undone.',
  },
  ALREADY_CANCELLING: {
    zh: '已在申请取消放款。',
    en: 'The ledger has been asked to cancel already.',
  },
} as const satisfies Readonly<Record<string, Text>>;
export type RefusalCause = keyof typeof refusals;

/** What the application is to those who look at it, by its phase. */
export const statuses: Readonly<Record<Phase, Text & { readonly status: string }>> = {
  open: { status: 'OPEN', zh: '待评估', en: 'to be judged' },
  referred: { status: 'REFERRED', zh: '人工审查中', en: 'with officers' },
  declined: { status: 'DECLINED', zh: '已拒绝', en: 'declined' },
  offered: { status: 'APPROVED', zh: '已批准', en: 'approved' },
  expired: { status: 'EXPIRED', zh: '已批准但过期未接受', en: 'approved, and the offer expired' },
  authorised: { status: 'AUTHORISED', zh: '已授权放款', en: 'authorised for payout' },
  booked: { status: 'BOOKED', zh: '已入账', en: 'booked' },
  disbursed: { status: 'DISBURSED', zh: '已放款', en: 'paid out' },
  repaid: { status: 'REPAID', zh: '已还清', en: 'repaid' },
  cancelling: { status: 'CANCELLING', zh: '正在取消', en: 'being cancelled' },
  undone: { status: 'UNDONE', zh: '批准已撤销', en: 'approved, and undone' },
  closed: { status: 'CLOSED', zh: '已结束', en: 'closed' },
};

/** Who comes too late is told what it came to be. */
export function refusalText(cause: RefusalCause, phase: Phase): Text {
  const { zh, en } = refusals[cause];
  if (cause !== 'ALREADY_DECIDED') return { zh, en };
  return { zh: `${zh}：${statuses[phase].zh}。`, en: `${en}: ${statuses[phase].en}.` };
}

export const recordedTexts = {
  CLAIMED: { zh: '已领取。', en: 'Claimed.' },
  LAPSED: { zh: '领取已过期。', en: 'The claim has lapsed.' },
  RETURNED: { zh: '已退回。', en: 'Given back.' },
  REASSIGNED: { zh: '已转派。', en: 'Reassigned.' },
  AMENDED: { zh: '已修改贷款条件。', en: 'The terms are amended.' },
  NOTED: { zh: '已记录。', en: 'Noted.' },
  APPROVED_FIRST: { zh: '已初审批准，待复核。', en: 'Approved; another officer has to check.' },
  APPROVED: { zh: '已批准。', en: 'Approved.' },
  DECLINED: { zh: '已拒绝。', en: 'Declined.' },
  UNDO_REFUSED: {
    zh: '贷款已入账或已发放，未能撤销。',
    en: 'It was booked or paid: nothing is undone.',
  },
  UNDO_REQUESTED: { zh: '已请求撤销。', en: 'The undoing is under way.' },
} as const satisfies Readonly<Record<string, Text>>;
export type RecordedAction = keyof typeof recordedTexts;
