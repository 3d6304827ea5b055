// What a loan owes and when: schedules, and where it stands on a day. Pure, in fen and dates.
export * from './calendar.ts';
export * from './contract.ts';
export * from './facts.ts';
export * from './lpr.ts';
export * from './payoff.ts';
export * from './schedule.ts';
export * from './standing.ts';
export * from './waterfall.ts';
export * from './world.ts';
