// Looking again at what is kept: confirming a pledge until the loan is booked, and telling changes.
import { isOpen } from '../asking.ts';
import type { Draft } from './draft.ts';
import { askedNow, evidenceOf, stands, tellChanges } from './judge.ts';
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

/** A look at all that is kept, and a confirmation where the last one will soon be over. */
export function look(draft: Draft): void {
  const { collateralWatchMs } = draft.policy;
  const patents = watchedBy(draft.state).map((number) => askedNow(draft, number));
  tellChanges(draft, patents);
  const dueAfterMs = renewAfterMs(draft);
  const pledged = draft.state.registration?.filing.patents ?? [];
  const confirming = patents.filter(({ number }) => pledged.includes(number));
  const isDue = dueAfterMs !== undefined && dueAfterMs <= 0;
  if (isDue && confirming.every((patent) => stands(draft, patent))) {
    confirm(draft, confirming);
    return;
  }
  const again = isDue ? RENEWAL_AGAIN_MS : WATCH_AGAIN_MS;
  const waits = patents.some(({ item, annuity }) => isOpen(item) || isOpen(annuity ?? item));
  draft.watchAfterMs = Math.min(
    collateralWatchMs,
    waits ? again : collateralWatchMs,
    isDue ? collateralWatchMs : (dueAfterMs ?? collateralWatchMs),
  );
}

/** How long until the confirmation should be renewed; undefined where none is needed. */
function renewAfterMs({ state, policy, input }: Draft): number | undefined {
  const untilMs = state.registration?.confirmedUntilMs ?? null;
  if (untilMs === null) return undefined;
  return Math.floor(untilMs - policy.pledgeConfirmedMs / RENEWAL_SHARE - input.nowMs);
}
