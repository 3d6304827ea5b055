// The doors of a running system as channels and officers use them: HTTP, or the door topics.
import { setTimeout as pause } from 'node:timers/promises';
import type { EventLog } from '@saidao/event-log';
import type { SubmissionJson } from '@saidao/schemas';
import { causeOf, DoorError } from './door-error.ts';
import {
  keyOf,
  messageIdOf,
  reasonOf,
  reviewIdOf,
  reviewRecords,
  stepRecord,
  submissionRecord,
  verdictOf,
  type Referral,
  type Sender,
} from './door-records.ts';
import { changedSubmission, type Step } from './samples.ts';

export type Via = 'http' | 'kafka';

export interface SubmissionFault {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

export interface Answer {
  readonly via: Via;
  /** `conflict`: the reference stands for another body. */
  readonly became: 'taken' | 'conflict' | 'refused';
  readonly status: number | null;
  /** The topic's door names no application; it is found in what intake says. */
  readonly applicationId: string | null;
  readonly message: string;
  readonly faults: readonly SubmissionFault[];
}

export interface Doors {
  /** `messageKey` makes a second try of the same sending harmless. */
  submit(body: SubmissionJson, via: Via, messageKey: string): Promise<Answer>;
  /** What the applicant does with the application that was submitted so, or with its offer. */
  act(step: Step, body: SubmissionJson, applicationId: string, via: Via): Promise<void>;
  /** An officer's claim and verdict; by Kafka as decisioning's door would append them. */
  review(step: Step, referral: Referral, via: Via): Promise<void>;
}

/** Where the doors are; null where that is not known. */
export interface DoorsAt extends Sender {
  readonly intake: string | null;
  readonly decisioning: string | null;
  /** By principal: `channels` and each officer; Kafka needs none. */
  readonly tokens: Readonly<Record<string, string>> | null;
  /** For so long a door that is away, or not ready for a step, is tried again; default 10 s. */
  readonly patienceMs?: number;
}

const CHANNELS = 'channels';
const REQUEST_MS_MAX = 10_000;
const PATIENCE_MS = 10_000;
const AGAIN_MS = 100;
const AGAIN_MS_MAX = 3_000;

export function openDoors(at: DoorsAt, log: EventLog, signal: AbortSignal): Doors {
  const { patienceMs = PATIENCE_MS } = at;
  return {
    async submit(body, via, messageKey) {
      if (via === 'kafka') {
        await log.send([submissionRecord(body, messageKey, at)]);
        return { via, became: 'taken', status: null, applicationId: null, message: '', faults: [] };
      }
      const url = `${intake()}/v1/applications`;
      const key = messageIdOf(keyOf(body), messageKey);
      return answerOf(await post(url, CHANNELS, key, body, [202, 400, 409, 413, 422]));
    },

    async act(step, body, applicationId, via) {
      if (via === 'kafka') {
        await log.send([stepRecord(step, body, at)]);
        return;
      }
      const url = `${intake()}/v1/applications/${applicationId}`;
      const { path, content } = requestOf(step, body);
      const key = messageIdOf(keyOf(body), step.does);
      // Intake's view follows the decision by a moment; until then there is no offer to answer.
      await untilTaken(() => post(`${url}/${path}`, CHANNELS, key, content, [202, 404, 409]));
    },

    async review(step, referral, via) {
      if (via === 'kafka') {
        await log.send(reviewRecords(step, referral, at));
        return;
      }
      if (at.decisioning === null) throw notKnown('decisioning', 'DECISIONING_URL');
      const { applicationId, revision } = referral;
      const url = `${at.decisioning}/v1/reviews/${applicationId}`;
      const send = async (
        path: string,
        type: 'ReviewClaimed' | 'ReviewSubmitted',
        body: object,
      ) => {
        const key = reviewIdOf(step, referral, type);
        await untilTaken(() => post(`${url}/${path}`, step.actor, key, body, [202, 404, 409]));
      };
      // The claim stands before the verdict on the topic: nobody has to wait for what comes of it.
      if (referral.claim) await send('claim', 'ReviewClaimed', { revision });
      const { reasonCode, ...said } = verdictOf(step);
      const verdict = { ...said, ...(reasonCode !== null && { reasonCode }), revision };
      await send('verdict', 'ReviewSubmitted', verdict);
    },
  };

  function intake(): string {
    if (at.intake === null) throw notKnown('intake', 'INTAKE_URL');
    return at.intake;
  }

  async function post(
    url: string,
    who: string,
    messageKey: string,
    body: object | undefined,
    expected: readonly number[],
  ): Promise<Response> {
    const request = {
      method: 'POST',
      headers: {
        authorization: `Bearer ${tokenOf(who)}`,
        'idempotency-key': messageKey,
        ...(at.traceparent !== undefined && { traceparent: at.traceparent }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    const untilMs = performance.now() + patienceMs;
    for (;;) {
      const answer = await once(url, request);
      if (answer instanceof Response && expected.includes(answer.status)) return answer;
      const isPassing = !(answer instanceof Response) || [429, 503].includes(answer.status);
      if (!isPassing || performance.now() > untilMs) {
        if (!(answer instanceof Response)) throw answer;
        const said = await answer.text();
        throw new DoorError('refused', `${url} answered ${answer.status}: ${said}`);
      }
      if (answer instanceof Response) await answer.body?.cancel();
      // The same key: whatever became of this try, the next one has no second effect.
      await pause(againAfterMs(answer, untilMs), undefined, { signal });
    }
  }

  async function once(url: string, request: RequestInit): Promise<Response | DoorError> {
    try {
      const timeout = AbortSignal.timeout(REQUEST_MS_MAX);
      return await fetch(url, { ...request, signal: AbortSignal.any([signal, timeout]) });
    } catch (error) {
      signal.throwIfAborted();
      const says = `${url} does not answer (${causeOf(error)}): see \`npx saidao status\`.`;
      return new DoorError('unreachable', says, { cause: error });
    }
  }

  /** Asks ever more rarely: many who wait for a line that is behind would take all its time. */
  async function untilTaken(send: () => Promise<Response>): Promise<void> {
    const untilMs = performance.now() + patienceMs;
    for (let againMs = AGAIN_MS; ; againMs = Math.min(2 * againMs, AGAIN_MS_MAX)) {
      const answer = await send();
      if (answer.status === 202) {
        await answer.body?.cancel();
        return;
      }
      const said = await answer.text();
      if (performance.now() > untilMs) {
        throw new DoorError('refused', `${answer.url} answered: ${said}`);
      }
      await pause(againMs, undefined, { signal });
    }
  }

  function tokenOf(who: string): string {
    const token = at.tokens?.[who];
    if (token !== undefined) return token;
    throw new DoorError(
      'not-configured',
      at.tokens === null
        ? 'There are no access tokens here: `npm start` makes them; --kafka needs none.'
        : `There is no token of ${who} here: the local default knows ${Object.keys(at.tokens).join(', ')}.`,
    );
  }
}

/** As the door asks, and up to half as long again: those sent away must not return together. */
function againAfterMs(answer: Response | DoorError, untilMs: number): number {
  const asked = answer instanceof Response ? answer.headers.get('retry-after') : null;
  const afterS = Number(asked ?? Number.NaN);
  if (!(afterS > 0)) return AGAIN_MS;
  const leftMs = Math.max(untilMs - performance.now(), AGAIN_MS);
  return Math.min(afterS * 1000 * (1 + Math.random() / 2), leftMs);
}

async function answerOf(answer: Response): Promise<Answer> {
  const { status } = answer;
  const { applicationId = null, error } = (await answer.json()) as {
    applicationId?: string;
    error?: { message?: string; faults?: SubmissionFault[] };
  };
  return {
    via: 'http',
    became: status === 202 ? 'taken' : status === 409 ? 'conflict' : 'refused',
    status,
    applicationId,
    message: error?.message ?? '',
    faults: error?.faults ?? [],
  };
}

function requestOf(step: Step, body: SubmissionJson): { path: string; content?: object } {
  switch (step.does) {
    case 'accept':
      return { path: 'acceptance' };
    case 'decline-offer':
      return { path: 'decline', content: { reason: reasonOf(step) } };
    case 'withdraw':
      return { path: 'withdrawal', content: { reason: reasonOf(step) } };
    case 'amend': {
      const {
        lender: _,
        channel: __,
        reference: ___,
        ...content
      } = changedSubmission(body, step.change);
      return { path: 'amendments', content };
    }
    case 'approve':
    case 'decline':
      throw new Error(`${step.actor} cannot ${step.does} as an applicant.`);
  }
}

function notKnown(what: string, setting: string): DoorError {
  return new DoorError(
    'not-configured',
    `The address of ${what} is not known here: set ${setting}, or run \`npm start\`.`,
  );
}
