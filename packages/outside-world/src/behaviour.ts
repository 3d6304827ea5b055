// How providers misbehave when told to: silent, slow, failing, garbled, or acting without saying so.
import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyReply } from 'fastify';
import { type Static, Type } from 'typebox';
import { type Answer, exactly, JSON_TYPE, problem, type Problem } from './wire.ts';

export const providers = [
  'register',
  'annuity',
  'valuation',
  'enterprise-registry',
  'watchlists',
  'credit-bureau',
  'persons',
  'persons-bureau',
  'talents',
  'pledge-office',
  'guarantor',
  'rail',
  'rail-callbacks',
] as const;
export type Provider = (typeof providers)[number];

const actingModes = [
  'normal',
  'silent',
  'slow',
  'failing',
  'garbage',
  'blocked',
  'paid-then-silent',
  'paid-then-500',
  'rejecting',
] as const;

/** The rail alone may say that a key stands for another payout; it moves nothing then. */
const payingModes = [...actingModes, 'key-taken'] as const;

/** How the rail calls back; forged and stale ones are so at the first try only. */
const callingModes = [
  'normal',
  'silent',
  'early',
  'late',
  'twice',
  'out-of-order',
  'forged',
  'stale',
] as const;

export const modes = [...payingModes, ...callingModes.slice(2)] as const;
export type Mode = (typeof payingModes)[number] | (typeof callingModes)[number];

const askingModes: readonly Mode[] = ['normal', 'silent', 'slow', 'failing', 'garbage', 'blocked'];

/** At the pledge office `paid-then-…` means: the registration is filed, and the answer is lost. */
export const modesOf: Readonly<Record<Provider, readonly Mode[]>> = {
  register: askingModes,
  annuity: askingModes,
  valuation: askingModes,
  'enterprise-registry': askingModes,
  watchlists: askingModes,
  'credit-bureau': askingModes,
  persons: askingModes,
  'persons-bureau': askingModes,
  talents: askingModes,
  'pledge-office': actingModes,
  guarantor: [...askingModes, 'rejecting'],
  rail: payingModes,
  'rail-callbacks': callingModes,
};

const slowMsDefault = 1500;

export const Behaviour = exactly({
  provider: Type.Enum(providers),
  /** What is asked about, or `account/<lenderId>`: whoever asks with the account of that lender. */
  subject: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  mode: Type.Enum(modes),
  delayMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 600_000 })),
  forMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400_000 })),
  times: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
});
export type Behaviour = Static<typeof Behaviour>;

/** One request, as far as behaviours are concerned. */
export interface Call {
  readonly provider: Provider;
  /** What the request is about: patents, enterprise, payee or institution. */
  readonly subjects: readonly string[];
  readonly act: () => Promise<Answer<unknown>>;
  /** Set on requests that change something; only these can be rejected, or done in silence. */
  readonly reject?: () => Promise<Answer<unknown>>;
}

interface Standing {
  readonly behaviour: Behaviour;
  readonly endsAtMs: number;
  timesLeft: number;
}

export interface Behaviours {
  set(behaviour: Behaviour): void;
  clear(): void;
  /** Answers a request the way its provider behaves at present. */
  perform<Reply extends Pick<FastifyReply, 'raw'>>(reply: Reply, call: Call): Promise<Reply>;
  /** How a provider that acts by itself was told to, counted once; undefined: as is normal. */
  toldOf(provider: Provider, subjects: readonly string[]): Behaviour | undefined;
  /** Hangs up on everybody who still waits. */
  close(): void;
}

export function createBehaviours(now: () => number): Behaviours {
  const standing = new Map<string, Standing>();
  const held = new Set<FastifyReply['raw']>();
  const closing = new AbortController();

  /** Undefined: as is normal. What is said of a subject goes before what is said of an account. */
  function take(
    provider: Provider,
    subjects: readonly string[],
    fits: (mode: Mode) => boolean,
  ): Behaviour | undefined {
    if (standing.size === 0) return undefined;
    for (const subject of [...subjects, undefined]) {
      const key = keyOf(provider, subject);
      const found = standing.get(key);
      if (found === undefined) continue;
      if (now() >= found.endsAtMs) {
        standing.delete(key);
        continue;
      }
      if (!fits(found.behaviour.mode)) continue;
      found.timesLeft -= 1;
      if (found.timesLeft <= 0) standing.delete(key);
      return found.behaviour;
    }
    return undefined;
  }

  function hold(reply: FastifyReply): void {
    reply.hijack();
    if (reply.raw.destroyed) return;
    held.add(reply.raw);
    reply.raw.once('close', () => held.delete(reply.raw));
  }

  async function behave(reply: FastifyReply, call: Call): Promise<void> {
    const account = `account/${String(reply.request.headers[ACCOUNT_HEADER])}`;
    const fits = (mode: Mode) => call.reject !== undefined || askingModes.includes(mode);
    const { mode, delayMs } = take(call.provider, [...call.subjects, account], fits) ?? normally;
    if (mode !== 'normal') reply.log.info({ provider: call.provider, mode }, 'misbehaving as told');
    const answerWith = ({ status, body }: Answer<unknown>) => {
      if (typeof body === 'string') reply.header('content-type', JSON_TYPE);
      reply.code(status).send(body);
    };
    switch (mode) {
      case 'silent':
        return hold(reply);
      case 'failing':
        return answerWith(broken(503, call.provider));
      case 'garbage':
        return answerWith({ status: 200, body: garbage });
      case 'blocked':
        return answerWith(accountBlocked);
      case 'key-taken':
        return answerWith(keyTaken);
      case 'paid-then-silent':
        await call.act();
        return hold(reply);
      case 'paid-then-500':
        await call.act();
        return answerWith(broken(500, call.provider));
      case 'rejecting':
        return answerWith(await (call.reject ?? call.act)());
      case 'slow':
        await pause(delayMs ?? slowMsDefault, undefined, { signal: closing.signal }).catch(
          () => {},
        );
        if (closing.signal.aborted) return hold(reply);
        return answerWith(await call.act());
      default:
        return answerWith(await call.act());
    }
  }

  return {
    set(behaviour) {
      const { provider, subject, mode, forMs, times } = behaviour;
      // Back to normal without a subject means the whole provider, also for single subjects.
      if (mode === 'normal' && subject === undefined) {
        for (const key of standing.keys()) {
          if (key.startsWith(`${provider}/`)) standing.delete(key);
        }
        return;
      }
      standing.set(keyOf(provider, subject), {
        behaviour,
        endsAtMs: forMs === undefined ? Number.POSITIVE_INFINITY : now() + forMs,
        timesLeft: times ?? Number.POSITIVE_INFINITY,
      });
    },
    clear: () => standing.clear(),
    toldOf: (provider, subjects) => take(provider, subjects, () => true),
    async perform(reply, call) {
      // The one place where a route's types are let go: a misbehaving provider keeps no contract.
      await behave(reply as unknown as FastifyReply, call);
      return reply;
    },
    close() {
      closing.abort();
      for (const raw of held) raw.destroy();
      held.clear();
    },
  };
}

/** Carries the lender's own account at the provider. */
const ACCOUNT_HEADER = 'x-account-id';
const normally = { mode: 'normal', delayMs: undefined } as const;
const keyTaken = problem(409, 'key-reused', 'The key was told to stand for another payout.');
const accountBlocked = problem(403, 'account-blocked', 'This account was told to be blocked.');

const garbage = '{"number":"2016\u0000<html>';

const keyOf = (provider: Provider, subject: string | undefined) => `${provider}/${subject ?? ''}`;

const broken = (status: number, provider: Provider): Answer<Problem> => ({
  status,
  body: { error: 'told-to-fail', message: `The ${provider} was told to fail.` },
});
