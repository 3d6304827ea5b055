// Texts of decisions that name no natural person, by the record whose fields they are.
const application = ['applicationId', 'lenderId'];

/**
 * With `personal-fields.ts` it says of each text of each decision what it is: a new one is told to
 * nobody outside before somebody has said. What an applicant writes (`purpose`, `reference`) is of
 * an enterprise; persons have fields of their own, which never leave intake.
 */
export const impersonalFields: Readonly<Record<string, readonly string[]>> = {
  LoanApproved: [...application, 'approvalId', 'inclusive'],
  LoanReferred: application,
  LoanDeclined: application,
  OfferExpired: [...application, 'approvalId'],
  DisbursementAuthorised: [
    ...application,
    ...['authorisationId', 'approvalId', 'businessDate', 'inclusive'],
  ],
  CancellationRequested: [...application, 'authorisationId', 'cause'],
  ApprovalUndone: [...application, 'approvalId', 'cause', 'reasonCode'],
  ApplicationClosed: application,
  ReviewRecorded: [
    ...application,
    ...['action', 'actionId', 'role', 'tier', 'overrideCode', 'reasonCode'],
  ],
  // Its cause in words is the table's, not the officer's.
  ReviewRefused: [...application, 'action', 'actionId', 'cause', 'zh', 'en'],

  DecisionSubject: [
    ...['productId', 'enterprise', 'uscc', 'regionCode', 'sizeClass', 'channel', 'reference'],
    ...['purpose', 'receivedOn'],
  ],
  DecisionBasis: [
    ...['policyId', 'policyDigest', 'policyRole', 'inputHash', 'scoreCard', 'scoreDigest'],
    ...['scoreInputHash', 'grade', 'sizeClass', 'inclusive', 'businessDate', 'tier', 'overrides'],
  ],
  DecisionFinding: ['subject', 'code', 'reason'],
  RuleFired: ['table', 'rule', 'output'],
  Fact: ['name', 'value'],
  Limit: ['name'],
  Counterfactual: ['kind', 'subject', 'from', 'to', 'outcome', 'zh', 'en'],
  Reason: ['code', 'zh', 'en', 'detail'],
  Override: ['code', 'tier', 'rules'],
  OverrideRate: ['month'],
  LoanTerms: [
    ...['lprDate', 'repayment', 'purpose', 'beneficiary', 'beneficiaryUscc', 'pledgedPatents'],
    'conditions',
  ],
  Money: ['currency'],
  // Payees are enterprises, or tokens that the payout rail resolves.
  Payee: ['name'],
  Guarantee: ['institution'],
  GuaranteeFinding: ['institution', 'reference'],
  Evidence: ['provider', 'answerHash', 'keptAt'],
};
