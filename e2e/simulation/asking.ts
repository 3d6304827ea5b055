// How the lines ask the world outside: their ports, answered over the network by its model.
import { hash } from 'node:crypto';
import {
  questionOf,
  type CallLog,
  type FactApi,
  type FactSource,
  type Question,
  type Reply,
} from '@saidao/worker';
import { toJson } from '@saidao/values';
import type { PayoutRail } from '../../services/disbursement-ledger/ports.ts';
import type { PledgeOffice } from '../../services/patent-verification/ports.ts';
import type { OfficeSays } from '../../services/patent-verification/pledge/state.ts';
import type { Machine, Network, Span } from './machine.ts';
import type { Answer, Outside } from './providers.ts';

const TRAVEL: Span = { fromMs: 1, toMs: 30 };
const SLOW: Span = { fromMs: 100, toMs: 900 };
const DEADLINE_MS = 1_000;

export interface Asking {
  readonly network: Network;
  readonly machine: Machine;
  readonly outside: Outside;
}

interface NoAnswer {
  readonly why: string;
}

/** One question: what was answered, or why nothing was. What `serve` does may be done unheard. */
async function ask<T>(
  { network, machine }: Asking,
  signal: AbortSignal,
  serve: () => T,
): Promise<{ readonly value: T } | NoAnswer> {
  if (network.meets('failing')) {
    await network.call(machine, TRAVEL, () => {});
    return { why: 'answered with status 503' };
  }
  const isSilent = network.meets('silent');
  const isHeard = !isSilent && !network.meets('doneUnanswered');
  const span = network.meets('slow') ? SLOW : TRAVEL;
  const late = Promise.withResolvers<NoAnswer>();
  const giveUp = () => late.resolve({ why: `no answer within ${DEADLINE_MS} ms` });
  const timeout = setTimeout(giveUp, DEADLINE_MS);
  signal.addEventListener('abort', giveUp, { once: true });
  const answered = network
    .call(machine, span, () => (isSilent ? undefined : serve()), isHeard)
    .then((value) => ({ value: value as T }));
  try {
    return await Promise.race([answered, late.promise]);
  } finally {
    clearTimeout(timeout);
    signal.removeEventListener('abort', giveUp);
  }
}

/** A call that is written down before anybody stands on it, as production's askLogged does. */
async function askLogged<T>(
  asking: Asking,
  log: CallLog,
  provider: string,
  subject: string,
  question: Question,
  serve: () => Answer,
  read: (answer: Answer, text: string) => T,
): Promise<Reply<T>> {
  const { lenderId, applicationId, purpose, consentId, signal } = question;
  if (signal.aborted) return { kind: 'not-asked', message: 'time was over' };
  const askedAtMs = Date.now();
  const reply = await ask(asking, signal, serve);
  const nowMs = Date.now();
  const call = { provider, lenderId, applicationId, subject, purpose, consentId, askedAtMs };
  const nothing = { answeredAtMs: null, outcome: 'error', answerHash: null, answer: null };
  try {
    if ('why' in reply) throw new Error(reply.why);
    const text = toJson(reply.value.body);
    const value = read(reply.value, text);
    const answerHash = hash('sha256', text, 'hex');
    const answered = { answeredAtMs: nowMs, outcome: 'answered', answerHash, answer: text };
    const keptAt = await noted({ ...call, attempts: 1, ...answered });
    if (keptAt === null) return { kind: 'not-asked', message: 'could not be written down' };
    return {
      kind: 'answered',
      value,
      evidence: {
        ...{ provider, askedAt: BigInt(askedAtMs), answeredAt: BigInt(nowMs), answerHash, keptAt },
        ...{ fromCache: false, attempts: 1 },
      },
    };
  } catch (error) {
    const { message } = error as Error;
    const keptAt = await noted({ ...call, attempts: 1, ...nothing });
    if (keptAt === null || signal.aborted) return { kind: 'not-asked', message };
    return { kind: 'failed', provider, message, askedAtMs, failedAtMs: nowMs, keptAt };
  }

  /** Null: it could not be written down, and so nothing was learnt, as in production. */
  async function noted(one: Parameters<CallLog['note']>[0]): Promise<string | null> {
    return log.note(one).catch(() => null);
  }
}

/** A source of facts with the provider's own words, read as production reads them. */
export function factsOver<Subject, Says>(
  asking: Asking,
  provider: string,
  api: FactApi<Subject, Says>,
  log: CallLog,
): FactSource<Subject, Says> {
  const answeredAtMs = new Map<string, number>();
  async function say(subject: Subject, question: Question): Promise<Reply<Says>> {
    const request = api.requestOf(subject, question);
    const reply = await askLogged(
      asking,
      log,
      provider,
      api.nameOf(subject),
      question,
      () => asking.outside.answer(request),
      ({ status, body }, text) => api.read({ status, body, text }, subject),
    );
    if (reply.kind === 'answered') answeredAtMs.set(question.lenderId, Date.now());
    return reply;
  }
  return {
    ask: say,
    async control({ lenderId, signal }) {
      const about = { lenderId, applicationId: null, purpose: 'control' };
      await say(api.control, questionOf(about, signal, DEADLINE_MS));
    },
    answeredAtMs: (lenderId) => answeredAtMs.get(lenderId) ?? null,
  };
}

export function officeOver(asking: Asking, log: CallLog): PledgeOffice {
  const { outside } = asking;
  const said = ({ status, body }: Answer): OfficeSays => {
    if (status === 409) return { status: 'refused', cause: 'key-reused' };
    if (status === 404) return { status: 'missing' };
    const state = body as OfficeSays & { readonly registeredAt?: string };
    if (state.status !== 'registered') return state;
    return { ...state, registeredAtMs: Date.parse(state.registeredAt ?? '') };
  };
  const about = <T>(
    subject: string,
    question: Question,
    serve: () => Answer,
    read: (answer: Answer) => T,
  ) => askLogged(asking, log, 'pledge-office', subject, question, serve, read);
  return {
    file: (filing, question) =>
      about(
        filing.authorisationId,
        question,
        () => outside.file(filing.authorisationId, filing, toJson(filing)),
        said,
      ),
    registration: (id, question) => about(id, question, () => outside.registration(id), said),
    withdraw: (id, question) =>
      about(
        id,
        question,
        () => outside.release(id),
        () => 'withdrawn' as const,
      ),
  };
}

/** `keyOf` gives the key under which the rail is asked: the payout's own, or money moves twice. */
export function railOver(asking: Asking, keyOf: (payoutId: string) => string): PayoutRail {
  const { outside } = asking;
  const settle: (kind: 'instruct' | 'find') => PayoutRail['instruct'] =
    (kind) => async (instruction, signal) => {
      const key = keyOf(instruction.payoutId);
      const reply = await ask(asking, signal, () => {
        const known = kind === 'find' ? outside.find(key) : undefined;
        return known ?? outside.pay(key, instruction);
      });
      if ('why' in reply) return { kind: 'unanswered', why: reply.why };
      const outcome = reply.value;
      if (outcome === 'key-taken') return { kind: 'key-taken' };
      if (outcome.kind === 'rejected') return { kind: 'rejected', cause: outcome.cause };
      const { railReference, paidAtMs } = outcome.move;
      return { kind: 'paid', railReference, paidAtMs };
    };
  return { instruct: settle('instruct'), find: settle('find') };
}
