// The report on models in use: parity by size, region and age, and how far populations have moved.
import type { EventLog } from '@saidao/event-log';
import { decode, topicName, topics } from '@saidao/schemas';
import { ppmOf } from '@saidao/values';
import type { Database } from '@saidao/worker';
import type { Models } from '../adapters/model-files.ts';
import { readReference } from '../watch/adapters/reference-file.ts';
import { parityCasesIn, watchStore } from '../watch/adapters/watch-postgres.ts';
import { movedSince, type Moved } from '../watch/reference.ts';
import { CASES_MIN, FOUR_FIFTHS_PPM, parityOf, type Parity } from '../watch/parity.ts';

export interface ReportOf {
  readonly models: Models;
  readonly database: Database;
  readonly log: EventLog;
  readonly lenders: readonly string[];
  readonly businessDate: string;
  /** How many of the last scores are compared with the reference. */
  readonly scoresMax: number;
}

export interface Report {
  readonly model: string;
  readonly casesMin: number;
  readonly fourFifthsPpm: number;
  readonly lenders: readonly LenderReport[];
}

interface LenderReport {
  readonly lenderId: string;
  readonly applications: number;
  readonly parity: readonly Parity[];
  /** Null: the model has no reference, or nothing was scored by it. */
  readonly stability: {
    readonly scores: number;
    readonly boundPpm: number;
    readonly moved: readonly Moved[];
  } | null;
}

export async function reportOf(asked: ReportOf): Promise<Report> {
  const model = asked.models.champion(asked.businessDate);
  const reference = readReference(model);
  const store = watchStore(asked.database);
  const lenders: LenderReport[] = [];
  for (const lenderId of asked.lenders) {
    const approvals = await approvalsOf(asked.log, lenderId);
    const cases = await parityCasesIn(asked.database, lenderId, approvals);
    const { scores } = await store.scoresOf(model, lenderId, asked.scoresMax);
    lenders.push({
      lenderId,
      applications: cases.length,
      parity: parityOf(cases),
      stability:
        reference === undefined || scores.length === 0
          ? null
          : {
              scores: scores.length,
              boundPpm: ppmOf(model.ready.card.watch.psiBound),
              moved: movedSince(reference, lenderId, scores),
            },
    });
  }
  return { model: model.ref, casesMin: CASES_MIN, fourFifthsPpm: FOUR_FIFTHS_PPM, lenders };
}

/** An offer counts, whatever became of it; a referral or a withdrawal is no answer. */
const offered = ['APPROVED', 'AUTHORISED', 'CANCELLING', 'EXPIRED', 'OFFER_DECLINED', 'UNDONE'];

/** By application, from the topic that says the present state of each. */
async function approvalsOf(log: EventLog, lenderId: string): Promise<ReadonlyMap<string, boolean>> {
  const name = topicName(topics.latestDecisions, lenderId);
  const latest = new Map<string, { readonly sequence: bigint; readonly status: string }>();
  await log.scan([name], ({ value, topic }) => {
    if (value === null) return;
    const { type, data } = decode(value, topic);
    if (type !== 'LatestDecision') return;
    const known = latest.get(data.applicationId);
    if (known === undefined || data.sequence >= known.sequence)
      latest.set(data.applicationId, data);
  });
  const decided = [...latest].flatMap(([applicationId, { status }]) =>
    status === 'DECLINED' || offered.includes(status)
      ? [[applicationId, status !== 'DECLINED'] as const]
      : [],
  );
  return new Map(decided);
}
