// Crashes: where a process of the ledger dies between authorisation and settlement, and its successor.
import { application } from '../ledger.fixture.ts';
import type { Expected } from './audit.ts';
import type { Ground } from './ground.ts';
import type { At, Moment } from './mortal.ts';

export interface Crash {
  readonly name: string;
  /** Dies there, once. */
  readonly diesAt: (at: At) => boolean;
  /** How the rail treats the first call about the first payee; left out: as is normal. */
  readonly railFirst?: 'paid-then-silent';
}

const COMMITS = [
  'before-commit',
  'after-commit',
  'half-published',
  'published',
  'before-offsets',
  'after-offsets',
] as const satisfies readonly Moment[];

const TURNS = [
  ['book', 'DisbursementAuthorised'],
  ['book', 'PledgeConfirmed'],
  ['payout', 'PayoutInstructed'],
  ['book', 'PayoutConfirmed'],
] as const;

function inTurn(line: string, event: string, moment: Moment): Crash {
  return {
    name: `${line}, ${event}: ${moment}`,
    diesAt: (at) => at.line === line && at.moment === moment && at.events.includes(event),
  };
}

const askingMoments = ['before-ask', 'after-ask'] as const;

/** Those of the first way, and of asking again by the key after an answer was lost. */
export const crashes: readonly Crash[] = [
  ...TURNS.flatMap(([line, event]) => {
    // Nothing is told of an authorisation that waits for its pledge.
    const isQuiet = event === 'DisbursementAuthorised';
    const told = COMMITS.filter((moment) => !isQuiet || !/publish/.test(moment));
    return told.map((moment) => inTurn(line, event, moment));
  }),
  ...askingMoments.map((moment) => inTurn('payout', 'instruct', moment)),
  ...askingMoments.map((moment): Crash => ({
    ...inTurn('payout', 'find', moment),
    railFirst: 'paid-then-silent',
  })),
  ...COMMITS.map((moment): Crash => ({
    ...inTurn('payout', 'TimerDue', moment),
    railFirst: 'paid-then-silent',
  })),
];

/** One authorisation, one death, one successor; says how it has to have ended. */
export async function crash(ground: Ground, { diesAt, railFirst }: Crash): Promise<Expected> {
  const one = application();
  if (railFirst !== undefined) {
    // Its callback would ask before the timer does.
    const [subject] = one.names;
    await ground.world.behave({ provider: 'rail-callbacks', subject, mode: 'silent', times: 1 });
    await ground.world.behave({ provider: 'rail', subject, mode: railFirst, times: 1 });
  }
  const first = await ground.start({ diesAt });
  await ground.authorise(one);
  await Promise.race([first.died, ground.told(one.applicationId, 'LoanDisbursed')]);
  if (!first.isDead() && !(await diesSoon(first.died))) {
    await first.stop();
    throw new Error('The process never came to where it has to die.');
  }
  const second = await ground.start();
  try {
    await ground.told(one.applicationId, 'LoanDisbursed');
  } finally {
    await second.stop();
  }
  return { one };
}

/** The last step may be after the last event: its offsets. */
function diesSoon(died: Promise<void>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 2_000).unref());
  return Promise.race([died.then(() => true), late]);
}
