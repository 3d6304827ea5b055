// The values of the house: money, rates, repayment plans, dates, ids and the checks of identifiers.
export * from './money.ts';
export * from './rates.ts';
export * from './repayment-plan.ts';
export * from './dates.ts';
export * from './ids.ts';
export * from './names.ts';
export * from './uscc.ts';
export * from './patent-number.ts';
export * from './json.ts';
export * from './size-class.ts';
export * from './working-capital.ts';
export * from './technology-tests.ts';
export * from './five-tier.ts';
export * from './resident-id.ts';
export * from './plain-json.ts';
