// What a loan owes and when: schedules and the calendar they fall on. Pure, in fen and dates.
export * from './calendar.ts';
export * from './schedule.ts';
export * from './waterfall.ts';
