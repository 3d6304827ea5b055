// The ways in which a loan may be repaid, by the names that submissions and products use.

/** 等额本息, 等额本金, 按月付息到期还本, 一次性还本付息. */
export const repaymentPlans = [
  'EQUAL_INSTALMENT',
  'EQUAL_PRINCIPAL',
  'INTEREST_MONTHLY_PRINCIPAL_AT_END',
  'BULLET',
] as const;
export type RepaymentPlan = (typeof repaymentPlans)[number];
