// Two officers for one change: a proposal takes effect when another officer asks for the same.
import type { LoanAccount, Proposal } from '../account.ts';
import type { RefusalCause } from './refusals.ts';

export interface Asked {
  readonly officer: string;
  readonly role: string | null;
  readonly actionId: string;
  /** Action and content: the same of both officers. */
  readonly content: string;
  readonly nowMs: number;
}

export type Agreement =
  | { readonly kind: 'agreed' | 'proposed'; readonly proposals: readonly Proposal[] }
  | { readonly kind: 'refused'; readonly cause: RefusalCause };

/** Our policy: what nobody has agreed to by then lapses, and no more wait on one loan. */
export const PROPOSAL_KEEP_MS = 30 * 86_400_000;
const PROPOSALS_MAX = 20;

const officers = ['officer', 'senior-officer', 'committee'];

/** Not stated, it is the least. */
export function mayAct(role: string | null): boolean {
  return officers.includes(role ?? 'officer');
}

/**
 * Agreed when two officers asked for the same, one of them at least of a deciding role, whoever
 * came first. Names in large and small letters are one person's. What waits afterwards is given.
 */
export function agreementOn(
  { proposals }: Pick<LoanAccount, 'proposals'>,
  asked: Asked,
  decidingRoles: readonly string[],
): Agreement {
  const { officer, role, actionId, content, nowMs } = asked;
  if (!mayAct(role)) return { kind: 'refused', cause: 'ROLE_NOT_ALLOWED' };
  const live = proposals.filter((one) => isLive(one, nowMs));
  const same = live.filter((one) => one.content === content);
  if (same.some((one) => nameOf(one.officer) === nameOf(officer))) {
    return { kind: 'refused', cause: 'SAME_OFFICER' };
  }
  const mine: Proposal = { content, officer, role, actionId, atMs: Math.floor(nowMs) };
  const all = [...same, mine];
  const isDecided = all.some((one) => decidingRoles.includes(one.role ?? 'officer'));
  if (all.length > 1 && isDecided) {
    return { kind: 'agreed', proposals: live.filter((one) => one.content !== content) };
  }
  if (live.length >= PROPOSALS_MAX) return { kind: 'refused', cause: 'TOO_MANY_PROPOSALS' };
  return { kind: 'proposed', proposals: [...live, mine] };
}

/** Whether an officer has asked for it already, and another has not yet. */
export function isProposed(
  { proposals }: Pick<LoanAccount, 'proposals'>,
  { content, nowMs }: Pick<Asked, 'content' | 'nowMs'>,
): boolean {
  return proposals.some((one) => one.content === content && isLive(one, nowMs));
}

function isLive({ atMs }: Proposal, nowMs: number): boolean {
  return nowMs < atMs + PROPOSAL_KEEP_MS;
}

function nameOf(officer: string): string {
  return officer.normalize('NFKC').toLowerCase();
}
