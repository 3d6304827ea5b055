// What is found of an applicant's papers and persons. Findings travel, so they name nobody.
import type { Enterprise, Evidence, Finding, KycFinding } from '@saidao/schemas';
import { fiveTiers, type BusinessDate, type Fen } from '@saidao/values';
import type { Item } from '@saidao/worker/asking';
import type { Submitted } from '../validate.ts';
import {
  codeOf,
  isOwner,
  isPrincipal,
  isRepresentative,
  isSignatory,
  personsOf,
  type Checks,
  type Person,
} from './checks.ts';
import type { PersonSays, TalentSays } from './facts.ts';

export interface KycPolicy {
  /**
   * Up to this registered capital an enterprise whose holders are all natural persons need not file
   * its beneficial owners: 受益所有人信息管理办法 (PBoC and SAMR, 令〔2024〕第3号, in force
   * 2024-11-01), as reposted (domain rules s. 9). Certainty: knowledge.
   */
  readonly ownersExemptCapitalFen: Fen;
}

/** A beneficial owner is who holds a quarter or more; the same source. */
const OWNER_HOLDS_PPM_MIN = 250_000;

interface Judged {
  readonly result: Finding;
  readonly reason: string;
  readonly evidence?: Evidence | null;
}

export interface Kyc {
  readonly findings: KycFinding[];
  /** Recognised is who was confirmed, whatever the applicant says. */
  readonly talents: Enterprise['talents'];
}

/** The findings in their order; what is still open counts as unknown. */
export function kycOf(
  submitted: Submitted,
  checks: Checks,
  businessDate: BusinessDate,
  policy: KycPolicy,
): Kyc {
  const persons = personsOf(submitted);
  const about = { submitted, checks, businessDate, policy, persons };
  const principals = persons.filter(isPrincipal);
  const actors = persons.filter((one) => isPrincipal(one) || isSignatory(one));
  const owed = bureau(about, principals);
  const talents = talentsOf(about);
  return {
    findings: [
      finding('LICENCE', licence(about), []),
      finding('LEGAL_REPRESENTATIVE', representative(about), persons.filter(isRepresentative)),
      finding('BENEFICIAL_OWNERS', owners(about), persons.filter(isOwner)),
      finding('AUTHORITY_TO_SIGN', authority(about), persons.filter(isSignatory)),
      finding('PERSONS_LISTS', lists(about, actors), actors),
      {
        ...finding('PERSONS_BUREAU', owed, principals),
        consentId: consentsOf(owed, principals),
      },
      ...(talents.judged === null
        ? []
        : [finding('TALENTS', talents.judged, persons.filter(isCertified))]),
    ],
    talents: talents.talents,
  };
}

/** Null where one is missing and that is why it is unknown: the applicant can mend it. */
function consentsOf({ result }: Judged, principals: readonly Person[]): string | null {
  const consents = principals.flatMap(({ consentId }) => consentId ?? []);
  const isMissing = consents.length < principals.length;
  if (consents.length === 0 || (isMissing && result === 'UNKNOWN')) return null;
  return [...new Set(consents)].join(', ');
}

interface About {
  readonly submitted: Submitted;
  readonly checks: Checks;
  readonly businessDate: BusinessDate;
  readonly policy: KycPolicy;
  readonly persons: readonly Person[];
}

function finding(code: string, judged: Judged, persons: readonly Person[]): KycFinding {
  const { result, reason, evidence = null } = judged;
  return { code, result, reason, naturalPersons: persons.length > 0, consentId: null, evidence };
}

const clear = (reason: string, evidence?: Evidence | null): Judged => ({
  result: 'CLEAR',
  reason,
  ...(evidence && { evidence }),
});
const adverse = (reason: string, evidence?: Evidence | null): Judged => ({
  ...clear(reason, evidence),
  result: 'ADVERSE',
});
const unknown = (reason: string, evidence?: Evidence | null): Judged => ({
  ...clear(reason, evidence),
  result: 'UNKNOWN',
});

/** The gravest of several, with its evidence; of equals the first. */
function gravest(all: readonly Judged[], otherwise: Judged): Judged {
  return (
    all.find(({ result }) => result === 'ADVERSE') ??
    all.find(({ result }) => result === 'UNKNOWN') ??
    (all[0]?.evidence ? { ...otherwise, evidence: all[0].evidence } : otherwise)
  );
}

/** Judges an answer; without one all is unknown. */
function judge<Says>(
  item: Item<Says> | undefined,
  judgeSaid: (says: Says, evidence: Evidence) => Judged,
): Judged {
  switch (item?.kind) {
    case 'answered':
      return judgeSaid(item.value, item.evidence);
    case 'unknown':
      return unknown(item.reason, item.evidence);
    default:
      return unknown('nobody has answered in time');
  }
}

function licence({ submitted, checks, businessDate }: About): Judged {
  const { licence: paper } = submitted;
  if (paper === null) return unknown('no business licence was supplied');
  if (paper.number.trim().toUpperCase() !== codeOf(submitted)) {
    return adverse('the licence bears another number than the credit code');
  }
  if (paper.validTo !== null && paper.validTo < businessDate) {
    return adverse('the licence has expired');
  }
  return judge(checks.registry, (says, evidence) => {
    if (!says.known) return adverse('the registry knows no such enterprise', evidence);
    return says.licenceValidTo !== null && says.licenceValidTo < businessDate
      ? adverse('the licence has expired by the registry', evidence)
      : clear('in force, under the number of the enterprise', evidence);
  });
}

/** Who it is, and that the registry has this person in this office. */
function inOffice(
  item: Item<PersonSays> | undefined,
  office: 'LEGAL_REPRESENTATIVE' | 'BENEFICIAL_OWNER' | null,
): Judged {
  return judge(item, (says, evidence) => {
    if (says.identity === 'differs') {
      return adverse('a name and an identity number do not belong together', evidence);
    }
    if (says.identity === 'unknown') {
      return unknown('nobody is known under an identity number that was given', evidence);
    }
    if (office === null) return clear('identified', evidence);
    if (says.offices === null)
      return unknown('the registry does not say who holds office', evidence);
    return says.offices.includes(office)
      ? clear('identified, and registered so', evidence)
      : adverse('the registry has somebody else in this office', evidence);
  });
}

function representative({ checks, persons }: About): Judged {
  const [one, ...more] = persons.filter(isRepresentative);
  if (one === undefined) return unknown('no legal representative is named');
  if (more.length > 0) return adverse('more than one legal representative is named');
  return inOffice(checks.persons[one.key], 'LEGAL_REPRESENTATIVE');
}

function owners({ checks, persons, policy }: About): Judged {
  const named = persons.filter((one) => isOwner(one) && one.holdsPpm >= OWNER_HOLDS_PPM_MIN);
  return judge(checks.registry, (says, evidence) => {
    if (!says.known) return unknown('the registry knows no such enterprise', evidence);
    const { beneficialOwners: filed, registeredCapitalFen: capitalFen } = says;
    const isExempt =
      says.naturalHoldersOnly === true &&
      capitalFen !== null &&
      capitalFen <= policy.ownersExemptCapitalFen;
    if (filed === null && !isExempt) return unknown('no beneficial owners are filed', evidence);
    if (named.length === 0 && !isExempt) return unknown('no beneficial owner is named', evidence);
    if (named.length < (filed ?? 0)) {
      return adverse(
        `${filed} are filed who hold a quarter or more, ${named.length} named`,
        evidence,
      );
    }
    const office = filed === null ? null : 'BENEFICIAL_OWNER';
    return gravest(
      named.map(({ key }) => inOffice(checks.persons[key], office)),
      filed === null
        ? clear('exempt from filing; who is named is identified', evidence)
        : clear('all who hold a quarter or more are named and identified', evidence),
    );
  });
}

function authority({ checks, persons }: About): Judged {
  const signing = persons.filter(isSignatory);
  if (signing.length === 0) return unknown('nobody is named who signs');
  const judged = signing.map((one) => {
    if (!isRepresentative(one) && !one.isEmpowered) {
      return unknown('who signs is not the legal representative and shows no power of attorney');
    }
    return inOffice(checks.persons[one.key], isRepresentative(one) ? 'LEGAL_REPRESENTATIVE' : null);
  });
  return gravest(
    judged,
    clear(
      signing.every(isRepresentative)
        ? 'the legal representative signs'
        : 'who signs has a power of attorney',
    ),
  );
}

function lists({ checks }: About, actors: readonly Person[]): Judged {
  if (actors.length === 0) return unknown('nobody is named');
  const judged = actors.map(({ key }) =>
    judge(checks.persons[key], (says, evidence) => {
      if (says.identity !== 'matches') return unknown('who it is has to be known first', evidence);
      return says.isListed
        ? adverse('a person is on the list of dishonest debtors', evidence)
        : clear('not listed', evidence);
    }),
  );
  return gravest(judged, clear('none is on the list of dishonest debtors'));
}

function bureau({ checks }: About, principals: readonly Person[]): Judged {
  if (principals.length === 0) return unknown('nobody is named');
  const judged = principals.map(({ key, consentId }) => {
    if (consentId === null) return unknown('the written consent of a person is missing');
    return judge(checks.files[key], (says, evidence) => {
      if (!says.known) return clear('no file is kept', evidence);
      if (says.overdueFen > 0n) return adverse('a debt of a person is overdue', evidence);
      return says.worstTier === fiveTiers[0]
        ? clear('nothing is overdue', evidence)
        : adverse(`a debt of a person is classified ${says.worstTier}`, evidence);
    });
  });
  return gravest(judged, clear('no debt of a person is overdue'));
}

const isCertified = ({ certificate }: Person): boolean => certificate !== null;

interface JudgedTalents {
  readonly talents: Enterprise['talents'];
  /** Null: nobody is said to be recognised. */
  readonly judged: Judged | null;
}

/** Each talent needs a certificate of its own, of its grade, in force on the day. */
function talentsOf({ submitted, checks, businessDate, persons }: About): JudgedTalents {
  const { talents } = submitted.enterprise;
  if (talents === null || !talents.some(({ recognised }) => recognised)) {
    return { talents, judged: null };
  }
  const certificates = persons
    .filter(isCertified)
    .map((holder) => ({ holder, item: checks.talents[holder.key] }));
  const used = new Set<Person>();
  const judged: Judged[] = [];
  const confirmed = talents.map((talent) => {
    if (!talent.recognised) return talent;
    const free = certificates.filter(({ holder }) => !used.has(holder));
    const own = free
      .filter(({ item }) => isConfirmed(item, talent.grade, businessDate))
      // Of several with this grade, the one who is named with this share.
      .toSorted((a, b) => Number(owns(b.holder, talent)) - Number(owns(a.holder, talent)))[0];
    if (own !== undefined) {
      used.add(own.holder);
      const evidence = own.item?.kind === 'answered' ? own.item.evidence : null;
      judged.push(
        owns(own.holder, talent)
          ? clear('confirmed', evidence)
          : unknown(
              'a recognised talent is no owner named with the share that it is said to hold',
              evidence,
            ),
      );
      return talent;
    }
    judged.push(
      free[0] === undefined
        ? unknown('a recognised talent is named without a certificate')
        : unconfirmed(free[0].item, talent.grade, businessDate),
    );
    return { ...talent, recognised: false };
  });
  return {
    talents: confirmed,
    judged: gravest(judged, clear('each recognised talent is confirmed by certificate')),
  };
}

/** Who holds a quarter or more is a beneficial owner, and named and checked as one. */
const owns = (holder: Person, { holdsPpm }: { readonly holdsPpm: number }): boolean =>
  holdsPpm < OWNER_HOLDS_PPM_MIN || (isOwner(holder) && holder.holdsPpm >= holdsPpm);

function isConfirmed(
  item: Item<TalentSays> | undefined,
  grade: string,
  businessDate: BusinessDate,
): boolean {
  return unconfirmed(item, grade, businessDate).result === 'CLEAR';
}

function unconfirmed(
  item: Item<TalentSays> | undefined,
  grade: string,
  businessDate: BusinessDate,
): Judged {
  return judge(item, (says, evidence) => {
    if (!says.known) return adverse('there is no such certificate of a talent', evidence);
    if (!says.isHolder) return adverse('a certificate is of another person', evidence);
    if (says.grade !== grade) return adverse('a certificate is of another grade', evidence);
    return says.validTo < businessDate
      ? adverse('a certificate of a talent has expired', evidence)
      : clear('confirmed', evidence);
  });
}
