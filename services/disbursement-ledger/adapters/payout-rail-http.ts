// The payout rail over HTTP: told and asked under one key, its answers checked before they count.
import { askJson, ProviderError, type Provider, type ProviderOptions } from '@saidao/worker';
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Instruction, RailAnswer } from '../payout.decide.ts';
import type { PayoutRail } from '../ports.ts';

const Paid = Compile(
  Type.Object({
    status: Type.Literal('paid'),
    railReference: Type.String({ pattern: '^[\\x21-\\x7e]{1,200}$' }),
    // A year that no clock shows would break the books' dates later.
    paidAt: Type.String({ pattern: '^20\\d{2}-\\d{2}-\\d{2}T', maxLength: 40 }),
  }),
);
const Rejected = Compile(
  Type.Object({ status: Type.Literal('rejected'), cause: Type.String({ minLength: 1 }) }),
);
/** What the rail has the key for. */
const About = Compile(
  Type.Object({
    lenderId: Type.String(),
    payee: Type.String(),
    amountFen: Type.String(),
    currency: Type.String(),
  }),
);
const Problem = Compile(Type.Object({ error: Type.String() }));

const CAUSE_LENGTH_MAX = 300;

export interface PayoutRailHttpOptions {
  readonly provider: Provider;
  /** Payouts stand at `<url>/payouts`. */
  readonly url: string;
}

export function payoutRailHttp({ provider, url }: PayoutRailHttpOptions): PayoutRail {
  return {
    instruct: (instruction, signal) => ask(instruction, signal, pay),
    find: (instruction, signal) =>
      ask(instruction, signal, async (about, until) => {
        const found = await lookUp(about, until);
        return found ?? pay(about, until);
      }),
  };

  async function ask(
    instruction: Instruction,
    signal: AbortSignal,
    call: (about: Instruction, until: AbortSignal) => Promise<RailAnswer>,
  ): Promise<RailAnswer> {
    const { lenderId, payoutId } = instruction;
    const answer = await provider.ask(lenderId, payoutId, (until) => call(instruction, until), {
      signal,
    });
    switch (answer.kind) {
      case 'answered':
        return answer.value;
      case 'not-configured':
        return { kind: 'unanswered', why: `the lender ${lenderId} has no payout rail` };
      case 'failed':
        if (signal.aborted && answer.attempts === 0) {
          throw new Error(`The rail was not asked about ${payoutId}: the time was over before.`);
        }
        return { kind: answer.attempts === 0 ? 'not-asked' : 'unanswered', why: answer.message };
    }
  }

  async function pay(instruction: Instruction, signal: AbortSignal): Promise<RailAnswer> {
    const { payoutId, lenderId, payee, amountFen, purpose, endToEndId } = instruction;
    const { status, body } = await askJson(
      {
        method: 'POST',
        url: `${url}/payouts`,
        idempotencyKey: payoutId,
        body: {
          payoutId,
          lenderId,
          payee,
          amountFen: amountFen.toString(),
          currency: 'CNY',
          purpose,
          endToEndId,
        },
      },
      signal,
    );
    if (status === 200) return paid(body) ?? garbage(status);
    if (status === 422) return rejected(body) ?? garbage(status);
    if (status === 409 && Problem.Check(body)) return { kind: 'key-taken' };
    throw new ProviderError('error', `answered with status ${status}`);
  }

  /**
   * Undefined where the rail says that it has never seen the key. What it found is an answer only
   * if it went, or was to go, from this lender to this payee with this amount.
   */
  async function lookUp(
    instruction: Instruction,
    signal: AbortSignal,
  ): Promise<RailAnswer | undefined> {
    const { payoutId } = instruction;
    const { status, body } = await askJson(
      { method: 'GET', url: `${url}/payouts/${encodeURIComponent(payoutId)}` },
      signal,
    );
    if (status === 200) {
      if (!About.Check(body)) return garbage(status);
      if (!isAbout(instruction, body)) return { kind: 'key-taken' };
      return paid(body) ?? rejected(body) ?? garbage(status);
    }
    // A wrong address answers with 404 too; only the rail's own word says that nothing was paid.
    if (status === 404 && Problem.Check(body) && body.error === 'payout-unknown') return undefined;
    throw new ProviderError('error', `answered with status ${status}`);
  }
}

/** A key that nobody pays under: the rail answers that it has never seen it, or it is not back. */
export function payoutRailProbe(url: string): NonNullable<ProviderOptions['probe']> {
  return async (_lenderId, signal) => {
    const { status } = await askJson({ method: 'GET', url: `${url}/payouts/probe` }, signal);
    if (status !== 404 && status !== 200) {
      throw new ProviderError('error', `answered with status ${status}`);
    }
  };
}

function isAbout(
  { lenderId, payee, amountFen }: Instruction,
  found: Readonly<Record<'lenderId' | 'payee' | 'amountFen' | 'currency', string>>,
): boolean {
  return (
    found.lenderId === lenderId &&
    found.payee === payee &&
    found.amountFen === amountFen.toString() &&
    found.currency === 'CNY'
  );
}

function paid(body: unknown): RailAnswer | undefined {
  if (!Paid.Check(body)) return undefined;
  const { railReference, paidAt } = body;
  const paidAtMs = Date.parse(paidAt);
  return Number.isNaN(paidAtMs) ? undefined : { kind: 'paid', railReference, paidAtMs };
}

function rejected(body: unknown): RailAnswer | undefined {
  if (!Rejected.Check(body)) return undefined;
  // The cause is written down and travels on: no U+0000, no half of a surrogate pair.
  const cause = body.cause.replaceAll('\0', ' ').slice(0, CAUSE_LENGTH_MAX).toWellFormed();
  return { kind: 'rejected', cause };
}

function garbage(status: number): never {
  throw new ProviderError('garbage', `answered with status ${status} and unknown content`);
}
