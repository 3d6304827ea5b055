// What becomes of a loan once it is paid: money comes in, officers act on it, its days are closed.
import { setTimeout as pause } from 'node:timers/promises';
import { BUSINESS_DATE } from '@saidao/applicants';
import { decode, topicName, topics } from '@saidao/schemas';
import { addDays, businessDateOf } from '@saidao/values';
import type { Principal, System } from '../system.ts';

export interface ServicingOptions {
  readonly system: System;
  /** Where the ledger's doors are. */
  readonly ledgerUrl: string;
  /** For so long a door that is away, or fails, is asked again with the same key. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  onCrash(error: unknown): void;
}

export interface Servicing {
  /** How many loans are being served, and days said to be over. */
  readonly underWay: number;
  /** Says of one lender that its next day is over; of today last, and then of none any more. */
  closeDay(): void;
  stop(): Promise<void>;
}

/** Of so many that are disbursed one is served: more would only take time from applications. */
const ONE_OF = 2;
const REQUEST_MS_MAX = 10_000;
const AGAIN_MS = 200;
const DISBURSEMENTS = topicName(topics.disbursements);

interface Request {
  readonly path: string;
  readonly who: Principal;
  /** Left out: it asks, and says nothing. */
  readonly body?: object;
  readonly key?: string;
}

/** Serves loans from now on, each once. */
export async function startServicing(options: ServicingOptions): Promise<Servicing> {
  const { system, ledgerUrl, patienceMs, signal, onCrash } = options;
  const known = new Set<string>();
  const days = daysOf(system.lenders);
  let underWay = 0;
  const follower = await system.log.follow({
    topics: [DISBURSEMENTS],
    from: 'next',
    onRecords(records) {
      for (const { value, topic } of records) {
        const { type, data } = decode(value, topic);
        if (type !== 'LoanDisbursed' || known.has(data.loanId)) continue;
        known.add(data.loanId);
        if (known.size % ONE_OF === 0) serve(requestsOf(data.loanId));
      }
    },
    onCrash,
  });
  return {
    get underWay() {
      return underWay;
    },
    closeDay() {
      const day = days.next().value;
      if (day !== undefined) serve([day]);
    },
    stop: () => follower.stop(),
  };

  function serve(requests: readonly Request[]): void {
    underWay += 1;
    void Promise.resolve()
      .then(async () => {
        for (const request of requests) await untilAnswered(request);
      })
      .catch((error: unknown) => {
        if (!signal.aborted) onCrash(error);
      })
      .finally(() => (underWay -= 1));
  }

  async function untilAnswered({ path, who, body, key }: Request): Promise<void> {
    const untilMs = performance.now() + patienceMs;
    const request = {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${system.tokenOf(who)}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(key !== undefined && { 'idempotency-key': key }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    };
    for (;;) {
      const says = await answerTo(`${ledgerUrl}${path}`, request);
      if (says === undefined) return;
      if (!says.mayPass || performance.now() > untilMs) throw new Error(says.text);
      await pause(AGAIN_MS, undefined, { signal });
    }
  }

  /** Undefined: it was answered well. */
  async function answerTo(url: string, request: RequestInit) {
    try {
      const timeout = AbortSignal.timeout(REQUEST_MS_MAX);
      const answer = await fetch(url, { ...request, signal: AbortSignal.any([signal, timeout]) });
      const text = await answer.text();
      if (answer.ok) return undefined;
      const mayPass = answer.status === 429 || answer.status >= 500;
      return { mayPass, text: `${url} answered ${answer.status}: ${text}` };
    } catch (error) {
      signal.throwIfAborted();
      return { mayPass: true, text: `${url} does not answer: ${String(error)}` };
    }
  }
}

/** Money comes in, costs are charged, two officers take the money back; then all is looked at. */
function requestsOf(loanId: string): Request[] {
  const loan = `/v1/loans/${loanId}`;
  const [valueDate, reason] = [BUSINESS_DATE, 'in the file'];
  const payment = { source: 'bank-file', reference: `${loanId}/1` };
  const say = (path: string, who: Principal, body: object): Request => ({
    ...{ path: `${loan}/${path}`, who, body, key: `${loanId}/${path}/${who}` },
  });
  return [
    say('repayments', 'operator', { ...payment, amount: '100.00', valueDate }),
    say('costs', 'officer-a', { amount: '7.00', valueDate, reason }),
    say('reversals', 'officer-a', { ...payment, reason }),
    say('reversals', 'officer-b', { ...payment, reason }),
    { path: `${loan}/actions`, who: 'auditor' },
    { path: `${loan}/standing`, who: 'reader' },
  ];
}

/** From the day on which all loans are booked to today, one lender after the other. */
function* daysOf(lenders: readonly string[]): Generator<Request, undefined> {
  for (let day = BUSINESS_DATE; day <= businessDateOf(Date.now()); day = addDays(day, 1)) {
    for (const lenderId of lenders) {
      const body = { lenderId, businessDate: day };
      yield { path: '/v1/business-days', who: 'operator', body, key: `${lenderId}/${day}` };
    }
  }
}
