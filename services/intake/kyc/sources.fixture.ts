// Whom intake asks about papers and persons, in memory: all is clear unless a spec says otherwise.
import { factMemory } from '@saidao/testkit/facts';
import type { FileSubject, PersonSubject, TalentSubject } from '../ports.ts';
import type { FileSays, PersonSays, RegistrySays, TalentSays } from './facts.ts';

export const soundRegistry: RegistrySays & { readonly known: true } = {
  known: true,
  licenceValidTo: null,
  registeredCapitalFen: 2_000_000_000n,
  beneficialOwners: 1,
  naturalHoldersOnly: false,
};
export const soundPerson: PersonSays = {
  identity: 'matches',
  offices: ['LEGAL_REPRESENTATIVE', 'BENEFICIAL_OWNER'],
  isListed: false,
};
export const soundFile: FileSays & { readonly known: true } = {
  known: true,
  overdueFen: 0n,
  worstTier: 'normal',
};
export const soundTalent: TalentSays & { readonly known: true } = {
  known: true,
  grade: 'C',
  isHolder: true,
  validTo: '2029-12-31',
};

/** Persons are named by their numbers here: nothing of these is kept. */
export function memorySources() {
  const nameOf = ({ idNumber }: { readonly idNumber: string }) => idNumber;
  return {
    registry: factMemory<string, RegistrySays>({
      provider: 'enterprise-registry',
      nameOf: (uscc) => uscc,
      unknown: soundRegistry,
    }),
    persons: factMemory<PersonSubject, PersonSays>({
      provider: 'persons',
      nameOf,
      unknown: soundPerson,
    }),
    files: factMemory<FileSubject, FileSays>({
      provider: 'persons-bureau',
      nameOf,
      unknown: soundFile,
    }),
    talents: factMemory<TalentSubject, TalentSays>({
      provider: 'talents',
      nameOf: ({ certificate }) => certificate,
      unknown: soundTalent,
    }),
  };
}
