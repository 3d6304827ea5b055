// What the answers say of patents that are wanted or kept: refusals, and changes since they were told.
import type { CollateralChange, Evidence, GroundFinding, PledgeRefusal } from '@saidao/schemas';
import { businessDateOf } from '@saidao/values';
import type { RegisterSays } from '../facts.ts';
import { openItem, settle, type Item, type Reply } from '../asking.ts';
import { annuityGround, judgeRegister, worstOf, type Purpose } from '../patents/grounds.ts';
import type { Draft } from './draft.ts';
import type { Adverse, AskedPatent } from './state.ts';

/** What was gathered about a patent by this event alone. */
export function askedNow(draft: Draft, number: string): AskedPatent {
  const { register, annuity } = draft.input.gathered;
  const once = <T>(reply: Reply<T> | undefined): Item<T> =>
    settle<T>(openItem, reply, { othersAnsweredAtMs: null, mayGiveUp: false });
  return {
    number,
    item: once(register.replies.get(number)),
    annuity: once(annuity.replies.get(number)),
  };
}

/** The grounds that what was answered decides; none without the register. */
export function findingsOf(draft: Draft, { number, item, annuity }: AskedPatent): GroundFinding[] {
  const { purpose, registration } = draft.state;
  if (item.kind !== 'answered' || purpose === null) return [];
  const says = item.value;
  // The register does not say for whom a patent is pledged; once we have filed, the office does.
  const findings = judgeRegister(says, purpose, acceptedOf(draft, number, says)).filter(
    ({ code }) => code !== 'PL09' || registration === null,
  );
  if (!says.known || annuity?.kind !== 'answered') return findings;
  const today = { ...purpose, businessDate: todayOf(draft, purpose) };
  return [...findings, annuityGround(annuity.value, says.entry, today)];
}

/** A consent is its co-owner's own: whoever came in since has signed nothing. */
function acceptedOf({ state }: Draft, number: string, says: RegisterSays): ReadonlySet<string> {
  const { grounds, owners } = state.waived[number] ?? { grounds: [], owners: null };
  const isChanged = owners !== null && owners.join() !== ownersIn(says).join();
  return new Set(grounds.filter((code) => code !== 'PL08' || !isChanged));
}

/** By credit code; a person by name. */
export function ownersIn(says: RegisterSays): string[] {
  if (!says.known) return [];
  return says.entry.owners.map(({ name, uscc }) => (uscc === '' ? name : uscc)).sort();
}

/** Fees fall due while the pledge lasts. A sample's business date may lie ahead of the clock. */
function todayOf({ input }: Draft, { businessDate }: Purpose): string {
  const today = businessDateOf(Math.floor(input.nowMs));
  return today > businessDate ? today : businessDate;
}

/**
 * Why a patent cannot be kept; undefined if it can. Who has it stays unsaid: it may be another
 * lender's. What nobody could find out has a reason that begins with UNKNOWN, without the register
 * under PL12, other.
 */
export function refusalOf(draft: Draft, patent: AskedPatent): PledgeRefusal | undefined {
  const { number, item, annuity } = patent;
  if (!draft.isFree(number)) {
    return { number, ground: 'PL09', reason: 'kept for another application' };
  }
  if (item.kind !== 'answered') return unanswered(number, 'PL12', 'the register', item);
  const worst = worstOf(findingsOf(draft, patent));
  if (worst?.result === 'ADVERSE') return { number, ground: worst.code, reason: worst.reason };
  if (annuity !== null && annuity.kind !== 'answered') {
    return unanswered(number, 'PL04', 'who keeps the fees', annuity);
  }
  if (worst === undefined) return undefined;
  return { number, ground: worst.code, reason: `UNKNOWN: ${worst.reason}` };
}

function unanswered(
  number: string,
  ground: string,
  who: string,
  item: Item<unknown>,
): PledgeRefusal {
  const why = item.kind === 'unknown' ? item.reason : 'not in time';
  return { number, ground, reason: `UNKNOWN: ${who} did not answer: ${why}` };
}

/** Everybody has answered about it, and nothing stands against it. */
export function stands(draft: Draft, patent: AskedPatent): boolean {
  return refusalOf(draft, patent) === undefined;
}

/**
 * Tells what is adverse now and was not before, and what is mended; each change once. Silence is no
 * change.
 */
export function tellChanges(draft: Draft, patents: readonly AskedPatent[]): void {
  const { watch, registration } = draft.state;
  const changes: CollateralChange[] = [];
  let standing: readonly Adverse[] = watch.adverse;
  for (const patent of patents) {
    const { number } = patent;
    for (const { code: ground, result, reason } of findingsOf(draft, patent)) {
      if (result === 'UNKNOWN') continue;
      const told = standing.find((one) => one.number === number && one.ground === ground);
      const isAdverse = result === 'ADVERSE';
      if (isAdverse ? told?.reason === reason : told === undefined) continue;
      standing = standing.filter((one) => one !== told);
      if (isAdverse) standing = [...standing, { number, ground, reason }];
      changes.push({ number, ground, result, reason });
    }
  }
  if (changes.length === 0) return;
  const changed = patents.filter(({ number }) => changes.some((one) => one.number === number));
  draft.change({ watch: { ...watch, adverse: standing } });
  draft.events.push({
    type: 'CollateralChanged',
    data: {
      ...draft.identity,
      authorisationId: registration?.filing.authorisationId ?? null,
      stage: (registration?.registrationNumber ?? null) === null ? 'LOCK' : 'REGISTRATION',
      changes,
      observedAt: BigInt(Math.floor(draft.input.nowMs)),
      evidence: evidenceOf(changed),
    },
  });
}

export function evidenceOf(patents: readonly AskedPatent[]): Evidence[] {
  return patents.flatMap(({ item, annuity }) =>
    [item, annuity].flatMap((one) => (one?.kind === 'answered' ? [one.evidence] : [])),
  );
}
