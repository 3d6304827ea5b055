// Looking again at what is kept: confirming a pledge until the loan is booked, and telling changes.
import type { Draft } from './draft.ts';
import { askedNow, evidenceOf, isWaitedFor, refusalOf, tellChanges } from './judge.ts';
import type { AskedPatent, PledgeState } from './state.ts';

/** Our policy: of the time that a confirmation holds, the last tenth is for renewing it. */
const RENEWAL_SHARE = 10;
/** However short it holds, nobody is asked without a pause. */
const RENEWAL_MS_MIN = 1_000;
/** Our policy: how soon a silent provider is asked again, where somebody waits and where nobody. */
const RENEWAL_AGAIN_MS = 30_000;
const WATCH_AGAIN_MS = 3_600_000;

/** Which look at what is kept is due: the number that the line gave its timer. */
export function lookOf(detail: string): number | undefined {
  return (JSON.parse(detail) as { watch?: number } | null)?.watch;
}

/** What a look asks about. What is being taken back is asked about once that is done. */
export function watchedBy({ kept, withdrawal }: PledgeState): readonly string[] {
  return withdrawal === null ? kept : [];
}

/** Nothing stands against the pledge: says so, and until when a loan may be booked on it. */
export function confirm(draft: Draft, patents: readonly AskedPatent[]): void {
  const { registration } = draft.state;
  if (registration === null || registration.registrationNumber === null) return;
  if (patents.length === 0) return;
  const { filing, registrationNumber } = registration;
  const evidence = evidenceOf(patents);
  const confirmedAtMs = Math.min(...evidence.map(({ answeredAt }) => Number(answeredAt ?? 0n)));
  const confirmedUntilMs = confirmedAtMs + draft.policy.pledgeConfirmedMs;
  draft.change({ registration: { ...registration, confirmedUntilMs } });
  const renewMs = Math.max(renewAfterMs(draft) ?? 0, RENEWAL_MS_MIN);
  draft.watchAfterMs = Math.min(renewMs, draft.policy.collateralWatchMs);
  draft.events.push({
    type: 'PledgeConfirmed',
    data: {
      ...draft.identity,
      authorisationId: filing.authorisationId,
      patents: [...filing.patents],
      registrationNumber,
      confirmedAt: BigInt(confirmedAtMs),
      validUntil: BigInt(confirmedUntilMs),
      evidence,
    },
  });
}

/**
 * A look at all that is kept, and a confirmation where the last one will soon be over. One that is
 * over and cannot be renewed is refused: whoever waits for it would wait for ever.
 */
export function look(draft: Draft): void {
  const patents = watchedBy(draft.state).map((number) => askedNow(draft, number));
  tellChanges(draft, patents);
  const filed = draft.state.registration?.filing.patents ?? [];
  const pledged = patents.filter(({ number }) => filed.includes(number));
  const isDue = (renewAfterMs(draft) ?? 1) <= 0;
  const isOver = (overAfterMs(draft) ?? 0) < 0;
  if (isDue && pledged.every((patent) => refusalOf(draft, patent) === undefined)) {
    confirm(draft, pledged);
  } else if (isOver) {
    refuse(draft, pledged);
  }
  draft.watchAfterMs ??= Math.min(draft.policy.collateralWatchMs, nextLookMs(draft, patents));
}

/**
 * The ledger cancels on it what it has not booked. The registration is taken back only when the
 * approval is undone: the loan may be booked by now, and the word of that still on its way.
 */
function refuse(draft: Draft, patents: readonly AskedPatent[]): void {
  const { registration } = draft.state;
  const settled = patents.filter((patent) => !isWaitedFor(patent));
  const refused = settled.flatMap((patent) => refusalOf(draft, patent) ?? []);
  if (registration === null || refused.length === 0) return;
  draft.change({ registration: { ...registration, confirmedUntilMs: null } });
  draft.refuseRegistration(registration.filing.authorisationId, refused, evidenceOf(settled));
}

function nextLookMs(draft: Draft, patents: readonly AskedPatent[]): number {
  const waits = patents.some(isWaitedFor);
  const overMs = overAfterMs(draft);
  const renewMs = renewAfterMs(draft);
  if (overMs === undefined || renewMs === undefined) return waits ? WATCH_AGAIN_MS : Infinity;
  if (renewMs > 0) return waits ? Math.min(renewMs, WATCH_AGAIN_MS) : renewMs;
  // What was answered may be mended for as long as the last confirmation holds.
  return waits ? RENEWAL_AGAIN_MS : Math.max(Math.floor(overMs) + 1, RENEWAL_MS_MIN);
}

/** How long until the confirmation should be renewed; undefined where nobody waits for one. */
function renewAfterMs(draft: Draft): number | undefined {
  const overMs = overAfterMs(draft);
  if (overMs === undefined) return undefined;
  return Math.floor(overMs - draft.policy.pledgeConfirmedMs / RENEWAL_SHARE);
}

/** For how long it may still be booked on the confirmation. */
function overAfterMs({ state, input }: Draft): number | undefined {
  const untilMs = state.registration?.confirmedUntilMs ?? null;
  return untilMs === null ? undefined : untilMs - input.nowMs;
}
