// Applicants and officers: they apply, review and answer by their scripts, and send again in doubt.
import { applicantsOf, openDoors, startBot, submissionBody, standingOf } from '@saidao/applicants';
import type { Applicant, Bot, Doors, Story } from '@saidao/applicants';
import { boundLog, type EventLog, type MemoryBroker } from '@saidao/event-log';
import type { OutgoingRecord } from '@saidao/event-log';
import type { Network } from './machine.ts';
import { outside } from './virtual-time.ts';

const SOURCE = 'saidao/simulation';
const AGAIN_MS = 400;
const THINKING_MS_MAX = 3_000;
/** Seeds and places of the generator, of which no two share an enterprise. */
const GENERATOR_SEED_MAX = 799;
const GENERATOR_PLACE_MAX = 99_000;

export interface PeopleOptions {
  readonly network: Network;
  readonly broker: MemoryBroker;
  readonly partitions: number;
  readonly lenders: readonly string[];
  readonly count: number;
  /** How long it takes until all have applied. */
  readonly withinMs: number;
  /** A case has come to its end; `expected` is what its script hopes for where nothing fails. */
  readonly onEnd: (outcome: string, expected: string) => void;
}

export interface People {
  readonly applicants: readonly Applicant[];
  /** The submissions that the log has acknowledged. */
  acknowledged(): readonly { lenderId: string; channel: string; reference: string }[];
  /** Everybody has applied, and no case waits for anything any more. */
  areDone(): boolean;
  /** What still waits, for a message. */
  waiting(): readonly string[];
}

export async function startPeople(options: PeopleOptions): Promise<People> {
  const { network, broker, partitions, lenders, count, withinMs } = options;
  const { time } = network;
  const { chance } = time;
  const wire = broker.connect();
  const all = applicantsOf({
    count: GENERATOR_PLACE_MAX + 1_000,
    seed: chance.int(0, GENERATOR_SEED_MAX),
    shares: evenShares,
  });
  const first = chance.int(0, GENERATOR_PLACE_MAX);
  const applicants = Array.from({ length: count }, (_, at) => all.at(first + at));
  const byReference = new Map(applicants.map((one) => [one.id, one]));
  const acknowledged = new Set<string>();

  const log: EventLog = {
    ...boundLog(wire),
    async send(records: readonly OutgoingRecord[]) {
      for (let times = network.meets('sentAgain') ? 2 : 1; times > 0;) {
        try {
          await wire.send(records);
          times -= 1;
        } catch {
          // Not acknowledged: whoever sent it sends it again.
        }
        await after(AGAIN_MS);
      }
    },
  };
  const never = new AbortController().signal;
  const at = { partitions, source: SOURCE, intake: null, decisioning: null, tokens: null };
  const doors = openDoors(at, log, never);
  const thinking: Doors = {
    submit: (...given) => doors.submit(...given),
    async act(...given) {
      await after(chance.between(0, THINKING_MS_MAX));
      await doors.act(...given);
    },
    async review(...given) {
      await after(chance.between(0, THINKING_MS_MAX));
      await doors.review(...given);
    },
  };
  const bot: Bot = await startBot({
    log: wire,
    lenders,
    doors: thinking,
    applicantBy: (reference) => byReference.get(reference),
    viaOf: () => 'kafka',
    from: 'earliest',
    onEnd: ({ outcome, applicant }) => options.onEnd(outcome, applicant.expect.outcome),
    onCrash: (error) => {
      throw error;
    },
  });
  for (const applicant of applicants) {
    time.after(outside, chance.between(0, withinMs), () => {
      const body = submissionBody(applicant.submission, applicant.id);
      void doors.submit(body, 'kafka', 'submission').then(() => acknowledged.add(applicant.id));
    });
  }

  const open = () => bot.open().filter(({ id, seen }) => !stands(byReference.get(id)!, seen));
  return {
    applicants,
    acknowledged: () =>
      applicants
        .filter(({ id }) => acknowledged.has(id))
        .map(({ id, lender, channel }) => ({ lenderId: lender, channel, reference: id })),
    areDone: () => bot.ended + bot.open().length === count && open().length === 0,
    waiting: () => open().map(({ id, seen }) => `${id}: ${seen.join(' ')}`),
  };

  function after(ms: number): Promise<void> {
    return new Promise((resolve) => time.after(outside, ms, resolve));
  }
}

/** Officers have said all that their script has; nothing more comes of it. */
function stands({ script }: Applicant, seen: readonly string[]): boolean {
  const events = seen.map((type) => ({ type, data: {} })) as unknown as Story['events'];
  return standingOf(script, { events }) !== undefined;
}

/** Every kind as likely as the others: what is rare in life is where faults are. */
const evenShares = Object.fromEntries(
  [
    'sound-new-quality',
    'sound-talent',
    'sound-innovation',
    'pledged-by-policy',
    'pledged-by-officers',
    'new-quality-by-officers',
    'credit-code-verified',
    'officers-disagree',
    'patent-already-pledged',
    'barred-purpose',
    'offer-declined',
    'pledge-offer-declined',
    'withdrawn',
    'pledge-withdrawn',
    'amended',
  ].map((kind) => [kind, 1]),
);
