// The door of days: an operator says that a day is over, and anybody who reads sees how far it is.
import { randomUUID } from 'node:crypto';
import type { EventLog } from '@saidao/event-log';
import { topicName, topics } from '@saidao/schemas';
import { businessDateOf, isBusinessDate, type BusinessDate } from '@saidao/values';
import {
  assertMayActFor,
  HttpError,
  idempotencyKeyOf,
  mayActFor,
  messageIdOf,
  principalOf,
  publishDoor,
  READERS,
  Type,
  type Door,
} from '@saidao/worker';
import { daysKey, FIRST_DAY_AGO_MAX, isBeforeAll } from '../days.decide.ts';
import type { ClosedDays } from '../ports.ts';

export interface BusinessDaysOptions {
  readonly log: EventLog;
  readonly partitions: number;
  readonly days: ClosedDays;
  readonly clock: () => number;
}

const BUSINESS_DAYS = topicName(topics.businessDays);
const Lender = Type.String({ minLength: 1, maxLength: 64 });
const Day = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}$',
  description: 'Business date in Asia/Shanghai, as 2026-11-20.',
});

/** POST /v1/business-days and GET /v1/business-days/:lenderId/:businessDate */
export function businessDaysDoor({ log, partitions, days, clock }: BusinessDaysOptions): Door {
  return (app) => {
    app.post(
      '/v1/business-days',
      {
        config: { roles: ['operator'] },
        schema: {
          operationId: 'closeBusinessDay',
          summary: 'Say that a business day of a lender is over',
          description:
            'Interest, days past due, tiers and allowances of that day and of all that were missed ' +
            'before it go into the books. Said twice it changes nothing.',
          tags: ['days'],
          headers: Type.Object({
            'idempotency-key': Type.Optional(
              Type.String({ description: 'The same for every try of one request.' }),
            ),
          }),
          body: Type.Object(
            { lenderId: Lender, businessDate: Day },
            {
              additionalProperties: false,
              examples: [{ lenderId: 'czb-hz', businessDate: '2026-11-20' }],
            },
          ),
          response: {
            202: Type.Object(
              { lenderId: Lender, businessDate: Day, lanes: Type.Integer() },
              {
                description: 'The log has it; GET the Location to see how far it is.',
                headers: { location: Type.String({ description: 'Where the day is.' }) },
              },
            ),
          },
        },
      },
      async (request, reply) => {
        const { lenderId, businessDate } = request.body;
        const { principal, ...rest } = principalOf(request);
        assertMayActFor({ principal, ...rest }, lenderId);
        assertOver(businessDate, clock());
        await assertBegun(lenderId, businessDate, clock());
        const named = request.headers['idempotency-key'] !== undefined;
        const messageId = messageIdOf(principal, named ? idempotencyKeyOf(request) : randomUUID());
        const lanes = Array.from({ length: partitions }, (_, lane) => lane);
        // One to each lane, as each has loans. Where some are not acknowledged, it is said again.
        await Promise.all(
          lanes.map((lane) =>
            publishDoor(log, {
              topic: BUSINESS_DAYS,
              partition: lane,
              key: daysKey({ lenderId, lane }, businessDate),
              type: 'BusinessDayClosed',
              data: { lenderId, businessDate, partition: lane, closedBy: principal },
              lenderId,
              messageId,
              correlationId: messageId,
              source: 'disbursement-ledger',
              ...(request.traceparent !== undefined && { traceparent: request.traceparent }),
              answerByMs: request.answerByMs,
              nowMs: clock(),
            }),
          ),
        );
        reply.code(202).header('location', `/v1/business-days/${lenderId}/${businessDate}`);
        return { lenderId, businessDate, lanes: partitions };
      },
    );

    app.get(
      '/v1/business-days/:lenderId/:businessDate',
      {
        config: { roles: READERS, refuses: [404] },
        schema: {
          operationId: 'readBusinessDay',
          summary: 'How far a business day of a lender is',
          tags: ['days'],
          params: Type.Object({ lenderId: Lender, businessDate: Day }),
          response: {
            200: Type.Object({
              lenderId: Lender,
              businessDate: Day,
              lanes: Type.Integer(),
              lanesClosed: Type.Integer(),
              digest: Type.Union([Type.String(), Type.Null()], {
                description:
                  'SHA-256 over all chains of the day, in hex; null until all are closed.',
              }),
            }),
          },
        },
      },
      async (request) => {
        const { lenderId, businessDate } = request.params;
        // What the principal may not see is answered like what is not there.
        if (!mayActFor(principalOf(request), lenderId)) {
          throw new HttpError(404, 'SAIDAO_HTTP_NOT_FOUND', 'There is no such lender.');
        }
        const { lanesClosed, digest } = await days.find(lenderId, businessDate);
        return { lenderId, businessDate, lanes: partitions, lanesClosed, digest };
      },
    );
  };

  /** Said by the door already, as what a lane refuses only its dead letters tell. */
  async function assertBegun(lenderId: string, date: BusinessDate, nowMs: number): Promise<void> {
    const since = await days.since(lenderId);
    if (!isBeforeAll(date, { since }, nowMs)) return;
    const first = since === null ? '' : `from ${since}, the first of this lender, or `;
    throw outOfRange(`has to be ${first}at most ${FIRST_DAY_AGO_MAX} days ago: look at the year`);
  }
}

function assertOver(businessDate: BusinessDate, nowMs: number): void {
  const today = businessDateOf(nowMs);
  if (isBusinessDate(businessDate) && businessDate <= today) return;
  throw outOfRange(`has to be a day up to today, ${today}`);
}

function outOfRange(message: string): HttpError {
  return new HttpError(422, 'SAIDAO_HTTP_INVALID', 'The request is not as it must be.', {
    faults: [{ path: 'businessDate', code: 'RANGE', message }],
  });
}
