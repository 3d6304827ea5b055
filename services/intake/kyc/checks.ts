// Which questions a submission raises about its papers and persons, and how far they are answered.
import type { PersonSubmitted } from '@saidao/schemas';
import { checkUscc } from '@saidao/values';
import type { FactReplies } from '@saidao/worker';
import { isOpen, openItem, settle, type Item } from '@saidao/worker/asking';
import type { Submitted } from '../validate.ts';
import type { FileSays, PersonSays, RegistrySays, TalentSays } from './facts.ts';

/** One person with all that it is to the enterprise. */
export interface Person {
  /** Under which its items stand; says nothing of the person. */
  readonly key: string;
  readonly name: string;
  readonly idNumber: string;
  readonly roles: readonly string[];
  readonly holdsPpm: number;
  /** Consent to ask the bureau about this person; null: none. */
  readonly consentId: string | null;
  /** Has a power of attorney. */
  readonly isEmpowered: boolean;
  readonly certificate: string | null;
}

/** The items of one submission; of persons by their keys. */
export interface Checks {
  readonly registry: Item<RegistrySays>;
  readonly persons: Readonly<Record<string, Item<PersonSays>>>;
  /** Of those who were asked about: on their consent, and no one else. */
  readonly files: Readonly<Record<string, Item<FileSays>>>;
  readonly talents: Readonly<Record<string, Item<TalentSays>>>;
}

export interface CheckReplies {
  readonly registry: FactReplies<RegistrySays>;
  readonly persons: FactReplies<PersonSays>;
  readonly files: FactReplies<FileSays>;
  readonly talents: FactReplies<TalentSays>;
}

/** The key of the one item about the enterprise. */
export const ENTERPRISE = 'enterprise';

/** The enterprise's credit code as it stands in the content. */
export function codeOf({ enterprise }: Pick<Submitted, 'enterprise'>): string {
  return checkUscc(enterprise.uscc).uscc ?? enterprise.uscc.trim();
}

/** Each once, whatever number of roles it is named in. */
export function personsOf({ persons }: Pick<Submitted, 'persons'>): readonly Person[] {
  const named = new Map<string, PersonSubmitted[]>();
  for (const given of persons ?? []) {
    const one = { ...given, name: given.name.trim(), idNumber: numberOf(given) };
    const who = `${one.idNumber}\n${one.name}`;
    named.set(who, [...(named.get(who) ?? []), one]);
  }
  return [...named.values()].map((entries, at) => {
    const first = <T>(of: (entry: PersonSubmitted) => T | null): T | null =>
      entries.map(of).find((value) => value !== null) ?? null;
    return {
      key: `person-${at + 1}`,
      name: first(({ name }) => name) ?? '',
      idNumber: first(({ idNumber }) => idNumber) ?? '',
      roles: entries.map(({ role }) => role),
      holdsPpm: Math.max(...entries.map(({ holdsPpm }) => holdsPpm ?? 0)),
      consentId: first(({ consentId }) => consentId),
      isEmpowered: entries.some(
        ({ role, documentHash }) => role === 'SIGNATORY' && documentHash !== null,
      ),
      certificate: first(({ certificate }) => certificate),
    };
  });
}

/** As the number's office writes it: a small x would be another person. */
function numberOf({ idNumber }: PersonSubmitted): string {
  return idNumber.normalize('NFKC').trim().toUpperCase();
}

export const isRepresentative = ({ roles }: Person): boolean =>
  roles.includes('LEGAL_REPRESENTATIVE');
export const isOwner = ({ roles }: Person): boolean => roles.includes('BENEFICIAL_OWNER');
export const isSignatory = ({ roles }: Person): boolean => roles.includes('SIGNATORY');
/** Whose debts count: who runs the enterprise, and who owns it. */
export const isPrincipal = (person: Person): boolean => isRepresentative(person) || isOwner(person);

export function beginChecks(submitted: Submitted): Checks {
  const persons = personsOf(submitted);
  const open = (some: readonly Person[]) =>
    Object.fromEntries(some.map(({ key }) => [key, openItem]));
  return {
    registry: openItem,
    persons: open(persons.filter((one) => isPrincipal(one) || isSignatory(one))),
    files: open(persons.filter((one) => isPrincipal(one) && one.consentId !== null)),
    talents: open(persons.filter(({ certificate }) => certificate !== null)),
  };
}

export function settleChecks(checks: Checks, replies: CheckReplies): Checks {
  return {
    registry: settled(ENTERPRISE, checks.registry, replies.registry),
    persons: settledAll(checks.persons, replies.persons),
    files: settledAll(checks.files, replies.files),
    talents: settledAll(checks.talents, replies.talents),
  };
}

function settled<Says>(
  key: string,
  item: Item<Says>,
  { replies, answeredAtMs }: FactReplies<Says>,
): Item<Says> {
  return settle(item, replies.get(key), { othersAnsweredAtMs: answeredAtMs });
}

function settledAll<Says>(
  items: Readonly<Record<string, Item<Says>>>,
  replies: FactReplies<Says>,
): Record<string, Item<Says>> {
  return Object.fromEntries(
    Object.entries(items).map(([key, item]) => [key, settled(key, item, replies)]),
  );
}

export function isAnyOpen({ registry, persons, files, talents }: Checks): boolean {
  return [registry, ...[persons, files, talents].flatMap((items) => Object.values(items))].some(
    (item: Item<unknown>) => isOpen(item),
  );
}
