// How a door of a loan publishes: for the loan's application, once for each Idempotency-Key.
import { randomUUID } from 'node:crypto';
import { partitionOf, type EventLog } from '@saidao/event-log';
import { topicName, topicOf, type EventMap, type EventName } from '@saidao/schemas';
import { cny, fenOfYuan, toJson, type MoneyRecord } from '@saidao/values';
import {
  HttpError,
  idempotencyKeyOf,
  messageIdOf,
  principalOf,
  publishDoor,
  publishOnceFor,
  Type,
  type TakenKeys,
} from '@saidao/worker';
import type { FastifyRequest } from 'fastify';
import type { LoanAccount } from '../account.ts';
import type { LoanAccounts } from './ports.ts';

export interface LoanDoorOptions {
  readonly log: EventLog;
  readonly partitions: number;
  readonly accounts: LoanAccounts;
  readonly takenKeys: TakenKeys;
  readonly clock: () => number;
}

export const LoanId = Type.Object({ loanId: Type.String({ minLength: 1, maxLength: 100 }) });
export const Yuan = Type.String({
  pattern: '^\\d{1,13}(\\.\\d{1,2})?$',
  description: 'Yuan, above 0.',
});
export const Day = Type.String({
  pattern: '^\\d{4}-\\d{2}-\\d{2}$',
  description: 'Business date in Asia/Shanghai, as 2026-11-20.',
});
export const keyHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({ description: 'The same for every try of one request.' }),
  ),
});

/** The account of a loan that the principal may see; else as if it were not there. */
export async function accountFor(
  request: FastifyRequest,
  accounts: LoanAccounts,
  loanId: string,
): Promise<LoanAccount> {
  const { lenders, channels } = principalOf(request);
  // The books know no channels: one that is held to some sees no loan.
  const account = await accounts.find(loanId, channels === undefined ? lenders : []);
  if (account !== undefined) return account;
  throw new HttpError(404, 'SAIDAO_HTTP_NOT_FOUND', 'There is no such loan.');
}

/** Whose loan it is: what each message about it begins with. */
export function aboutLoan({ identity, contract }: LoanAccount) {
  const { applicationId, lenderId } = identity;
  return { applicationId, lenderId, loanId: contract.loanId };
}

/** Yuan above nought as a money record; throws 422 for nought, which the pattern lets through. */
export function moneyOf(yuan: string, path: string): MoneyRecord {
  const fen = fenOfYuan(yuan);
  if (fen > 0n) return cny(fen);
  throw invalid(path, 'RANGE', 'has to be above 0');
}

export function invalid(path: string, code: string, message: string): HttpError {
  return new HttpError(422, 'SAIDAO_HTTP_INVALID', 'The request is not as it must be.', {
    faults: [{ path, code, message }],
  });
}

/**
 * Answers the message id. A request that was answered before is not published again; another one
 * under its key throws 409.
 */
export async function publishOnce<N extends EventName>(
  { log, partitions, takenKeys, clock }: LoanDoorOptions,
  request: FastifyRequest,
  type: N,
  data: EventMap[N] & { readonly applicationId: string; readonly lenderId: string },
): Promise<string> {
  const named = request.headers['idempotency-key'] !== undefined;
  // Without a key each request is an action of its own.
  const key = named ? idempotencyKeyOf(request) : randomUUID();
  const messageId = messageIdOf(principalOf(request).principal, key);
  const content = toJson({ type, data });
  const { applicationId, lenderId } = data;
  const send = () =>
    publishDoor(log, {
      topic: topicName(topicOf(type)),
      partition: partitionOf(Buffer.from(applicationId), partitions),
      key: applicationId,
      type,
      data,
      lenderId,
      messageId,
      correlationId: applicationId,
      source: 'disbursement-ledger',
      applicationId,
      ...(request.traceparent !== undefined && { traceparent: request.traceparent }),
      answerByMs: request.answerByMs,
      nowMs: clock(),
    });
  if (named) await publishOnceFor(takenKeys, messageId, content, send);
  else await send();
  return messageId;
}
