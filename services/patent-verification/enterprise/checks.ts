// What is not about patents: whether the enterprise stands, is on no list, and pays its debts.
import type {
  ApplicationContent,
  BureauFacts,
  Consent,
  EnterpriseCheck,
  Finding,
  RegistryFacts,
} from '@saidao/schemas';
import { cny, type BusinessDate } from '@saidao/values';
import type { BureauSays, Listing, ListingsSays, RegistrySays } from '../facts.ts';
import type { Known } from '../patents/grounds.ts';

export interface EnterpriseKnown {
  readonly registry: Known<RegistrySays>;
  readonly listings: Known<ListingsSays>;
  /** Null: not asked, as there is no consent. */
  readonly bureau: Known<BureauSays> | null;
}

/** The consent under which the bureau may be asked: the last one signed by the business date. */
export function bureauConsent(
  { consents }: ApplicationContent,
  businessDate: BusinessDate,
): Consent | undefined {
  return consents
    .filter(({ purpose, signedOn }) => purpose === 'CREDIT_BUREAU' && signedOn <= businessDate)
    .sort((a, b) =>
      a.signedOn === b.signedOn ? (a.id < b.id ? -1 : 1) : a.signedOn < b.signedOn ? -1 : 1,
    )
    .at(-1);
}

interface Judged {
  readonly result: Finding;
  readonly reason: string;
  /** Of the registry. */
  readonly status?: string;
}

/** Four checks, always in this order; only clear passes. */
export function checksOf(
  known: EnterpriseKnown,
  content: ApplicationContent,
  consent: Consent | undefined,
): EnterpriseCheck[] {
  const { registry, listings, bureau } = known;
  const check = <Says>(
    code: string,
    answer: Known<Says>,
    judge: (says: Says) => Judged,
    consentId: string | null = null,
  ): EnterpriseCheck => {
    const judged: Judged =
      answer.kind === 'unknown'
        ? { result: 'UNKNOWN', reason: answer.reason }
        : judge(answer.value);
    return { code, status: null, ...judged, consentId, evidence: answer.evidence };
  };
  const unasked: Known<BureauSays> = {
    kind: 'unknown',
    reason: 'no written consent to ask the bureau is recorded',
    evidence: null,
  };
  return [
    check('REGISTRY', registry, (says) => inBusiness(says, content.enterprise.name)),
    check('DISHONEST_DEBTORS', listings, (says) => notListed(says.dishonestDebtor)),
    check('SERIOUS_VIOLATIONS', listings, (says) => notListed(says.seriousViolation)),
    check('CREDIT_BUREAU', bureau ?? unasked, paysItsDebts, consent?.id ?? null),
  ];
}

/** Our policy: the registry's name decides; an enterprise that it does not know does not exist. */
function inBusiness(says: RegistrySays, name: string): Judged {
  if (!says.known) return { result: 'ADVERSE', reason: 'the registry knows no such enterprise' };
  const { status } = says;
  if (status !== 'in-business') {
    return { result: 'ADVERSE', reason: `registered as ${status}`, status };
  }
  return says.name === name
    ? { result: 'CLEAR', reason: 'in business under this name', status }
    : { result: 'ADVERSE', reason: 'registered under another name', status };
}

function notListed(listing: Listing | null): Judged {
  return listing === null
    ? { result: 'CLEAR', reason: 'not listed' }
    : { result: 'ADVERSE', reason: `listed since ${listing.since}: ${listing.reference}` };
}

/** Our policy: any overdue debt, and any tier below normal, is for an officer to look at. */
function paysItsDebts(says: BureauSays): Judged {
  if (!says.known) return { result: 'CLEAR', reason: 'the bureau keeps no file: no debts so far' };
  if (says.overdueFen > 0n) return { result: 'ADVERSE', reason: 'debts are overdue' };
  return says.worstTier === 'normal'
    ? { result: 'CLEAR', reason: 'no debt is overdue, all are normal' }
    : { result: 'ADVERSE', reason: `a debt is classified ${says.worstTier}` };
}

export function registryFactsOf(registry: Known<RegistrySays>): RegistryFacts | null {
  if (registry.kind === 'unknown' || !registry.value.known) return null;
  const { name, status, established, regionCode, industryCode } = registry.value;
  const { registeredCapitalFen, insuredStaff, groupHead } = registry.value;
  return {
    name,
    status,
    established,
    regionCode,
    industryCode,
    registeredCapital: registeredCapitalFen === null ? null : cny(registeredCapitalFen),
    insuredStaff,
    groupHead,
  };
}

/** An enterprise without a file has no debts; null: not known. */
export function bureauFactsOf(bureau: Known<BureauSays> | null): BureauFacts | null {
  if (bureau === null || bureau.kind === 'unknown') return null;
  const nothing = { creditFen: 0n, overdueFen: 0n, worstTier: 'normal', guaranteeFen: 0n };
  const { creditFen, overdueFen, worstTier, guaranteeFen } = bureau.value.known
    ? bureau.value
    : nothing;
  return {
    creditBalance: cny(creditFen),
    overdueBalance: cny(overdueFen),
    worstTier,
    guaranteeBalance: cny(guaranteeFen),
  };
}
