// What the world can be told at once: patents, institutions, appraisals, enterprises and persons.
import { type Static, Type } from 'typebox';
import type { BookEntry } from './book.ts';
import { BureauFile } from './facts/credit-bureau.ts';
import { entryFields } from './facts/enterprise-registry.ts';
import { personFields } from './facts/persons.ts';
import { PersonFile } from './facts/persons-bureau.ts';
import { SeededPatent } from './facts/register.ts';
import { Certificate, talentFields } from './facts/talents.ts';
import { SeededAppraisal } from './facts/valuation.ts';
import { listFields } from './facts/watchlists.ts';
import { Institution } from './guarantor.ts';
import { exactly, IdNumber, nullOr, Uscc } from './wire.ts';

/** Of each sort. */
const itemsMax = 5_000;
const many = { maxItems: itemsMax };

/** One enterprise, as the registry, the lists and the bureau are told of it; no bureau: no file. */
export const SeededEnterprise = exactly({
  uscc: Uscc,
  ...entryFields,
  ...listFields,
  bureau: Type.Optional(nullOr(BureauFile)),
});
export type SeededEnterprise = Static<typeof SeededEnterprise>;

/** One person, as registry, lists and bureau are told of it; no bureau: no file. */
export const SeededPerson = exactly({
  idNumber: IdNumber,
  ...personFields,
  bureau: Type.Optional(nullOr(PersonFile)),
});
export const SeededTalent = exactly({ certificate: Certificate, ...talentFields });

export const WorldSeed = exactly({
  patents: Type.Array(SeededPatent, many),
  institutions: Type.Array(Institution, many),
  appraisals: Type.Optional(Type.Array(SeededAppraisal, many)),
  enterprises: Type.Optional(Type.Array(SeededEnterprise, many)),
  persons: Type.Optional(Type.Array(SeededPerson, many)),
  talents: Type.Optional(Type.Array(SeededTalent, many)),
});
export type WorldSeed = Static<typeof WorldSeed>;

const count = Type.Integer({ minimum: 0 });
export const Seeded = exactly({
  patents: count,
  institutions: count,
  appraisals: count,
  enterprises: count,
  persons: count,
  talents: count,
});

/** What the book is to say of a seed. */
export function* entriesOf(seed: WorldSeed): Generator<BookEntry> {
  for (const { number, ...patent } of seed.patents) {
    yield { type: 'patent-seeded', number, patent };
  }
  for (const { name, confirms } of seed.institutions) {
    yield { type: 'institution-seeded', name, confirms };
  }
  for (const { number, ...appraisal } of seed.appraisals ?? []) {
    yield { type: 'appraisal-seeded', number, appraisal };
  }
  for (const enterprise of seed.enterprises ?? []) {
    const {
      uscc,
      dishonestDebtor = null,
      seriousViolation = null,
      bureau,
      ...registered
    } = enterprise;
    yield { type: 'enterprise-seeded', uscc, registered };
    yield { type: 'listings-seeded', uscc, listings: { dishonestDebtor, seriousViolation } };
    yield { type: 'bureau-file-seeded', uscc, file: bureau ?? null };
  }
  for (const { idNumber, bureau, ...person } of seed.persons ?? []) {
    yield { type: 'person-seeded', idNumber, person };
    yield { type: 'person-file-seeded', idNumber, file: bureau ?? null };
  }
  for (const { certificate, ...talent } of seed.talents ?? []) {
    yield { type: 'talent-seeded', certificate, talent };
  }
}
