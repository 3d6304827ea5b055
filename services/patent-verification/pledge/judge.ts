// What the answers say of patents that are wanted or kept: refusals, and changes since they were told.
import type { CollateralChange, Evidence, GroundFinding, PledgeRefusal } from '@saidao/schemas';
import { businessDateOf } from '@saidao/values';
import type { AnnuitySays, RegisterSays } from '../facts.ts';
import { isOpen, openItem, settle, type Item, type Reply } from '@saidao/worker/asking';
import {
  annuityGround,
  judgeRegister,
  lapsedGround,
  ownerKey,
  worstOf,
  type Purpose,
} from '../patents/grounds.ts';
import type { Draft } from './draft.ts';
import type { Adverse, AskedPatent, Registration } from './state.ts';

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

/** Somebody has not answered about it, and is asked again. */
export function isWaitedFor({ item, annuity }: AskedPatent): boolean {
  return isOpen(item) || (annuity !== null && isOpen(annuity));
}

/** The grounds that what was answered decides, in order; none without the register. */
function findingsOf(draft: Draft, { number, item, annuity }: AskedPatent): GroundFinding[] {
  const { purpose, registration } = draft.state;
  if (item.kind !== 'answered' || purpose === null) return [];
  const says = item.value;
  // The register does not say for whom a patent is pledged; once we have filed, the office does.
  const registered = judgeRegister(says, purpose, acceptedOf(draft, number, says))
    .filter(({ code }) => code !== 'PL09' || registration === null)
    .map((finding) => ({ ...finding, evidence: [item.evidence.provider] }));
  if (!says.known || annuity === null) return registered;
  const fees = annuity.kind === 'answered' ? annuity.value : unsaid;
  const evidence = evidenceOf([{ number, item, annuity }]).map(({ provider }) => provider);
  const today = { ...purpose, businessDate: todayOf(draft, purpose) };
  const lapsed = lapsedGround(fees, says.entry, today);
  const findings = registered.flatMap((finding) => {
    const isClear = finding.code === 'PL02' && finding.result !== 'ADVERSE';
    // An unpaid fee ends a right long before the register says so: alone it clears nothing.
    if (!isClear || (fees.known && lapsed === undefined)) return finding;
    return lapsed === undefined ? [] : { ...lapsed, evidence };
  });
  if (annuity.kind !== 'answered') return findings;
  return [...findings, { ...annuityGround(fees, says.entry, today), evidence }];
}

const unsaid: AnnuitySays = { known: false };

/** A consent is its co-owner's own: whoever came in since it was judged has signed nothing. */
function acceptedOf({ state }: Draft, number: string, says: RegisterSays): ReadonlySet<string> {
  const { grounds, owners } = state.waived[number] ?? { grounds: [], owners: [] };
  const now = says.known ? says.entry.owners.map(ownerKey) : [];
  const isSame = JSON.stringify(now.sort()) === JSON.stringify([...owners].sort());
  return new Set(grounds.filter((code) => code !== 'PL08' || isSame));
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

/**
 * Tells what is adverse now and was not before, and what is mended; each change once. Silence is no
 * change.
 */
export function tellChanges(draft: Draft, patents: readonly AskedPatent[]): void {
  const { watch } = draft.state;
  const changes: CollateralChange[] = [];
  let standing: readonly Adverse[] = watch.adverse;
  for (const patent of patents) {
    const { number } = patent;
    for (const finding of findingsOf(draft, patent)) {
      const { code: ground, result, reason } = finding;
      if (result === 'UNKNOWN') continue;
      const told = standing.find((one) => one.number === number && one.ground === ground);
      const isAdverse = result === 'ADVERSE';
      if (isAdverse ? told?.reason === reason : told === undefined) continue;
      standing = standing.filter((one) => one !== told);
      if (isAdverse) standing = [...standing, { number, ground, reason }];
      const evidence = evidenceOf([patent]).filter((one) =>
        finding.evidence.includes(one.provider),
      );
      changes.push({ number, ground, result, reason, evidence });
    }
  }
  if (changes.length === 0) return;
  draft.change({ watch: { ...watch, adverse: standing } });
  const { registration } = draft.state;
  const filed = registration?.filing.patents ?? [];
  const ofFiled = changes.filter(({ number }) => filed.includes(number));
  say(draft, registration, ofFiled);
  // No authorisation stands on what is only kept.
  const ofOthers = changes.filter((change) => !ofFiled.includes(change));
  say(draft, null, ofOthers);
}

function say(draft: Draft, registration: Registration | null, changes: CollateralChange[]): void {
  if (changes.length === 0) return;
  draft.events.push({
    type: 'CollateralChanged',
    data: {
      ...draft.identity,
      authorisationId: registration?.filing.authorisationId ?? null,
      stage: (registration?.registrationNumber ?? null) === null ? 'LOCK' : 'REGISTRATION',
      changes,
      observedAt: BigInt(Math.floor(draft.input.nowMs)),
    },
  });
}

/** Of each who was asked about them and has answered, or was given up. */
export function evidenceOf(patents: readonly AskedPatent[]): Evidence[] {
  return patents.flatMap(({ item, annuity }) =>
    [item, annuity].flatMap((one) =>
      one === null || one.kind === 'open' ? [] : (one.evidence ?? []),
    ),
  );
}
