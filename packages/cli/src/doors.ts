// The doors of the running system as channels and officers use them: HTTP, or the submissions topic.
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Step } from '@saidao/applicants';
import { partitionOf } from '@saidao/event-log';
import type { EventLog } from '@saidao/event-log';
import { encode, submittedOf, topicName, topics } from '@saidao/schemas';
import type { EventMap, SubmissionJson } from '@saidao/schemas';
import type { LocalPrincipal } from './access.ts';
import type { Reach } from './reach.ts';
import { Told } from './told.ts';

export interface SubmissionFault {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export interface Answer {
  readonly via: 'http' | 'kafka';
  /** `conflict`: the reference stands for another body. */
  readonly became: 'taken' | 'conflict' | 'refused';
  readonly status: number | null;
  /** The topic's door names no application; it is found in what intake says. */
  readonly applicationId: string | null;
  readonly message: string;
  readonly faults: readonly SubmissionFault[];
}

export interface CaseName {
  readonly lender: string;
  readonly channel: string;
  readonly reference: string;
}

export interface Doors {
  /** `messageKey` makes a second try of the same sending harmless. */
  submit(body: SubmissionJson, via: 'http' | 'kafka', messageKey: string): Promise<Answer>;
  /** What the applicant does with an application or its offer. */
  act(step: Step, name: CaseName, applicationId: string, via: 'http' | 'kafka'): Promise<void>;
  review(step: Step, applicationId: string, messageKey: string): Promise<void>;
}

const SUBMISSIONS = topicName(topics.submissions);
const REQUEST_MS_MAX = 10_000;
const READY_MS_MAX = 10_000;
const AGAIN_MS = 100;

export function openDoors(reach: Reach, log: EventLog, signal: AbortSignal): Doors {
  return {
    async submit(body, via, messageKey) {
      const name = { lender: body.lender, channel: body.channel, reference: body.reference };
      if (via === 'kafka') {
        await publish(name, 'ApplicationSubmitted', asSubmitted(body), messageKey);
        return taken('kafka', null, null);
      }
      const url = `${intake()}/v1/applications`;
      const key = messageIdOf(keyOf(name), messageKey);
      const answer = await post(url, 'channels', key, body, [202, 400, 409, 413, 422]);
      const { applicationId = null, error } = (await answer.json()) as {
        applicationId?: string;
        error?: { message?: string; faults?: SubmissionFault[] };
      };
      if (answer.status === 202) return taken('http', 202, applicationId);
      return {
        via: 'http',
        became: answer.status === 409 ? 'conflict' : 'refused',
        status: answer.status,
        applicationId,
        message: error?.message ?? '',
        faults: error?.faults ?? [],
      };
    },

    async act(step, name, applicationId, via) {
      const reason = step.reason ?? 'As the applicant wishes.';
      const { lender: lenderId, channel, reference } = name;
      const data = { lenderId, channel, reference };
      const messageKey = step.does;
      switch (step.does) {
        case 'accept':
          if (via === 'http') return tell('acceptance', undefined);
          return publish(name, 'OfferAcceptanceSubmitted', data, messageKey);
        case 'decline-offer':
          if (via === 'http') return tell('decline', { reason });
          return publish(name, 'OfferDeclineSubmitted', { ...data, reason }, messageKey);
        case 'withdraw':
          if (via === 'http') return tell('withdrawal', { reason });
          return publish(name, 'WithdrawalSubmitted', { ...data, reason }, messageKey);
        default:
          throw new Error(`${step.actor} cannot ${step.does} as an applicant.`);
      }

      async function tell(what: string, body: object | undefined): Promise<void> {
        const url = `${intake()}/v1/applications/${applicationId}/${what}`;
        // Intake's view follows the decision by a moment; until then there is no offer to answer.
        const key = messageIdOf(keyOf(name), messageKey);
        await untilTaken(() => post(url, 'channels', key, body, [202, 404, 409]));
      }
    },

    async review(step, applicationId, messageKey) {
      const { actor, does, reason = 'As the officer sees it.' } = step;
      if (reach.decisioning === null) throw notKnown('decisioning', 'DECISIONING_URL');
      const url = `${reach.decisioning}/v1/reviews/${applicationId}`;
      const verdict = does === 'approve' ? 'APPROVE' : 'DECLINE';
      const body = {
        who: actor,
        verdict,
        reason,
        ...(verdict === 'DECLINE' && { reasonCode: 'M01' }),
      };
      await untilTaken(() => post(url, actor, messageKey, body, [202, 404, 409]));
    },
  };

  function intake(): string {
    if (reach.intake === null) throw notKnown('intake', 'INTAKE_URL');
    return reach.intake;
  }

  async function publish<
    N extends
      | 'ApplicationSubmitted'
      | 'OfferAcceptanceSubmitted'
      | 'OfferDeclineSubmitted'
      | 'WithdrawalSubmitted',
  >(name: CaseName, type: N, data: EventMap[N], messageKey: string): Promise<void> {
    const key = keyOf(name);
    const id = messageIdOf(key, messageKey);
    await log.send([
      {
        topic: SUBMISSIONS,
        partition: partitionOf(Buffer.from(key), reach.partitions),
        key: Buffer.from(key),
        value: encode(type, data, SUBMISSIONS),
        headers: {
          'content-type': 'application/avro',
          ce_specversion: '1.0',
          ce_id: id,
          ce_source: 'saidao/cli',
          ce_type: type,
          ce_time: new Date().toISOString(),
          ce_correlationid: id,
          ce_lenderid: name.lender,
        },
      },
    ]);
  }

  async function post(
    url: string,
    who: string,
    messageKey: string,
    body: object | undefined,
    expected: readonly number[],
  ): Promise<Response> {
    const token = tokenOf(who);
    const untilMs = performance.now() + READY_MS_MAX;
    for (;;) {
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'idempotency-key': messageKey,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS_MAX)]),
      }).catch((error: unknown) => {
        signal.throwIfAborted();
        return new Told(
          `${url} does not answer (${causeOf(error)}): see \`npx saidao status\`.`,
          1,
          {
            cause: error,
          },
        );
      });
      if (answer instanceof Response && expected.includes(answer.status)) return answer;
      const isPassing = !(answer instanceof Response) || answer.status === 503;
      if (!isPassing || performance.now() > untilMs) {
        if (!(answer instanceof Response)) throw answer;
        throw new Told(`${url} answered ${answer.status}: ${await answer.text()}`);
      }
      if (answer instanceof Response) await answer.body?.cancel();
      // The same key: whatever became of this try, the next one has no second effect.
      await pause(AGAIN_MS, undefined, { signal });
    }
  }

  async function untilTaken(send: () => Promise<Response>): Promise<void> {
    const untilMs = performance.now() + READY_MS_MAX;
    for (;;) {
      const answer = await send();
      if (answer.status === 202) {
        await answer.body?.cancel();
        return;
      }
      const said = await answer.text();
      if (performance.now() > untilMs) throw new Told(`${answer.url} answered: ${said}`);
      await pause(AGAIN_MS, undefined, { signal });
    }
  }

  function tokenOf(who: string): string {
    const token = reach.tokens?.[who as LocalPrincipal];
    if (token !== undefined) return token;
    throw new Told(
      reach.tokens === null
        ? 'There are no access tokens here: `npm start` makes them; --kafka needs none.'
        : `There is no token of ${who} here: the local default knows ${Object.keys(reach.tokens).join(', ')}.`,
    );
  }
}

function keyOf({ lender, channel, reference }: CaseName): string {
  return `${lender}/${channel}/${reference}`;
}

/** As any door names a message: the same for each try of the same sending. */
export function messageIdOf(key: string, messageKey: string): string {
  return createHash('sha256').update(`${key}\0${messageKey}`).digest('hex');
}

function asSubmitted(body: SubmissionJson): EventMap['ApplicationSubmitted'] {
  try {
    return submittedOf(body);
  } catch (error) {
    const says =
      error instanceof RangeError
        ? error.message
        : 'a part of it is missing or no text or number; the HTTP door says which';
    throw new Told(`The submission can't be written as an event: ${says}.`, 2, { cause: error });
  }
}

function taken(via: Answer['via'], status: number | null, applicationId: string | null): Answer {
  return { via, became: 'taken', status, applicationId, message: '', faults: [] };
}

function notKnown(what: string, setting: string): Told {
  return new Told(
    `The address of ${what} is not known here: set ${setting}, or run \`npm start\`.`,
  );
}

function causeOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  return cause?.code ?? cause?.message ?? (error instanceof Error ? error.message : String(error));
}
